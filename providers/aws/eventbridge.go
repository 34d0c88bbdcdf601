package aws

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/emit"
	"github.com/fngen/fngen/internal/ce"
	"github.com/fngen/fngen/internal/portable"
	"github.com/fngen/fngen/internal/run"
)

// EventBridge feeds a function with the events of a rule on an event bus.
//
// An event whose detail is a CloudEvent reaches the handler as that; of any
// other the type is the detail-type, the subject the first resource, and the
// data the detail.
type EventBridge struct {
	Type         string           // the type in the directive; another one is an error; "" takes any
	Source       string           // the source in the directive; others are acknowledged without a call; "" takes any
	NoDeadLetter bool             // what can never succeed is logged whole and given up
	DeadLetter   *emit.DeadLetter // takes what can never succeed; nil leaves it to the platform
}

var _ Source = EventBridge{}

func (s EventBridge) policy() run.Policy {
	return run.Policy{NoDeadLetter: s.NoDeadLetter, DeadLetter: s.DeadLetter}
}

func (s EventBridge) encode(records []run.Record, results []run.Result) ([]byte, error) {
	return answerWhole(records, results)
}

func (s EventBridge) decode(payload []byte) ([]run.Record, error) {
	read, err := readBusEvent(payload)
	if err != nil {
		return nil, fmt.Errorf("decode EventBridge event of type %q: %w", s.Type, err)
	}
	e := ruleEvent{read}
	if e.DetailType == "" {
		return nil, mismatch(fmt.Sprintf("EventBridge event %q", s.Type), payload)
	}
	e.raw = bytes.Clone(payload)
	r := run.Record{Native: &e}
	out, source, err := eventFromBus(&e.busEvent)
	switch {
	case err != nil:
	case s.Type != "" && out.Type() != s.Type:
		err = fmt.Errorf("declared type %q, received type %q", s.Type, out.Type())
	default:
		r.Event = out
		r.Skip = s.Source != "" && source != s.Source
	}
	if err != nil {
		r.Err = fmt.Errorf("decode %s: %w", &e, err)
	}
	return []run.Record{r}, nil
}

// eventFromBus returns the event and its source as it was published.
func eventFromBus(e *busEvent) (out event.Event, source string, err error) {
	if !e.hasDetail() {
		return event.Event{}, "", errNoDetail
	}
	if isCloudEvent(e.Detail) {
		out, err = ce.Decode(e.Detail)
		if err == nil {
			out, err = portable.Received(out, portable.Event)
		}
		if err != nil {
			return event.Event{}, "", err
		}
		return out, out.Source(), nil
	}
	if e.ID == "" {
		return event.Event{}, "", errors.New("missing id")
	}
	if e.Source == "" {
		return event.Event{}, "", errors.New("missing source")
	}
	at, err := parseTime("time", e.Time)
	if err != nil {
		return event.Event{}, "", err
	}
	var a ce.Attributes
	for _, attribute := range [...]struct{ name, value string }{
		{"type", e.DetailType}, {"id", e.ID}, {"source", sourceReference(e.Source)}, {"datacontenttype", event.ApplicationJSON},
	} {
		if err := a.Set(attribute.name, attribute.value); err != nil {
			return event.Event{}, "", err
		}
	}
	if len(e.Resources) > 0 {
		if err := a.Set("subject", portable.Subject(e.Resources[0])); err != nil {
			return event.Event{}, "", err
		}
	}
	a.SetTime(at)
	out, err = portable.Received(event.Event{Context: a.Context(), DataEncoded: e.Detail}, portable.Event)
	return out, e.Source, err
}

// sourceReference returns the source of a native event as a URI-reference.
// Sources are free text on a bus; one that does not parse is escaped.
func sourceReference(source string) string {
	if _, err := url.Parse(source); err == nil {
		return source
	}
	return strings.ReplaceAll(url.QueryEscape(source), "+", "%20")
}

// ruleEvent is an event that comes by a rule. It is a type of its own since the
// linker keeps the methods of what describes foreign payloads.
type ruleEvent struct{ busEvent }

// String implements run.Native.
func (e *ruleEvent) String() string { return "EventBridge event " + e.ID }

// Raw implements run.Native.
func (e *ruleEvent) Raw() []byte { return e.raw }

// Delivery implements run.Native.
func (e *ruleEvent) Delivery() fn.Delivery {
	return fn.Delivery{Provider: provider, Trigger: portable.Event, NativeID: e.ID, Attributes: e.attributes()}
}
