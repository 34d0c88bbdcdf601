package aws

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fngen/fngen/gen/internal/model"
)

// Expressions are those of EventBridge Scheduler: a ? in one of the two days,
// increments that begin with a value, months and days by name, a year, and
// rates in the largest unit, singular for one.
func TestExpression(t *testing.T) {
	for directive, want := range map[string]string{
		"0 9 * * 1-5":         "cron(0 9 ? * MON-FRI *)",
		"0 9 * * 0":           "cron(0 9 ? * SUN *)",
		"0 9 * * 7":           "cron(0 9 ? * SUN *)",
		"0 9 * * fri-7":       "cron(0 9 ? * SUN,FRI,SAT *)",
		"0 9 * * 5-7":         "cron(0 9 ? * SUN,FRI,SAT *)",
		"0 9 * * */2":         "cron(0 9 ? * SUN,TUE,THU,SAT *)",
		"30 4 1 * *":          "cron(30 4 1 * ? *)",
		"30 4 1,15 1,7 *":     "cron(30 4 1,15 JAN,JUL ? *)",
		"*/15 * * * *":        "cron(0/15 * * * ? *)",
		"0 */6 * * *":         "cron(0 0/6 * * ? *)",
		"0 0 */5 * *":         "cron(0 0 1/5 * ? *)",
		"0 0 1 */3 *":         "cron(0 0 1 JAN,APR,JUL,OCT ? *)",
		"*/1 * * * *":         "cron(* * * * ? *)",
		"10-30/10 8-10 * * *": "cron(10,20,30 8-10 * * ? *)",
		"1-59 7-19 2-31 * *":  "cron(1-59 7-19 2-31 * ? *)",
		"0 9,10 * 1-3,6 *":    "cron(0 9,10 * JAN-MAR,JUN ? *)",
		"0 0 * * 0-6":         "cron(0 0 ? * SUN-SAT *)",
		"0 9 1 * 1":           "", // both days
	} {
		got, err := expression(model.Schedule{Cron: directive})
		if got != want || (err != nil) != (want == "") {
			t.Errorf("%s: got %q, %v, want %q", directive, got, err, want)
		}
	}
	for every, want := range map[time.Duration]string{
		time.Minute: "rate(1 minute)", 5 * time.Minute: "rate(5 minutes)", 90 * time.Minute: "rate(90 minutes)",
		time.Hour: "rate(1 hour)", 2 * time.Hour: "rate(2 hours)", 24 * time.Hour: "rate(1 day)", 7 * 24 * time.Hour: "rate(7 days)", 25 * time.Hour: "rate(25 hours)",
	} {
		if got, err := expression(model.Schedule{Every: every}); got != want || err != nil {
			t.Errorf("every %s: got %q, %v, want %q", every, got, err, want)
		}
	}
}

// No schedule is longer than EventBridge Scheduler takes: of each field pairs of
// values are the longest.
//
// https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html
func TestExpressionLength(t *testing.T) {
	pairs := func(low, top int) string {
		var out []string
		for v := low; v <= top; v++ {
			if (v-low)%3 != 2 {
				out = append(out, fmt.Sprint(v))
			}
		}
		return strings.Join(out, ",")
	}
	longest := 0
	for low := range 3 {
		cron := pairs(low, 59) + " " + pairs(low, 23) + " " + pairs(1+low, 31) + " " + pairs(1+low, 12) + " *"
		got, err := expression(model.Schedule{Cron: cron})
		if err != nil {
			t.Fatal(err)
		}
		longest = max(longest, len(got))
	}
	if longest > 256 || longest < 250 {
		t.Errorf("the longest expression has %d characters", longest)
	}
}
