package gcp_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/testkit/logged"
	"github.com/fngen/fngen/providers/gcp"
)

// fire is the request of a Cloud Scheduler job; a header that is "" is absent.
func fire(job, at, body string) *http.Request {
	r := post(body)
	r.Header.Set("User-Agent", "Google-Cloud-Scheduler")
	r.Header.Set("Authorization", "Bearer secret")
	r.Header.Set("X-CloudScheduler", "true")
	for name, value := range map[string]string{"X-CloudScheduler-JobName": job, "X-CloudScheduler-ScheduleTime": at} {
		if value != "" {
			r.Header.Set(name, value)
		}
	}
	return r
}

// Protects the portable form of a firing: the scheduled time in UTC and whole
// seconds, whatever time zone the job has, and the id made of it.
func TestScheduler(t *testing.T) {
	t.Setenv("GOOGLE_CLOUD_PROJECT", "acme")
	t.Setenv("GOOGLE_CLOUD_REGION", "europe-west1")
	for _, tc := range []struct{ name, job, at, source string }{
		{"UTC", "nightly-job", "2026-10-05T08:41:00Z", "acme/locations/europe-west1/jobs/nightly-job"},
		{"another time zone", "nightly-job", "2026-10-05T01:41:00-07:00", "acme/locations/europe-west1/jobs/nightly-job"},
		{"fractions of a second", "nightly-job", "2026-10-05T08:41:00.999999Z", "acme/locations/europe-west1/jobs/nightly-job"},
		{"the job's full name", "projects/other/locations/us-east1/jobs/j", "2026-10-05T08:41:00Z", "other/locations/us-east1/jobs/j"},
		{"a name that is not full", "projects/other/j", "2026-10-05T08:41:00Z", "acme/locations/europe-west1/jobs/projects%2Fother%2Fj"},
		{"no name", "", "2026-10-05T08:41:00Z", "acme/locations/europe-west1/jobs/-"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, d := one(t, gcp.Scheduler{Name: "clean-up"}, fire(tc.job, tc.at, `{"name":"clean-up"}`))
			want := occurrence{
				Type: "dev.fngen.schedule.fired.v1", Source: "//cloudscheduler.googleapis.com/projects/" + tc.source,
				ID: "clean-up@2026-10-05T08:41:00Z", Subject: "clean-up", ContentType: "application/json", Time: "2026-10-05T08:41:00Z",
				Data: `{"name":"clean-up","scheduled":"2026-10-05T08:41:00Z","approximate":false}`,
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if d.Provider != "gcp" || d.Trigger != "schedule" || d.Attempt != 0 {
				t.Errorf("delivery = %+v", d)
			}
		})
	}
}

// Protects the honest source where the function does not know where it runs.
func TestSchedulerUnknownPlace(t *testing.T) {
	t.Setenv("GOOGLE_CLOUD_PROJECT", "")
	t.Setenv("GOOGLE_CLOUD_REGION", "")
	got, _ := one(t, gcp.Scheduler{Name: "f"}, fire("j", "2026-10-05T08:41:00Z", `{"name":"f"}`))
	if want := "//cloudscheduler.googleapis.com/projects/-/locations/-/jobs/j"; got.Source != want {
		t.Errorf("source = %s, want %s", got.Source, want)
	}
}

// Protects schedules whose time Cloud Scheduler does not say: the time of
// arrival, marked as such and not passed off as the event's time.
func TestSchedulerApproximate(t *testing.T) {
	var tick fn.Tick
	h := fn.On(func(_ context.Context, in fn.Tick) error {
		tick = in
		return nil
	})
	before := time.Now().Truncate(time.Second)
	if w := serve(h, gcp.Scheduler{Name: "f"}, fire("j", "", `{"name":"f"}`)); w.Code != http.StatusNoContent {
		t.Fatalf("status = %d, want 204", w.Code)
	}
	if !tick.Approximate || tick.Scheduled.Before(before) || tick.Scheduled.After(time.Now()) {
		t.Errorf("tick = %+v, want an approximate one of now", tick)
	}
	if got, _ := one(t, gcp.Scheduler{Name: "f"}, fire("j", "", `{"name":"f"}`)); got.Time != "" {
		t.Errorf("time = %s, want none", got.Time)
	}
}

// Protects the delivery: Cloud Scheduler's headers without its token.
func TestSchedulerDelivery(t *testing.T) {
	_, d := one(t, gcp.Scheduler{Name: "f"}, fire("j", "2026-10-05T08:41:00Z", `{"name":"f"}`))
	want := map[string]string{
		"content-type": "application/json", "user-agent": "Google-Cloud-Scheduler", "x-cloudscheduler": "true",
		"x-cloudscheduler-jobname": "j", "x-cloudscheduler-scheduletime": "2026-10-05T08:41:00Z",
	}
	if diff := cmp.Diff(want, d.Attributes); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
	if d.NativeID != "j@2026-10-05T08:41:00Z" || string(d.Raw()) != `{"name":"f"}` {
		t.Errorf("delivery %q, raw %s", d.NativeID, d.Raw())
	}
}

// Protects the function from requests that its job did not send, and from a
// job that is another function's.
func TestSchedulerRefuses(t *testing.T) {
	const at = "2026-10-05T08:41:00Z"
	forged := fire("j", at, `{"name":"f"}`)
	forged.Header.Set("X-CloudScheduler", "false")
	for _, tc := range []struct {
		name   string
		r      *http.Request
		status int
		log    string
	}{
		{"not of Cloud Scheduler", post(`{"name":"f"}`), 400, `schedule \"f\": received a request without the header X-CloudScheduler: true`},
		{"another value of the header", forged, 400, `without the header X-CloudScheduler`},
		{"a Pub/Sub push", fixture(t, "pubsub_push.http"), 400, `without the header X-CloudScheduler`},
		{"another function's job", fire("j", at, `{"name":"g"}`), 400, `schedule \"f\": the Cloud Scheduler job fires \"g\", not \"f\"`},
		{"no name", fire("j", at, `{}`), 400, `the Cloud Scheduler job fires \"\", not \"f\"`},
		{"no body", fire("j", at, ``), 400, `decode Cloud Scheduler body: unexpected end of JSON input`},
		{"a name that is no string", fire("j", at, `{"name":1}`), 400, `decode Cloud Scheduler body: `},
		{"more after the JSON", fire("j", at, `{"name":"f"}{}`), 400, `decode Cloud Scheduler body: `},
		{"a time that is none", fire("j", "soon", `{"name":"f"}`), 500, `X-CloudScheduler-ScheduleTime: `},
		{"a time after all years", fire("j", "9999-12-31T23:59:59-01:00", `{"name":"f"}`), 500, `is not in the years 0 to 9999`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			log := logged.Text(t)
			var h recorder
			if w := serve(&h, gcp.Scheduler{Name: "f"}, tc.r); w.Code != tc.status {
				t.Errorf("status = %d, want %d", w.Code, tc.status)
			}
			if len(h.seen) > 0 {
				t.Error("the handler was called")
			}
			if !strings.Contains(log.String(), tc.log) {
				t.Errorf("log does not say %s:\n%s", tc.log, log)
			}
		})
	}
}
