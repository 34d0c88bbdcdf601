package aws

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/emit"
	"github.com/fngen/fngen/internal/jsonscan"
	"github.com/fngen/fngen/internal/portable"
	"github.com/fngen/fngen/internal/run"
)

// Scheduler feeds a function from a schedule of EventBridge Scheduler. The
// input of the schedule's target must be
//
//	{"name":"NAME","scheduled":"<aws.scheduler.scheduled-time>","schedule":"<aws.scheduler.schedule-arn>","attempt":"<aws.scheduler.attempt-number>"}
//
// where NAME is the field Name. A firing of another name is an error, which
// nothing gives up: the schedule feeds the wrong function.
type Scheduler struct {
	Name         string           // of the function
	NoDeadLetter bool             // what can never succeed is logged whole and given up
	DeadLetter   *emit.DeadLetter // takes what can never succeed; nil leaves it to the platform
}

var _ Source = Scheduler{}

func (s Scheduler) policy() run.Policy {
	return run.Policy{NoDeadLetter: s.NoDeadLetter, DeadLetter: s.DeadLetter}
}

func (s Scheduler) encode(records []run.Record, results []run.Result) ([]byte, error) {
	return answerWhole(records, results)
}

func (s Scheduler) decode(payload []byte) ([]run.Record, error) {
	var f firing
	if err := (jsonscan.Fields{"name": &f.Name, "scheduled": &f.Scheduled, "schedule": &f.Schedule, "attempt": &f.Attempt}).Read(payload); err != nil {
		return nil, fmt.Errorf("decode firing of schedule %q: %w", s.Name, err)
	}
	declared := fmt.Sprintf("schedule %q", s.Name)
	if f.Name == "" || f.Scheduled == "" && f.Schedule == "" {
		return nil, mismatch(declared, payload)
	}
	if f.Name != s.Name {
		return nil, fmt.Errorf("decode payload: declared %s, received a firing of schedule %q", declared, f.Name)
	}
	f.raw = bytes.Clone(payload)
	r := run.Record{Native: &f}
	var err error
	if r.Event, err = f.event(); err != nil {
		r.Err = fmt.Errorf("decode %s: %w", &f, err)
	}
	return []run.Record{r}, nil
}

// firing is the input that the schedule's target has.
//
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
type firing struct {
	Name, Scheduled, Schedule string

	Attempt json.RawMessage // a string, since Scheduler replaces its keywords inside of strings

	raw []byte // the payload
}

func (f *firing) event() (event.Event, error) {
	if f.Schedule == "" {
		return event.Event{}, errors.New("missing schedule")
	}
	if f.Scheduled == "" {
		return event.Event{}, errors.New("missing scheduled")
	}
	at, err := parseTime("scheduled", f.Scheduled)
	if err != nil {
		return event.Event{}, err
	}
	return portable.Firing{Source: f.Schedule, Name: f.Name, Scheduled: at}.Event()
}

// String implements run.Native.
func (f *firing) String() string {
	return fmt.Sprintf("firing of schedule %q at %s", f.Name, f.Scheduled)
}

// Raw implements run.Native.
func (f *firing) Raw() []byte { return f.raw }

// Delivery implements run.Native. The native id is the schedule's ARN. Attempts
// count from 1, as in a delivery.
func (f *firing) Delivery() fn.Delivery {
	attempt, _ := strconv.Atoi(strings.Trim(string(f.Attempt), `"`))
	return fn.Delivery{
		Provider:   provider,
		Trigger:    portable.Schedule,
		NativeID:   f.Schedule,
		Attempt:    max(attempt, 0),
		Attributes: map[string]string{"scheduled": f.Scheduled},
	}
}
