package gcp

import (
	"fmt"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn/emit"
	"github.com/fngen/fngen/internal/portable"
	"github.com/fngen/fngen/internal/run"
)

// Event is the source of event triggers: CloudEvents that Eventarc sends, or
// that a Pub/Sub subscription pushes.
type Event struct {
	Type         string           // of the events; another is an error, since the trigger filters by it
	Source       string           // of the events asked for; "" for any
	NoDeadLetter bool             // deadletter none
	DeadLetter   *emit.DeadLetter // takes what can never succeed; nil leaves it to the platform
}

var _ Source = Event{}

func (s Event) declared() string { return fmt.Sprintf("%s %q", portable.Event, s.Type) }
func (s Event) policy() run.Policy {
	return run.Policy{NoDeadLetter: s.NoDeadLetter, DeadLetter: s.DeadLetter}
}

func (s Event) decode(a *arrival) error {
	if err := a.open(s.Type); err != nil {
		return err
	}
	record := a.begin(portable.Event)
	record.Event, record.Skip, record.Err = s.event(a)
	return nil
}

// event returns the event that arrived, and reports whether the directive does
// not ask for it.
func (s Event) event(a *arrival) (e event.Event, skip bool, err error) {
	e, err = a.cloudEvent()
	if err != nil {
		return event.Event{}, false, err
	}
	if e.Type() != s.Type {
		return event.Event{}, false, fmt.Errorf("received a CloudEvent of type %q", e.Type())
	}
	e, err = portable.Received(e, portable.Event)
	return e, err == nil && s.Source != "" && e.Source() != s.Source, err
}
