package gcp

import (
	"cmp"
	"time"

	"github.com/fngen/fngen/gen/internal/model"
)

// The limits of Cloud Scheduler:
// https://cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs.
const (
	maxAttempt  = 30 * time.Minute // that it waits for an answer
	maxRetries  = 5
	someRetries = 3 // by default
)

// job writes the Cloud Scheduler job that calls the function.
func (w *terraform) job(f function, t model.Schedule) {
	schedule, _ := expression(t) // Check has refused what has none
	audience := w.uri(f)
	if w.audience != "" {
		audience = value(w.audience)
	}
	b := w.top("resource", []string{"google_cloud_scheduler_job", f.label},
		pair{"project", ref("var", "project")},
		pair{"region", ref("var", "region")},
		pair{"name", w.physical(f.Name)},
		pair{"schedule", schedule},
		pair{"time_zone", cmp.Or(t.TimeZone, "Etc/UTC")},
		pair{"attempt_deadline", seconds(min(timeoutOf(f.Function)+10*time.Second, maxAttempt))})
	b.block("retry_config", pair{"retry_count", schedulerRetries(f.Function)})
	b.block("http_target",
		pair{"http_method", "POST"},
		pair{"uri", w.uri(f)},
		pair{"headers", []pair{{"Content-Type", "application/json"}}},
		pair{"body", call("base64encode", call("jsonencode", []pair{{"name", f.Name}}))}).
		block("oidc_token", pair{"service_account_email", w.as()}, pair{"audience", audience})
}

// schedulerRetries returns how often a call that failed is repeated.
func schedulerRetries(f model.Function) int {
	if f.Retries != nil {
		return *f.Retries
	}
	return someRetries
}
