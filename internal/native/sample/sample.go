// Package sample makes an occurrence that a function's trigger asks for.
package sample

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"path"
	"regexp"
	"strings"
	"time"

	"github.com/adhocore/gronx"

	"github.com/fngen/fngen/internal/native"
)

// Of returns an occurrence of the trigger at the time. Its body, its document
// or its event's data is data, or something of the trigger's content type where
// data is nil. A schedule fires at its last time before.
func Of(t native.Trigger, at time.Time, data []byte) (native.Occurrence, error) {
	switch t.Kind {
	case "http":
		return request(t, data), nil
	case "schedule":
		scheduled, err := fired(t, at)
		return native.Tick{Name: t.Name, Scheduled: scheduled.UTC().Format(time.RFC3339)}, err
	case "queue", "topic":
		if t.Objects && data == nil {
			return object(t, data), nil
		}
		m := native.Message{Body: body(t, at, data)}
		if t.Letters {
			m = letter(t, at, data)
		}
		if t.FIFO {
			m.Key = "sample"
		}
		return m, nil
	case "stream":
		return native.Record{Data: body(t, at, data), Key: "sample"}, nil
	case "object":
		return object(t, data), nil
	case "document":
		return change(t, data)
	case "event":
		return event(t, at, data), nil
	}
	return nil, fmt.Errorf("%q is no kind of trigger", t.Kind)
}

// document is the sample of JSON.
const document = `{"id":"sample-1"}`

// body returns what a message or a record holds.
func body(t native.Trigger, at time.Time, data []byte) []byte {
	if data != nil {
		return data
	}
	contentType, _, _ := strings.Cut(t.Content, ";")
	switch contentType = strings.TrimSpace(contentType); {
	case contentType == "application/cloudevents+json":
		e, err := event(native.Trigger{Name: "com.example.sample"}, at, nil).Complete()
		if err == nil { // attributes always give one
			return []byte(e.Structured)
		}
	case contentType == "" || contentType == "application/json" || strings.HasSuffix(contentType, "+json"):
		return []byte(document)
	case strings.HasSuffix(contentType, "xml"):
		return []byte("<sample><id>sample-1</id></sample>")
	case contentType == "text/csv":
		return []byte("id\nsample-1\n")
	case strings.HasSuffix(contentType, "yaml"):
		return []byte("id: sample-1\n")
	case contentType == "application/x-www-form-urlencoded":
		return []byte("id=sample-1")
	}
	return []byte("sample")
}

// letter returns a dead letter: the event that a function gave up, with why.
func letter(t native.Trigger, at time.Time, data []byte) native.Message {
	e := event(native.Trigger{Name: "dev.fngen.message.received.v1"}, at, data)
	function := strings.TrimSuffix(t.Name, "-dead-letters")
	for name, value := range map[string]string{
		"subject": function, "deadletterreason": "a sample of what failed", "deadletterattempts": "1", "deadletterfunction": "/sample/" + function,
	} {
		e.Attributes[name] = value
	}
	if !json.Valid(e.Data) {
		e.Attributes["datacontenttype"] = "text/plain"
	}
	e, _ = e.Complete() // attributes always give one
	return native.Message{Body: []byte(e.Structured), ContentType: "application/cloudevents+json"}
}

var wildcard = regexp.MustCompile(`\{[^{}]*\}`)

