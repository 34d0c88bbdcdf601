package gcp

import (
	"fmt"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn/emit"
	"github.com/fngen/fngen/internal/portable"
	"github.com/fngen/fngen/internal/run"
)

// PubSub is the source of queue, topic and stream triggers: a Pub/Sub
// subscription that pushes to the function, or Eventarc's messagePublished
// events. Exactly one of the three names is set.
//
// A message that is a CloudEvent passes through on a queue and a topic. On a
// stream it is a record like any other, its data verbatim. A record has no
// sequence: Pub/Sub orders the messages of one ordering key but numbers none.
//
// Of dead letters, those that a function has written are the events that it gave
// up, of every type, with the extensions that say why. Those that a subscription
// has moved are what they were, a CloudEvent or a message of the queue, without
// such extensions; CloudPubSubDeadLetterSourceSubscription among the attributes
// of the delivery names the subscription.
type PubSub struct {
	Queue        string           // the name in a queue directive
	Topic        string           // the name in a topic directive
	Stream       string           // the name in a stream directive
	Content      string           // content type of a queue's or topic's messages that say none; "" is application/json
	Letters      bool             // the queue's messages are dead letters, taken as they are
	NoDeadLetter bool             // deadletter none
	DeadLetter   *emit.DeadLetter // takes what can never succeed; nil leaves it to the platform
}

var _ Source = PubSub{}

// trigger returns the kind of the trigger and its name.
func (s PubSub) trigger() (kind, name string) {
	switch {
	case s.Stream != "":
		return portable.Stream, s.Stream
	case s.Topic != "":
		return portable.Topic, s.Topic
	}
	return portable.Queue, s.Queue
}

func (s PubSub) declared() string {
	kind, name := s.trigger()
	return fmt.Sprintf("%s %q", kind, name)
}

func (s PubSub) policy() run.Policy {
	return run.Policy{NoDeadLetter: s.NoDeadLetter, DeadLetter: s.DeadLetter}
}

func (s PubSub) decode(a *arrival) error {
	if err := a.open(""); err != nil {
		return err
	}
	if a.push == nil {
		return fmt.Errorf("received a CloudEvent of type %q, want a Pub/Sub message", a.event.Type())
	}
	kind, name := s.trigger()
	record := a.begin(kind)
	if kind == portable.Stream {
		record.Event, record.Err = streamRecord(name, a.push)
	} else {
		record.Event, record.Err = s.message(kind, name, a.push)
	}
	return nil
}

// message returns the event of a message of a queue or a topic.
func (s PubSub) message(kind, name string, p *push) (event.Event, error) {
	e, ok, err := p.cloudEvent()
	switch {
	case err != nil:
		return event.Event{}, err
	case ok && s.Letters:
		return e, nil
	case ok:
		return portable.Received(e, kind)
	}
	m, err := p.message()
	if err != nil {
		return event.Event{}, err
	}
	m.Name, m.Content = name, s.Content
	return m.Event(kind)
}

// streamRecord returns the event of a message of a stream, whose only id is
// the message's own.
func streamRecord(name string, p *push) (event.Event, error) {
	m, err := p.message()
	if err != nil {
		return event.Event{}, err
	}
	return portable.Record{
		Source: m.Source, ID: m.ID, Name: name, Time: m.Time, ContentType: m.ContentType, Body: m.Body,
		PartitionKey: m.PartitionKey, TraceParent: m.TraceParent, TraceState: m.TraceState,
	}.Event()
}
