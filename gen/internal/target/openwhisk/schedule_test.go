package openwhisk

import (
	"strings"
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
		"0 9 */2 * *":     "0 9 */2 * *",
		"0 9 * * */2":     "0 9 * * SUN,TUE,THU,SAT",
		"0 9 13 * 5":      "0 9 13 * FRI", // either, everywhere
		"0 9 1-31/2 * 5":  "0 9 1-31/2 * FRI",
		"*/5 */2 * * 1-5": "*/5 */2 * * MON,TUE,WED,THU,FRI",
	} {
		if got, err := expression(model.Schedule{Cron: directive}); got != want || err != nil {
			t.Errorf("%s: got %q, %v, want %q", directive, got, err, want)
		}
	}
}

// A star with a step is a star to all but the alarms feed, which fires on more
// days than the others then.
func TestSteppedDays(t *testing.T) {
	for _, directive := range []string{"0 9 */2 * 1", "0 9 13 * */2", "0 9 */2 * */2", "0 9 */1 * mon", "0 9 1 * */1", "0 9 */7,31 * fri"} {
		if got, err := expression(model.Schedule{Cron: directive}); err == nil || !strings.Contains(err.Error(), "write * for one of them") {
			t.Errorf("%s is %q, %v", directive, got, err)
		}
	}
}
