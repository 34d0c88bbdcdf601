package gcp

import (
	"fmt"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/internal/portable"
	"github.com/fngen/fngen/internal/run"
)

// PubSub is the source of queue and topic triggers: a Pub/Sub subscription
// that pushes to the function, or Eventarc's messagePublished events.
type PubSub struct {
	Name         string // of the queue or topic in the directive
	Topic        bool   // a topic trigger; otherwise a queue
	Content      string // content type of messages that say none; "" is application/json
	NoDeadLetter bool   // deadletter none
}

var _ Source = PubSub{}

func (s PubSub) trigger() string {
	if s.Topic {
		return portable.Topic
	}
	return portable.Queue
}

func (s PubSub) declared() string   { return fmt.Sprintf("%s %q", s.trigger(), s.Name) }
func (s PubSub) policy() run.Policy { return run.Policy{NoDeadLetter: s.NoDeadLetter} }

func (s PubSub) decode(r request) (run.Record, error) {
	a, err := r.open("")
	if err != nil {
		return run.Record{}, err
	}
	if a.push == nil {
		return run.Record{}, fmt.Errorf("received a CloudEvent of type %q, want a Pub/Sub message", a.event.Type())
	}
	record := a.record(s.trigger())
	record.Event, record.Err = s.event(a.push)
	return record, nil
}

func (s PubSub) event(p *push) (event.Event, error) {
	e, ok, err := p.cloudEvent()
	switch {
	case err != nil:
		return event.Event{}, err
	case ok:
		return portable.Received(e, s.trigger())
	}
	m, err := p.message()
	if err != nil {
		return event.Event{}, err
	}
	m.Name, m.Content = s.Name, s.Content
	return m.Event(s.trigger())
}
