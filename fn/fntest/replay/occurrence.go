package replay

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"time"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/native"
)

// An Occurrence is what a function is told of: a [Message], a [Letter], a
// [Record], an [Object], a [Change], a [Tick], an [Event], or something
// [Undecodable].
type Occurrence interface {
	native(native.Trigger) (native.Occurrence, error)
}

// A Message is what was sent to a queue or a topic.
type Message struct {
	Data        any               // []byte and string as they are, all else as JSON; nil is an empty message
	ContentType string            // the sender's attribute content-type
	Key         string            // the message group of a FIFO queue
	TraceParent string            // the sender's attribute traceparent
	Attributes  map[string]string // the sender's others
}

// A Letter is what another function has given up and a queue of Letters holds: the
// event, with why.
type Letter struct {
	Event    Event  // a message's if its Type is empty
	Function string // that gave it up: /replay if empty
	Reason   string
	Attempts int // 1 if 0
}

// A Record is what was put into a stream.
type Record struct {
	Data any    // as in a Message
	Key  string // the partition key; key if empty
}

// An Object is an object of a bucket that was created, or deleted.
type Object struct {
	Key         string
	Size        int64  // bytes
	ContentType string // what only Google Cloud tells
	Deleted     bool
	Expired     bool // deleted by a rule of the bucket
}

// A Change is a change of a document: a creation without Before, a deletion
// without After.
type Change struct {
	Key, Sort     string // Sort is the second value of a composite key, on AWS alone
	Before, After any    // anything that encodes to a JSON object
}

// A Tick is one firing of a schedule.
type Tick struct {
	Scheduled time.Time // the last full minute if zero
}

// An Event is a CloudEvent that was published.
type Event struct {
	Type        string // the function's if empty
	Source      string // the function's, or /replay, if empty
	ID          string // event-1 if empty
	Subject     string
	Time        time.Time
	Data        any // as in a Message
	ContentType string
	Extensions  map[string]string
}

// Undecodable is a record that is damaged on its way: a provider cannot make an
// event of it, and no handler sees it.
type Undecodable struct{}

func wrong(t native.Trigger, what string) error {
	return fmt.Errorf("a function with the trigger %s gets no %s", t.Kind, what)
}

func (m Message) native(t native.Trigger) (native.Occurrence, error) {
	if t.Kind != "queue" && t.Kind != "topic" {
		return nil, wrong(t, "Message")
	}
	data, err := bytesOf(m.Data)
	return native.Message{Body: data, ContentType: m.ContentType, Key: m.Key, TraceParent: m.TraceParent, Attributes: m.Attributes}, err
}

func (l Letter) native(t native.Trigger) (native.Occurrence, error) {
	if !t.Letters {
		return nil, wrong(t, "Letter, unless it is a queue of Letters")
	}
	e := l.Event
	e.Type = cmp.Or(e.Type, fn.TypeMessageReceived)
	e.Extensions = maps.Clone(e.Extensions)
	if e.Extensions == nil {
		e.Extensions = map[string]string{}
	}
	e.Extensions["deadletterfunction"] = cmp.Or(l.Function, "/replay")
	e.Extensions["deadletterreason"] = cmp.Or(l.Reason, "a reason")
	e.Extensions["deadletterattempts"] = strconv.Itoa(cmp.Or(l.Attempts, 1))
	published, err := e.published("")
	if err != nil {
		return nil, err
	}
	published, err = published.Complete()
	return native.Message{Body: []byte(published.Structured), ContentType: "application/cloudevents+json"}, err
}

func (r Record) native(t native.Trigger) (native.Occurrence, error) {
	if t.Kind != "stream" {
		return nil, wrong(t, "Record")
	}
	data, err := bytesOf(r.Data)
	return native.Record{Data: data, Key: cmp.Or(r.Key, "key")}, err
}

func (o Object) native(t native.Trigger) (native.Occurrence, error) {
	if t.Kind != "object" && !t.Objects {
		return nil, wrong(t, "Object")
	}
	return native.Object{Key: o.Key, Size: o.Size, ContentType: o.ContentType, Deleted: o.Deleted || o.Expired, Expired: o.Expired}, nil
}

