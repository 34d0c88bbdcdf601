package gcp

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/fngen/fngen/gen/internal/hcl"
	"github.com/fngen/fngen/gen/internal/model"
)

// expression returns the unix-cron expression of Cloud Scheduler:
// https://cloud.google.com/scheduler/docs/configuring/cron-job-schedules.
// It is the directive's own, but that Sunday is 0 there, never 7.
func expression(t model.Schedule) (string, error) {
	if t.Cron == "" {
		return every(t.Every)
	}
	c, err := model.ParseCron(t.Cron)
	if err != nil {
		return "", err
	}
	dayOfWeek := c.DayOfWeek.Text
	if strings.Contains(dayOfWeek, "7") {
		dayOfWeek = c.DayOfWeek.Numbers()
	}
	return strings.Join([]string{c.Minute.Text, c.Hour.Text, c.DayOfMonth.Text, c.Month.Text, dayOfWeek}, " "), nil
}

// every returns the interval as cron, where it divides an hour or a day evenly.
func every(d time.Duration) (string, error) {
	minutes := int(d / time.Minute)
	switch hours := minutes / 60; {
	case minutes == 1:
		return "* * * * *", nil
	case minutes < 60 && 60%minutes == 0:
		return fmt.Sprintf("*/%d * * * *", minutes), nil
	case minutes == 60:
		return "0 * * * *", nil
	case minutes == 24*60:
		return "0 0 * * *", nil
	case minutes%60 == 0 && hours < 24 && 24%hours == 0:
		return fmt.Sprintf("0 */%d * * *", hours), nil
	}
	return "", fmt.Errorf("every=%s divides neither an hour nor a day evenly, and Cloud Scheduler knows cron only; choose an interval that does, or write a cron expression", d)
}

// The limits of Cloud Scheduler:
// https://cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs.
const (
	minAttempt  = 15 * time.Second // that it waits for an answer
	maxAttempt  = 30 * time.Minute
	maxRetries  = 5
	someRetries = 3 // by default
)

// job writes the Cloud Scheduler job that calls the function.
func (w *terraform) job(f function, t model.Schedule) {
	schedule, _ := expression(t) // Check has refused what has none
	audience := w.uri(f)
	if w.audience != "" {
		audience = hcl.Value(w.audience)
	}
	b := w.resource("google_cloud_scheduler_job", f.label,
		hcl.Pair{Name: "region", Value: hcl.Ref("var", "region")},
		hcl.Pair{Name: "name", Value: w.physical(f.Identity())},
		hcl.Pair{Name: "schedule", Value: schedule},
		hcl.Pair{Name: "time_zone", Value: cmp.Or(t.TimeZone, "Etc/UTC")},
		hcl.Pair{Name: "attempt_deadline", Value: seconds(min(max(timeoutOf(f.Function)+10*time.Second, minAttempt), maxAttempt))})
	b.Block("retry_config", hcl.Pair{Name: "retry_count", Value: f.RetriesOr(someRetries)})
	b.Block("http_target",
		hcl.Pair{Name: "http_method", Value: "POST"},
		hcl.Pair{Name: "uri", Value: w.uri(f)},
		hcl.Pair{Name: "headers", Value: []hcl.Pair{{Name: "Content-Type", Value: "application/json"}}},
		hcl.Pair{Name: "body", Value: hcl.Call("base64encode", hcl.Call("jsonencode", []hcl.Pair{{Name: "name", Value: f.Name}}))}).
		Block("oidc_token", hcl.Pair{Name: "service_account_email", Value: w.invoker.email()}, hcl.Pair{Name: "audience", Value: audience})
}
