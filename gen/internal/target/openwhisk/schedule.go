package openwhisk

import (
	"strings"

	"github.com/fngen/fngen/gen/internal/model"
)

// expression returns the cron expression of the alarms feed, whose library
// counts months from 0 and knows no day 7: months and days are names.
// https://github.com/apache/openwhisk-package-alarms.
func expression(t model.Schedule) (string, error) {
	c, err := model.ParseCron(t.Cron)
	if err != nil {
		return "", err
	}
	return strings.Join([]string{c.Minute.Text, c.Hour.Text, c.DayOfMonth.Text, c.MonthNames(), c.DayNames()}, " "), nil
}

// checkSchedule has the limits of the alarms and interval feeds.
func checkSchedule(report *model.Report, t model.Schedule) {
	report.Warnf("the alarms feed tells no scheduled time: it is the time of arrival, and a firing that is lost is not repeated")
	if t.Every > 0 {
		if t.TimeZone != "" {
			report.Errorf("the interval feed has no time zone; remove tz=, or write a cron expression")
		}
		return
	}
	if _, err := expression(t); err != nil {
		report.Errorf("%s", err)
	}
}