func (c Change) native(t native.Trigger) (native.Occurrence, error) {
	if t.Kind != "document" {
		return nil, wrong(t, "Change")
	}
	out := native.Change{Kind: native.Updated, Key: []string{c.Key}}
	if c.Sort != "" {
		out.Key = append(out.Key, c.Sort)
	}
	var err error
	if out.Before, err = document(c.Before); err != nil {
		return nil, fmt.Errorf("the document Before: %w", err)
	}
	if out.After, err = document(c.After); err != nil {
		return nil, fmt.Errorf("the document After: %w", err)
	}
	switch {
	case out.Before == nil && out.After == nil:
		return nil, fmt.Errorf("a Change has Before, After or both")
	case out.Before == nil:
		out.Kind = native.Created
	case out.After == nil:
		out.Kind = native.Deleted
	}
	return out, nil
}

func document(v any) (native.Map, error) {
	if v == nil {
		return nil, nil
	}
	data, err := bytesOf(v)
	if err != nil {
		return nil, err
	}
	return native.Document(data)
}

func (k Tick) native(t native.Trigger) (native.Occurrence, error) {
	if t.Kind != "schedule" {
		return nil, wrong(t, "Tick")
	}
	at := k.Scheduled
	if at.IsZero() {
		at = time.Now().Truncate(time.Minute)
	}
	return native.Tick{Name: t.Name, Scheduled: at.UTC().Format(time.RFC3339)}, nil
}

func (e Event) native(t native.Trigger) (native.Occurrence, error) {
	if t.Kind != "event" && t.Kind != "http" {
		return nil, wrong(t, "Event")
	}
	e.Type = cmp.Or(e.Type, t.Name)
	return e.published(t.Source)
}

// published returns the event, from the source if it names none.
func (e Event) published(source string) (native.Event, error) {
	data, err := bytesOf(e.Data)
	if err != nil {
		return native.Event{}, err
	}
	attributes := map[string]string{
		"specversion": "1.0", "type": e.Type, "source": cmp.Or(e.Source, source, "/replay"), "id": cmp.Or(e.ID, "event-1"),
	}
	set := func(name, value string) {
		if value != "" {
			attributes[name] = value
		}
	}
	set("subject", e.Subject)
	if !e.Time.IsZero() {
		set("time", e.Time.UTC().Format(time.RFC3339Nano))
	}
	if data != nil {
		set("datacontenttype", cmp.Or(e.ContentType, "application/json"))
	}
	for name, value := range e.Extensions {
		set(name, value)
	}
	return native.Event{Attributes: attributes, Data: data}, nil
}

// posted returns the request with the events: one in structured mode, or a batch
// of them.
func posted(of []native.Occurrence, batch bool) (native.Occurrence, error) {
	var events []json.RawMessage
	for _, o := range of {
		e, err := o.(native.Event).Complete() // an HTTP function gets no other
		if err != nil {
			return nil, err
		}
		events = append(events, json.RawMessage(e.Structured))
	}
	r := native.Request{Method: http.MethodPost, Target: "/", Header: http.Header{"Content-Type": {"application/cloudevents-batch+json"}}, Body: native.Array(events)}
	switch {
	case len(events) > 1 && !batch:
		return nil, errors.New("several events in a request are a batch; set Batch as the directive's batch does")
	case !batch:
		r.Header.Set("Content-Type", "application/cloudevents+json")
		r.Body = events[0]
	}
	return r, nil
}

func (Undecodable) native(t native.Trigger) (native.Occurrence, error) {
	switch t.Kind {
	case "queue", "topic":
		return native.Message{Damaged: true}, nil
	case "stream":
		return native.Record{Key: "key", Damaged: true}, nil
	case "object":
		return native.Object{Damaged: true}, nil
	case "document":
		return native.Change{Key: []string{"key"}, Damaged: true}, nil
	}
	return nil, wrong(t, "record that is Undecodable")
}

// bytesOf returns the data as it is sent.
func bytesOf(v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case []byte:
		return v, nil
	case string:
		return []byte(v), nil
	}
	return json.Marshal(v)
}

// noun names what a function on a trigger of the kind gets.
func noun(kind string) string {
	return map[string]string{
		"queue": "message", "topic": "message", "stream": "record", "object": "object", "document": "change", "schedule": "tick",
		"event": "event", "http": "request",
	}[kind]
}
