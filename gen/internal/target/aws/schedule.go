package aws

import (
	"fmt"
	"strings"
	"time"

	"github.com/fngen/fngen/gen/internal/model"
)

// expression returns the schedule expression of EventBridge Scheduler:
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html.
// Months and days are names, since its day numbers begin with 1 for Sunday,
// and one of the two days is always ?.
func expression(t model.Schedule) (string, error) {
	if t.Cron == "" {
		return rate(t.Every), nil
	}
	c, err := model.ParseCron(t.Cron)
	if err != nil {
		return "", err
	}
	dayOfMonth, dayOfWeek := field(c.DayOfMonth, 1), ranges(c.DayOfWeek, c.DayNames())
	switch {
	case c.DayOfWeek.Any:
		dayOfWeek = "?"
	case c.DayOfMonth.Any:
		dayOfMonth = "?"
	default:
		return "", fmt.Errorf("the schedule sets both the day of month and the day of week, of which EventBridge Scheduler takes one; write two schedules")
	}
	return fmt.Sprintf("cron(%s %s %s %s %s *)", field(c.Minute, 0), field(c.Hour, 0), dayOfMonth, ranges(c.Month, c.MonthNames()), dayOfWeek), nil
}

// field returns a field of numbers; low is its lowest value.
func field(f model.CronField, low int) string {
	if f.Every > 1 {
		return fmt.Sprintf("%d/%d", low, f.Every)
	}
	if f.Every == 1 {
		return "*"
	}
	return ranges(f, f.Numbers())
}

// ranges writes three values and more that follow each other as a range, with
// which no expression has more than 254 characters, of the 256 that there may be:
// https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html.
// texts are those of the field's values.
func ranges(f model.CronField, texts string) string {
	if f.Any {
		return texts
	}
	var out []string
	text := strings.Split(texts, ",")
	for i := 0; i < len(text); {
		last := i
		for last+1 < len(text) && f.Values[last+1] == f.Values[last]+1 {
			last++
		}
		if last < i+2 {
			out, i = append(out, text[i]), i+1
			continue
		}
		out, i = append(out, text[i]+"-"+text[last]), last+1
	}
	return strings.Join(out, ",")
}

// rate returns a rate expression in the largest unit that fits, whose name is
// singular for one.
func rate(every time.Duration) string {
	for _, unit := range []struct {
		name string
		of   time.Duration
	}{{"day", 24 * time.Hour}, {"hour", time.Hour}, {"minute", time.Minute}} {
		n := every / unit.of
		switch {
		case every%unit.of != 0:
		case n == 1:
			return "rate(1 " + unit.name + ")"
		default:
			return fmt.Sprintf("rate(%d %ss)", n, unit.name)
		}
	}
	return ""
}
