package invoke

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/gen/internal/dev/platform"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/internal/ce"
	"github.com/fngen/fngen/internal/native"
	"github.com/fngen/fngen/internal/native/aws"
	"github.com/fngen/fngen/internal/native/gcp"
	"github.com/fngen/fngen/internal/native/openwhisk"
)

// An Input says what is delivered.
type Input struct {
	Event  []byte // as [Occurrence] or, with Native, [Native] understands it; nil for none
	Data   []byte // of the trigger's own event, if there is no Event; a sample if it is nil, too
	Native bool
}

// Payload returns what the platform of the target sends.
func (in Input) Payload(target string, f model.Function, now time.Time) (platform.Payload, error) {
	if in.Native {
		return Native(target, in.Event)
	}
	var occurrence native.Occurrence
	var err error
	switch {
	case in.Event != nil:
		occurrence, err = Occurrence(f, in.Event)
	case in.Data != nil:
		occurrence, err = Data(f, in.Data)
	default:
		occurrence = Sample(f, now)
	}
	if err != nil {
		return platform.Payload{}, err
	}
	return Encode(target, f, occurrence, now)
}

// Never returns the reason for which the platform never sends such a thing, if
// that is the error, and "" otherwise.
func Never(err error) string {
	var reason native.Reason
	if errors.As(err, &reason) {
		return reason.Error()
	}
	return ""
}

// TriggerOf returns the trigger as package native has it.
func TriggerOf(f model.Function) native.Trigger {
	out := native.Trigger{Kind: f.Trigger.Kind(), Name: f.Trigger.Resource()}
	switch t := f.Trigger.(type) {
	case model.HTTP:
		out.Methods, out.Path = t.Methods, t.Path
	case model.Queue:
		out.Content, out.FIFO = t.Content, t.FIFO
	case model.Topic:
		out.Content = t.Content
	case model.Schedule:
		out.Name, out.Cron = f.Name, t.Cron
	case model.Object:
		out.Created, out.Deleted, out.Prefix, out.Suffix = t.Created, t.Deleted, t.Prefix, t.Suffix
	case model.Document:
		out.Created, out.Updated, out.Deleted = t.Created, t.Updated, t.Deleted
	case model.Event:
		out.Source = t.Source
	}
	return out
}

// PlatformOf returns the encoders of the target, for a function on this machine.
func PlatformOf(target string, f model.Function) native.Platform {
	switch target {
	case "aws":
		return aws.Platform{Region: platform.Region, Account: platform.Account, Function: f.Name}
	case "gcp":
		return gcp.Platform{Project: platform.Project, Region: platform.GoogleRegion}
	}
	return openwhisk.Platform{Namespace: "guest", Action: f.Name}
}

// Encode returns the occurrence as the platform of the target sends it.
func Encode(target string, f model.Function, o native.Occurrence, now time.Time) (platform.Payload, error) {
	encode := func(o native.Occurrence) ([]native.Payload, error) {
		return PlatformOf(target, f).Encode(TriggerOf(f), native.Invocation{}, native.Delivery{Occurrence: o, Number: 1, Time: now})
	}
	payloads, err := encode(o)
	if m, ok := o.(native.Message); ok && errors.Is(err, native.NoAttributes) {
		m.ContentType = "" // it is lost on the way
		payloads, err = encode(m)
	}
	if err != nil {
		return platform.Payload{}, fmt.Errorf("%s: %w", f.Name, err)
	}
	p := payloads[0] // of one delivery
	body, err := parameters(target, p.Body)
	return platform.Payload{Method: p.Method, Target: p.Target, Header: p.Header, Body: body}, err
}

// parameters takes OpenWhisk's parameters out of the line that they come in,
// which is the process's own. Other bodies, and parameters alone, are as they are.
func parameters(target string, body []byte) ([]byte, error) {
	var line struct {
		Value      json.RawMessage `json:"value"`
		Activation string          `json:"activation_id"`
	}
	if target != "openwhisk" {
		return body, nil
	}
	if err := json.Unmarshal(body, &line); err != nil {
		return nil, fmt.Errorf("the payload is no JSON object: %w", err)
	}
	if line.Value == nil || line.Activation == "" {
		return body, nil
	}
	return line.Value, nil
}

// Occurrence returns what the text says has happened to what feeds the function:
// an event as its handler is given it, in CloudEvents' structured mode, or for an
// HTTP function a request as it is sent, too. Another event than the trigger's own
// is the content of a message, or of a request.
func Occurrence(f model.Function, text []byte) (native.Occurrence, error) {
	if _, ok := f.Trigger.(model.HTTP); ok && requestLine.Match(text) {
		return request(text)
	}
	e, err := ce.Decode(text)
	if err != nil {
		want := "an event in CloudEvents' structured mode"
		if f.Trigger.Kind() == "http" {
			want = "an HTTP request, or " + want
		}
		return nil, fmt.Errorf("what is delivered to %s is to be %s: %w", f.Name, want, err)
	}
	if t, ok := f.Trigger.(model.HTTP); ok {
		r := requestTo(t)
		r.Method, r.Body, r.Header = "POST", text, http.Header{"Content-Type": {ce.MediaType}}
		return r, nil
	}
	return occurrenceOf(f, e, text)
}

