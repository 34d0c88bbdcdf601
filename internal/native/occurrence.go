package native

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// An Occurrence is something that happens: a [Message], a [Record], an
// [Object], a [Change], a [Tick], an [Event] or a [Request].
//
// What is Damaged arrives as what the platform's record cannot be decoded from.
type Occurrence interface {
	// isOf reports whether triggers of the kind are fed by such a thing.
	isOf(kind string) bool
}

// A Message is what was sent to a queue or a topic.
type Message struct {
	Body        []byte
	ContentType string // the sender's attribute content-type
	Key         string // the order group
	TraceParent string
	TraceState  string
	Attributes  map[string]string // the sender's others
	Binary      map[string]string // the attributes of a CloudEvent in binary mode, without a prefix
	Direct      bool              // was sent to the queue itself, past the service in whose envelopes others come
	Damaged     bool
}

// All returns the sender's attributes by name, without those of a CloudEvent in
// binary mode.
func (m Message) All() map[string]string {
	out := maps.Clone(m.Attributes)
	if out == nil {
		out = map[string]string{}
	}
	for name, value := range map[string]string{"content-type": m.ContentType, "traceparent": m.TraceParent, "tracestate": m.TraceState} {
		if value != "" {
			out[name] = value
		}
	}
	return out
}

// A Record is what was put into a stream.
type Record struct {
	Data    []byte
	Key     string // the partition key
	Damaged bool
}

// An Object is an object of a store that was changed.
type Object struct {
	Key     string
	Size    int64 // bytes
	Deleted bool
	Expired bool // deleted by a rule of the bucket, or archived by one that keeps versions
	Other   bool // something else happened to it: it moved to another storage class
	Damaged bool // what arrives does not name the object

	ContentType string // image/png if empty; only Google Cloud tells it
	ETag        string // made up if empty
}

// A Tick is one time that a schedule fires.
type Tick struct {
	Name      string // of the function that it is meant for
	Scheduled string // RFC 3339; "" if the scheduler does not say
}

// Time returns the scheduled time as ticks have it, in UTC and whole seconds;
// zero if the scheduler does not say.
func (t Tick) Time() time.Time {
	at, err := time.Parse(time.RFC3339, t.Scheduled)
	if err != nil {
		return time.Time{}
	}
	return at.UTC().Truncate(time.Second)
}

// A Change is a change of a document.
type Change struct {
	Kind          ChangeKind
	Key           []string // one value, or two of a composite key
	Before, After Map      // nil for no image

	Revision string // of CouchDB, which then tells this one; made up if empty
	Damaged  bool
}

// A ChangeKind is what happened to a document.
type ChangeKind uint8

// The kinds of changes.
const (
	Created ChangeKind = iota
	Updated
	Deleted
)

// String returns the kind in lower case.
func (k ChangeKind) String() string { return [...]string{"created", "updated", "deleted"}[k] }

// An Event is an event that was published. Either of Attributes with Data, and
// Structured may be left out: the other says the same.
type Event struct {
	Attributes map[string]string // of the binary mode, without a prefix
	Data       []byte
	Structured string // the same in structured mode
	Native     bool   // published in the platform's own form, which is none of CloudEvents
}

// A Request is an HTTP request.
type Request struct {
	Method string
	Target string // path and query, encoded
	Host   string // shop.example if empty
	Header http.Header
	Body   []byte
}

func (Message) isOf(kind string) bool { return kind == "queue" || kind == "topic" }
func (Record) isOf(kind string) bool  { return kind == "stream" }
func (Object) isOf(kind string) bool  { return kind == "object" }
func (Tick) isOf(kind string) bool    { return kind == "schedule" }
func (Change) isOf(kind string) bool  { return kind == "document" }
func (Event) isOf(kind string) bool   { return kind == "event" }
func (Request) isOf(kind string) bool { return kind == "http" }

// FromHTTP returns the request, whose body it reads.
func FromHTTP(r *http.Request) (Request, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return Request{}, fmt.Errorf("read the request's body: %w", err)
		}
	}
	return Request{Method: r.Method, Target: r.URL.RequestURI(), Host: r.Host, Header: r.Header.Clone(), Body: body}, nil
}

// Text reports whether gateways have the body in a string as it is: by its
// content type, and since it is UTF-8.
func (r Request) Text() bool {
	return IsText(r.Header.Get("Content-Type")) && r.Header.Get("Content-Encoding") == "" && utf8.Valid(r.Body)
}

// IsText reports whether gateways take the content type for text.
func IsText(contentType string) bool {
	m, _, _ := strings.Cut(strings.ToLower(contentType), ";")
	m = strings.TrimSpace(m)
	return strings.HasPrefix(m, "text/") || slices.Contains([]string{
		"application/json", "application/javascript", "application/xml", "application/x-www-form-urlencoded",
	}, m) || strings.HasSuffix(m, "+json")
}

// Lower returns the headers as gateways send them: names in lower case, and the
// host among them.
func (r Request) Lower() map[string][]string {
	out := map[string][]string{"host": {r.Hostname()}}
	for name, values := range r.Header {
		lower := strings.ToLower(name)
		out[lower] = append(out[lower], values...)
	}
	return out
}

// Hostname returns the host that the client names.
func (r Request) Hostname() string {
	if r.Host == "" {
		return "shop.example"
	}
	return r.Host
}

// Complete returns the event with both of its forms.
func (e Event) Complete() (Event, error) {
	if e.Native {
		return e, nil
	}
	if e.Structured == "" {
		e.Structured = string(e.structured())
		return e, nil
	}
	if e.Attributes != nil {
		return e, nil
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal([]byte(e.Structured), &members); err != nil {
		return e, fmt.Errorf("read the event: %w", err)
	}
	e.Attributes = map[string]string{}
	for name, raw := range members {
		text, isText := string(raw), false
		if text == "null" {
			continue
		}
		if raw[0] == '"' {
			if err := json.Unmarshal(raw, &text); err != nil {
				return e, fmt.Errorf("read the event's %s: %w", name, err)
			}
			isText = true
		}
		switch name {
		case "data":
			e.Data = raw
			var contentType string
			_ = json.Unmarshal(members["datacontenttype"], &contentType) // absent is JSON
			if isText && contentType != "" && !isJSON(contentType) {
				e.Data = []byte(text)
			}
		case "data_base64":
			data, err := base64.StdEncoding.DecodeString(text)
			if err != nil {
				return e, fmt.Errorf("read the event's data_base64: %w", err)
			}
			e.Data = data
		default:
			e.Attributes[name] = text
		}
	}
	return e, nil
}

// structured returns the event in structured mode, whose attributes are all
// strings.
func (e Event) structured() json.RawMessage {
	var members []any
	for _, name := range Names(e.Attributes) {
		members = append(members, name, e.Attributes[name])
	}
	contentType := e.Attributes["datacontenttype"]
	switch {
	case e.Data == nil:
	case (contentType == "" || isJSON(contentType)) && json.Valid(e.Data):
		members = append(members, "data", json.RawMessage(e.Data))
	case utf8.Valid(e.Data) && contentType != "" && !isJSON(contentType):
		members = append(members, "data", string(e.Data))
	default:
		members = append(members, "data_base64", e.Data)
	}
	return JSON(members...)
}

func isJSON(contentType string) bool {
	m, _, _ := strings.Cut(strings.ToLower(contentType), ";")
	m = strings.TrimSpace(m)
	return m == "application/json" || m == "text/json" || strings.HasSuffix(m, "+json")
}
