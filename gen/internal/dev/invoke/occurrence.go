package invoke

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/gen/internal/dev/platform"
	"github.com/fngen/fngen/gen/internal/dev/store"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/internal/ce"
	"github.com/fngen/fngen/internal/native"
	"github.com/fngen/fngen/internal/native/aws"
	"github.com/fngen/fngen/internal/native/gcp"
	"github.com/fngen/fngen/internal/native/openwhisk"
	"github.com/fngen/fngen/internal/native/sample"
)

// An Input says what is delivered.
type Input struct {
	Event  []byte // as [Occurrence] or, with Native, [Native] understands it; nil for none
	Data   []byte // of a sample, if there is no Event; the sample's own if it is nil, too
	Native bool
	Store  *store.Store // in which a document is as what is delivered says; nil for none
}

// Payload returns what the platform of the target sends.
func (in Input) Payload(target string, f model.Function, now time.Time) (platform.Payload, error) {
	if in.Native {
		return Native(target, f, in.Event)
	}
	var occurrence native.Occurrence
	var err error
	if in.Event != nil {
		occurrence, err = Occurrence(f, in.Event)
	} else {
		occurrence, err = sample.Of(TriggerOf(f), now, in.Data)
	}
	if err != nil {
		return platform.Payload{}, err
	}
	if c, ok := occurrence.(native.Change); ok && in.Store != nil {
		occurrence = in.Store.Happened(f.Trigger.Resource(), c)
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
		out.Content, out.FIFO, out.Letters = t.Content, t.FIFO, t.Letters
		out.Objects = strings.HasSuffix(f.Feed.Envelope, "s3")
	case model.Topic:
		out.Content = t.Content
	case model.Schedule:
		out.Name, out.Cron, out.Every, out.TimeZone = f.Name, t.Cron, t.Every, t.TimeZone
	case model.Object:
		out.Created, out.Deleted, out.Prefix, out.Suffix = t.Created, t.Deleted, t.Prefix, t.Suffix
	case model.Document:
		out.Created, out.Updated, out.Deleted = t.Created, t.Updated, t.Deleted
		out.Keys = f.Feed.Keys
	case model.Event:
		out.Source = t.Source
	}
	return out
}

// PlatformOf returns the encoders of the target, for a function on this machine.
func PlatformOf(target string, f model.Function) native.Platform {
	switch target {
	case "aws":
		return aws.Platform{Region: platform.Region, Account: platform.Account, Function: f.Name, Envelope: f.Feed.Envelope}
	case "gcp":
		return gcp.Platform{Project: platform.Project, Region: platform.GoogleRegion}
	}
	return openwhisk.Platform{Namespace: "guest", Action: f.Name}
}

// Encode returns the occurrence as the platform of the target sends it.
func Encode(target string, f model.Function, o native.Occurrence, now time.Time) (platform.Payload, error) {
	payloads, err := Payloads(target, f, native.Delivery{Occurrence: o, Number: 1, Time: now})
	if err != nil {
		return platform.Payload{}, fmt.Errorf("%s: %w", f.Name, err)
	}
	return Payload(target, payloads[0]) // of one delivery
}

// Payloads returns the deliveries as the platform of the target sends them. What
// it cannot bring of a message is lost on the way, as it is there.
func Payloads(target string, f model.Function, deliveries ...native.Delivery) ([]native.Payload, error) {
	p, t := PlatformOf(target, f), TriggerOf(f)
	payloads, err := p.Encode(t, native.Invocation{}, deliveries...)
	if !errors.Is(err, native.NoAttributes) {
		return payloads, err
	}
	deliveries = slices.Clone(deliveries)
	for i, d := range deliveries {
		if m, ok := d.Occurrence.(native.Message); ok {
			m.ContentType = ""
			deliveries[i].Occurrence = m
		}
	}
	return p.Encode(t, native.Invocation{}, deliveries...)
}

// Native understands a file with what the platform sends: JSON, as it is, on
// OpenWhisk the line of an activation or its parameters. On Google it is an HTTP
// request, headers with a body, or JSON alone as the body of a POST.
func Native(target string, f model.Function, file []byte) (platform.Payload, error) {
	if target == "gcp" && json.Valid(file) {
		return platform.Payload{Header: http.Header{"Content-Type": {"application/json"}}, Body: file}, nil
	}
	p, err := PlatformOf(target, f).Recorded(f.Trigger.Kind(), native.Invocation{}, file)
	if err != nil {
		return platform.Payload{}, fmt.Errorf("%s: %w", f.Name, err)
	}
	return Payload(target, p)
}

// Payload is what the process is given of it. OpenWhisk's parameters are taken
// out of the line that they come in, which is the process's own.
func Payload(target string, p native.Payload) (platform.Payload, error) {
	out := platform.Payload{Method: p.Method, Target: p.Target, Header: p.Header, Body: p.Body}
	if target != "openwhisk" {
		return out, nil
	}
	var line struct {
		Value json.RawMessage `json:"value"`
	}
	err := json.Unmarshal(p.Body, &line)
	out.Body = line.Value
	return out, err
}

var requestLine = regexp.MustCompile(`^[A-Z]+ \S+ HTTP/1\.[01]\r?\n`)

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
	if _, ok := f.Trigger.(model.HTTP); ok {
		o, err := sample.Of(TriggerOf(f), time.Now(), text)
		r, _ := o.(native.Request)
		r.Method = http.MethodPost
		r.Header.Set("Content-Type", ce.MediaType)
		return r, err
	}
	return occurrenceOf(f, e, text)
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
		if isObject(e) && TriggerOf(f).Objects {
			return object(e, decode)
		}
		_, isLetter := e.Extensions()["deadletterreason"]
		if e.Type() == fn.TypeMessageReceived && !(isLetter && TriggerOf(f).Letters) {
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
		if !isObject(e) {
			return nil, refuse(fn.TypeObjectCreated, fn.TypeObjectDeleted)
		}
		return object(e, decode)
	case model.Document:
		return change(e, decode, refuse)
	default:
		return nil, fmt.Errorf("nothing happens to %s", t.Kind())
	}
}

func isObject(e event.Event) bool {
	return e.Type() == fn.TypeObjectCreated || e.Type() == fn.TypeObjectDeleted
}

func object(e event.Event, decode func(any) error) (native.Occurrence, error) {
	var o fn.Object
	if err := decode(&o); err != nil {
		return nil, err
	}
	if o.Key == "" {
		return nil, errors.New(`the data names no object; give {"key":"…","size":…}`)
	}
	return native.Object{Key: o.Key, Size: o.Size, ContentType: o.ContentType, Deleted: e.Type() == fn.TypeObjectDeleted}, nil
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
	key := strings.Split(c.Key, "/") // the values of a composite one, each escaped
	for i, value := range key {
		var err error
		if key[i], err = url.PathUnescape(value); err != nil {
			return nil, fmt.Errorf("the key of the document: %w", err)
		}
	}
	before, err := native.Document(c.Before)
	if err != nil {
		return nil, err
	}
	after, err := native.Document(c.After)
	return native.Change{Kind: native.ChangeKind(kind), Key: key, Before: before, After: after}, err
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
