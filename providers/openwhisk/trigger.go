package openwhisk

import (
	"errors"
	"fmt"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/ce"
	"github.com/fngen/fngen/internal/portable"
	"github.com/fngen/fngen/internal/run"
	"github.com/fngen/fngen/providers/openwhisk/internal/actionloop"
)

// Trigger is a trigger that is fired with CloudEvents: its parameter cloudevent
// is one, as a JSON object in structured mode.
type Trigger struct {
	Type         string // of the events; another is an error; "" takes all
	Source       string // of the events; what has another is not handled; "" takes all
	Retries      int    // tries in the process after the first
	NoDeadLetter bool   // deadletter none
}

func (t Trigger) policy() run.Policy { return policy(t.Retries, t.NoDeadLetter) }

func (t Trigger) decode(r *actionloop.Request) ([]run.Record, error) {
	raw, ok := r.Value["cloudevent"]
	if !ok {
		return nil, fmt.Errorf("the function handles events that fire a trigger, but the activation has no parameter cloudevent; its parameters: %s", r.Value.Names())
	}
	record := run.Record{Name: "trigger activation " + r.ActivationID}
	var err error
	if record.Event, err = t.event(raw); err != nil {
		record.Err = fmt.Errorf("decode %s: %w", record.Name, err)
	} else {
		record.Skip = t.Source != "" && record.Event.Source() != t.Source
	}
	record.Describe = func() (fn.Delivery, []byte) { return r.Delivery(portable.Event), raw }
	return []run.Record{record}, nil
}

func (t Trigger) event(raw []byte) (event.Event, error) {
	if raw[0] != '{' {
		return event.Event{}, errors.New("the parameter cloudevent is not a JSON object")
	}
	e, err := ce.Decode(raw)
	if err != nil {
		return event.Event{}, err
	}
	if e, err = portable.Received(e, portable.Event); err != nil {
		return event.Event{}, err
	}
	if t.Type != "" && e.Type() != t.Type {
		return event.Event{}, fmt.Errorf("a CloudEvent of type %q, but the function is for type %q", e.Type(), t.Type)
	}
	return e, nil
}
