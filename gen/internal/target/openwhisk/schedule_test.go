package openwhisk

import (
	"testing"

	"github.com/fngen/fngen/gen/internal/model"
)

// The alarms feed's cron counts months from 0 and knows no day 7, so that only
// names mean the same there as elsewhere.
func TestExpression(t *testing.T) {
	for directive, want := range map[string]string{
		"0 9 * * 1-5":     "0 9 * * MON,TUE,WED,THU,FRI",
		"*/15 8-17 1 * *": "*/15 8-17 1 * *",
		"0 9 1 1 *":       "0 9 1 JAN *",
		"0 9 1 12 *":      "0 9 1 DEC *",
		"0 9 1 */6 7":     "0 9 1 JAN,JUL SUN",
		"0 9 * * 5-7":     "0 9 * * SUN,FRI,SAT",
	} {
		if got, err := expression(model.Schedule{Cron: directive}); got != want || err != nil {
			t.Errorf("%s: got %q, %v, want %q", directive, got, err, want)
		}
	}
}