// request returns a request of the first method, to a path of the pattern.
func request(t native.Trigger, data []byte) native.Request {
	r := native.Request{Method: http.MethodPost, Header: http.Header{"User-Agent": {"fngen"}, "Accept": {"*/*"}}}
	if len(t.Methods) > 0 {
		r.Method = t.Methods[0]
	} else if data == nil {
		r.Method = http.MethodGet
	}
	pattern := t.Path
	if i := strings.IndexByte(pattern, '/'); i > 0 { // a host is in front
		r.Host, pattern = pattern[:i], pattern[i:]
	}
	r.Target = wildcard.ReplaceAllStringFunc(cmp.Or(pattern, "/"), func(w string) string {
		switch name := strings.Trim(w, "{}"); {
		case name == "$":
			return ""
		case strings.HasSuffix(name, "..."):
			return "sample/1"
		}
		return "1"
	})
	if data == nil && (r.Method == http.MethodPost || r.Method == http.MethodPut || r.Method == http.MethodPatch) {
		data = []byte(document)
	}
	if data != nil {
		r.Body = data
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

// fired returns the last time before at at which the schedule fires, or at
// itself if it fires then.
func fired(t native.Trigger, at time.Time) (time.Time, error) {
	if t.Cron == "" {
		return at.Truncate(max(t.Every, time.Minute)), nil
	}
	zone, err := time.LoadLocation(t.TimeZone)
	if err != nil {
		return time.Time{}, fmt.Errorf("the schedule's time zone: %w", err)
	}
	last, err := gronx.PrevTickBefore(t.Cron, at.In(zone), true)
	if err != nil {
		return time.Time{}, fmt.Errorf("the schedule %q: %w", t.Cron, err)
	}
	return last, nil
}

// object returns an object that the trigger asks for.
func object(t native.Trigger, data []byte) native.Object {
	o := native.Object{Key: t.Prefix + "sample" + t.Suffix, Size: 1024}
	if t.Suffix == "" {
		o.Key += ".txt"
	}
	if data != nil {
		o.Size = int64(len(data))
	}
	if t.Deleted && !t.Created {
		o.Deleted, o.Size = true, 0
	}
	o.ContentType = map[string]string{
		".csv": "text/csv", ".gif": "image/gif", ".html": "text/html", ".jpeg": "image/jpeg", ".jpg": "image/jpeg", ".json": "application/json",
		".pdf": "application/pdf", ".png": "image/png", ".svg": "image/svg+xml", ".txt": "text/plain", ".xml": "application/xml", ".zip": "application/zip",
	}[strings.ToLower(path.Ext(o.Key))]
	o.ContentType = cmp.Or(o.ContentType, "application/octet-stream")
	return o
}

// change returns the first change that the trigger asks for, of the document with
// the id that the data has.
func change(t native.Trigger, data []byte) (native.Occurrence, error) {
	fields, err := native.Document(data)
	if err != nil {
		return nil, err
	}
	if fields == nil {
		fields = native.Map{"state": "new", "number": native.Number("1")}
	}
	before := native.Map{"state": "old", "number": native.Number("0")}
	// DynamoDB holds a document's key in fields of its own.
	names := t.Keys
	if len(names) == 0 {
		names = []string{"id"}
	}
	key := make([]string, len(names))
	for i, name := range names {
		value, _ := fields[name].(string)
		key[i] = cmp.Or(value, "sample-1")
	}
	switch {
	case t.Created || !t.Updated && !t.Deleted:
		return native.Change{Kind: native.Created, Key: key, After: fields}, nil
	case t.Updated:
		return native.Change{Kind: native.Updated, Key: key, Before: before, After: fields}, nil
	}
	return native.Change{Kind: native.Deleted, Key: key, Before: fields}, nil
}

// event returns an event of the trigger's type. What an AWS service publishes is
// no CloudEvent.
func event(t native.Trigger, at time.Time, data []byte) native.Event {
	if data == nil {
		data = []byte(document)
	}
	e := native.Event{
		Attributes: map[string]string{
			"specversion": "1.0", "id": "sample-" + at.UTC().Format("20060102T150405.000"),
			"source": cmp.Or(t.Source, "/sample"), "type": t.Name, "subject": "sample-1", "time": at.UTC().Format(time.RFC3339),
			"datacontenttype": "application/json",
		},
		Data: data,
	}
	if strings.HasPrefix(t.Source, "aws.") {
		delete(e.Attributes, "id") // the bus gives one
		e.Native = true
	}
	return e
}
