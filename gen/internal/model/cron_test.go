package model

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A field is what Vixie cron makes of it (crontab(5)): steps run over the whole
// range or the range given, names stand for numbers, and day 7 is Sunday.
func TestCronFields(t *testing.T) {
	c, err := ParseCron("*/20 8-10,22 1-10/3 jan,JUN-aug 5-7")
	if err != nil {
		t.Fatal(err)
	}
	want := Cron{
		Minute:     CronField{Text: "*/20", Every: 20, Values: []int{0, 20, 40}},
		Hour:       CronField{Text: "8-10,22", Values: []int{8, 9, 10, 22}},
		DayOfMonth: CronField{Text: "1-10/3", Values: []int{1, 4, 7, 10}},
		Month:      CronField{Text: "jan,jun-aug", Values: []int{1, 6, 7, 8}},
		DayOfWeek:  CronField{Text: "5-7", Values: []int{0, 5, 6}},
	}
	if diff := cmp.Diff(want, c); diff != "" {
		t.Errorf("fields differ (-want +got):\n%s", diff)
	}
	if got := c.MonthNames() + " " + c.DayNames() + " " + c.Hour.Numbers(); got != "JAN,JUN,JUL,AUG SUN,FRI,SAT 8,9,10,22" {
		t.Errorf("names are %s", got)
	}
}

// What cron does not take, or what could never fire, is refused.
func TestCronErrors(t *testing.T) {
	for _, s := range []string{
		"", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *", "* * * 0 *", "* * * 13 *", "* * * * 8",
		"-1 * * * *", "+1 * * * *", "1- * * * *", "-5 * * * *", ", * * * *", "1,,2 * * * *", "*/0 * * * *", "*/-1 * * * *", "*/ * * * *",
		"1/2 * * * *", "5-1 * * * *", "mon * * * *", "* * * mon *", "* * * * jan", "? * * * *", "L * * * *", "@daily * * * *", "* * 30 2 *", "* * 31 4,6,9,11 *",
		"1.5 * * * *", "0x1 * * * *", "٣ * * * *",
	} {
		if c, err := ParseCron(s); err == nil {
			t.Errorf("%q is taken as %+v", s, c)
		}
	}
	for _, s := range []string{"* * 29 2 *", "* * 31 2,3 *", "0 0 30 2 1"} { // the last fires on Mondays
		if _, err := ParseCron(s); err != nil {
			t.Errorf("%q: %v", s, err)
		}
	}
}

// FuzzCron: whatever is taken has values within the field's range, in order.
func FuzzCron(f *testing.F) {
	for _, s := range []string{"* * * * *", "*/15 0-6/2 1,15 jan-mar MON-FRI", "0 0 * * 7", "5-7 1 1 1 1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := ParseCron(s)
		if err != nil {
			return
		}
		for i, field := range []CronField{c.Minute, c.Hour, c.DayOfMonth, c.Month, c.DayOfWeek} {
			if len(field.Values) == 0 {
				t.Fatalf("%q: field %d has no values", s, i)
			}
			last := cronFields[i].low - 1
			for _, v := range field.Values {
				if v <= last || v > cronFields[i].top || i == 4 && v == 7 {
					t.Fatalf("%q: field %d has the values %v", s, i, field.Values)
				}
				last = v
			}
		}
	})
}