// Data returns what has happened to what feeds the function: its event, with the
// data.
func Data(f model.Function, data []byte) (native.Occurrence, error) {
	if t, ok := f.Trigger.(model.HTTP); ok {
		r := requestTo(t)
		r.Body, r.Header = data, http.Header{"Content-Type": {contentType(data)}}
		return r, nil
	}
	types := map[string]string{
		"queue": fn.TypeMessageReceived, "topic": fn.TypeMessageReceived, "stream": fn.TypeRecordReceived, "schedule": fn.TypeScheduleFired,
		"object": fn.TypeObjectCreated, "document": fn.TypeDocumentCreated, "event": f.Trigger.Resource(),
	}
	switch t := f.Trigger.(type) {
	case model.Object:
		if !t.Created {
			types["object"] = fn.TypeObjectDeleted
		}
	case model.Document:
		if !t.Created {
			types["document"] = fn.TypeDocumentUpdated
		}
		if !t.Created && !t.Updated {
			types["document"] = fn.TypeDocumentDeleted
		}
	}
	e := event.New()
	e.SetType(types[f.Trigger.Kind()])
	e.SetSource("/local")
	if t, ok := f.Trigger.(model.Event); ok && t.Source != "" {
		e.SetSource(t.Source)
	}
	e.SetID("local-1")
	if err := e.SetData(contentType(data), data); err != nil {
		return nil, err
	}
	text, err := ce.Encode(e)
	if err != nil {
		return nil, err
	}
	return occurrenceOf(f, e, text)
}

// contentType is that of data whose sender says none.
func contentType(data []byte) string {
	if json.Valid(data) {
		return event.ApplicationJSON
	}
	return "text/plain; charset=utf-8"
}

// occurrenceOf returns what has happened if the event says it; text is the event
// in structured mode.
func occurrenceOf(f model.Function, e event.Event, text []byte) (native.Occurrence, error) {
	key, _ := e.Extensions()["partitionkey"].(string)
	refuse := func(want ...string) error {
		return fmt.Errorf("%s is given no %s, but %s; say what has happened by that", f.Name, e.Type(), strings.Join(want, " or "))
	}
	decode := func(v any) error {
		if err := json.Unmarshal(e.Data(), v); err != nil {
			return fmt.Errorf("the data of %s: %w", e.Type(), err)
		}
		return nil
	}
	switch t := f.Trigger.(type) {
	case model.Event:
		return native.Event{Structured: string(text)}, nil
	case model.Queue, model.Topic:
		if e.Type() == fn.TypeMessageReceived {
			m := native.Message{Body: e.Data(), ContentType: e.DataContentType(), Key: key}
			if m.ContentType == event.ApplicationJSON {
				m.ContentType = "" // as which it is taken by itself
			}
			return m, nil
		}
		return native.Message{Body: text, ContentType: ce.MediaType, Key: key}, nil
	case model.Stream:
		if key == "" {
			key = "local" // every record has one
		}
		if e.Type() == fn.TypeRecordReceived {
			return native.Record{Data: e.Data(), Key: key}, nil
		}
		return native.Record{Data: text, Key: key}, nil
	case model.Schedule:
		if e.Type() != fn.TypeScheduleFired {
			return nil, refuse(fn.TypeScheduleFired)
		}
		var tick fn.Tick
		if err := decode(&tick); err != nil {
			return nil, err
		}
		return native.Tick{Name: f.Name, Scheduled: tick.Scheduled.Format(time.RFC3339)}, nil
	case model.Object:
		if !slices.Contains([]string{fn.TypeObjectCreated, fn.TypeObjectDeleted}, e.Type()) {
			return nil, refuse(fn.TypeObjectCreated, fn.TypeObjectDeleted)
		}
		var o fn.Object
		if err := decode(&o); err != nil {
			return nil, err
		}
		if o.Key == "" {
			return nil, errors.New(`the data names no object; give {"key":"…","size":…}`)
		}
		return native.Object{Key: o.Key, Size: o.Size, ContentType: o.ContentType, Deleted: e.Type() == fn.TypeObjectDeleted}, nil
	case model.Document:
		return change(e, decode, refuse)
	default:
		return nil, fmt.Errorf("nothing happens to %s", t.Kind())
	}
}

func change(e event.Event, decode func(any) error, refuse func(...string) error) (native.Occurrence, error) {
	kinds := []string{fn.TypeDocumentCreated, fn.TypeDocumentUpdated, fn.TypeDocumentDeleted} // as native has them
	kind := slices.Index(kinds, e.Type())
	if kind < 0 {
		return nil, refuse(kinds...)
	}
	var c fn.Change
	if err := decode(&c); err != nil {
		return nil, err
	}
	if c.Key == "" {
		return nil, errors.New(`the data names no document; give {"key":"…","before":{…},"after":{…}}`)
	}
	before, err := native.Document(c.Before)
	if err != nil {
		return nil, err
	}
	after, err := native.Document(c.After)
	return native.Change{Kind: native.ChangeKind(kind), Key: []string{c.Key}, Before: before, After: after}, err
}

// request reads an HTTP request. Without a length its body is all that follows.
func request(text []byte) (native.Request, error) {
	r := bufio.NewReader(bytes.NewReader(text))
	got, err := http.ReadRequest(r)
	if err != nil {
		return native.Request{}, fmt.Errorf("read the HTTP request: %w", err)
	}
	if got.Header.Get("Content-Length") == "" && got.TransferEncoding == nil {
		got.Body = io.NopCloser(r)
	}
	out, err := native.FromHTTP(got)
	out.Target = got.RequestURI
	return out, err
}
