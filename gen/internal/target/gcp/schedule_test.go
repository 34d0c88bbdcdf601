package gcp

import (
	"testing"
	"time"

	"github.com/fngen/fngen/gen/internal/model"
)

// Cron is Cloud Scheduler's own, but that Sunday is never 7; an interval is
// cron where it divides an hour or a day, so that it does not jump at their
// ends.
func TestExpression(t *testing.T) {
	for directive, want := range map[string]string{
		"0 9 * * 1-5":      "0 9 * * 1-5",
		"*/15 8-17 1 * *":  "*/15 8-17 1 * *",
		"0 9 1 JAN MON":    "0 9 1 jan mon",
		"0 9 * * 7":        "0 9 * * 0",
		"0 9 * * 5-7":      "0 9 * * 0,5,6",
		"7 17 27 7 *":      "7 17 27 7 *",
		"0 0 1,15 * 1,3":   "0 0 1,15 * 1,3",
		"0 0 1-31/2 * 0-6": "0 0 1-31/2 * 0-6",
	} {
		if got, err := expression(model.Schedule{Cron: directive}); got != want || err != nil {
			t.Errorf("%s: got %q, %v, want %q", directive, got, err, want)
		}
	}
	for every, want := range map[time.Duration]string{
		time.Minute: "* * * * *", 5 * time.Minute: "*/5 * * * *", 30 * time.Minute: "*/30 * * * *", time.Hour: "0 * * * *",
		2 * time.Hour: "0 */2 * * *", 12 * time.Hour: "0 */12 * * *", 24 * time.Hour: "0 0 * * *",
		7 * time.Minute: "", 45 * time.Minute: "", 90 * time.Minute: "", 5 * time.Hour: "", 48 * time.Hour: "",
	} {
		got, err := expression(model.Schedule{Every: every})
		if got != want || (err != nil) != (want == "") {
			t.Errorf("every %s: got %q, %v, want %q", every, got, err, want)
		}
	}
}
