package gcp

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn/emit"
	"github.com/fngen/fngen/internal/ce"
	"github.com/fngen/fngen/internal/jsonscan"
	"github.com/fngen/fngen/internal/portable"
	"github.com/fngen/fngen/internal/run"
)

// Scheduler is the source of schedule triggers: a Cloud Scheduler job that
// sends POST requests with the body {"name":"NAME"}.
//
// The source of the events is
//
//	//cloudscheduler.googleapis.com/projects/P/locations/L/jobs/J
//
// with J from X-CloudScheduler-JobName. That is the job's name alone, so P and
// L come from GOOGLE_CLOUD_PROJECT and GOOGLE_CLOUD_REGION; what is not set is
// "-". A header with the full name has all three. Cloud Scheduler does not say
// which attempt a request is.
type Scheduler struct {
	Name         string           // of the function
	NoDeadLetter bool             // deadletter none
	DeadLetter   *emit.DeadLetter // takes what can never succeed; nil leaves it to the platform
}

var _ Source = Scheduler{}

// The headers of Cloud Scheduler, documented with HttpTarget in
// https://cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs.
const (
	schedulerHeader    = "X-CloudScheduler" // true
	schedulerJobHeader = "X-CloudScheduler-JobName"
	// The time in RFC 3339, in the job's time zone. It is absent for schedules
	// that are not in the unix-cron format.
	schedulerTimeHeader = "X-CloudScheduler-ScheduleTime"
)

func (s Scheduler) declared() string { return fmt.Sprintf("%s %q", portable.Schedule, s.Name) }
func (s Scheduler) policy() run.Policy {
	return run.Policy{NoDeadLetter: s.NoDeadLetter, DeadLetter: s.DeadLetter}
}

func (s Scheduler) decode(a *arrival) error {
	if a.header.Get(schedulerHeader) != "true" {
		return errors.New("received a request without the header " + schedulerHeader + ": true, want one of Cloud Scheduler")
	}
	if err := s.check(a.body); err != nil {
		return err
	}
	job, at := a.header.Get(schedulerJobHeader), a.header.Get(schedulerTimeHeader)
	id := cmp.Or(job, "-")
	if at != "" {
		id += "@" + at
	}
	record := a.beginAs(portable.Schedule, "Cloud Scheduler job", id)
	record.Event, record.Err = s.event(job, at)
	return nil
}

// check says why the body is not that of the function's own job.
func (s Scheduler) check(body []byte) error {
	var name string
	if err := (jsonscan.Fields{"name": &name}).Read(body); err != nil {
		return fmt.Errorf("decode Cloud Scheduler body: %w", err)
	}
	if name != s.Name {
		return fmt.Errorf("the Cloud Scheduler job fires %.200q, not %q", name, s.Name)
	}
	return nil
}

func (s Scheduler) event(job, at string) (event.Event, error) {
	firing := portable.Firing{Source: jobSource(job), Name: s.Name, Scheduled: time.Now(), Approximate: at == ""}
	if at != "" {
		var err error
		if firing.Scheduled, err = ce.ParseTime(at); err != nil {
			return event.Event{}, fmt.Errorf("%s: %w", schedulerTimeHeader, err)
		}
	}
	return firing.Event()
}

// jobSource returns the source of the events of a job, by its short or its
// full name.
func jobSource(job string) string {
	segments := strings.Split(job, "/")
	if len(segments) != 6 || segments[0] != "projects" || segments[2] != "locations" || segments[4] != "jobs" {
		segments = []string{
			"projects", cmp.Or(os.Getenv("GOOGLE_CLOUD_PROJECT"), "-"),
			"locations", cmp.Or(os.Getenv("GOOGLE_CLOUD_REGION"), "-"),
			"jobs", cmp.Or(job, "-"),
		}
	}
	return "//cloudscheduler.googleapis.com" + portable.Path(segments...)
}
