package conformance

import (
	"maps"
	"slices"
	"time"
)

// A Directive is what a function asks for.
type Directive struct {
	Trigger string // queue, topic, …
	Name    string // the queue's, topic's, bucket's, collection's, stream's or function's; the event's type
	Content string // content=
	FIFO    bool
	Letters bool // of a queue

	Created, Updated, Deleted bool   // of objects and documents
	Prefix, Suffix            string // of objects
	Source                    string // of events

	Retries      int // tries in the process, where nobody delivers again
	NoDeadLetter bool
}

// An Occurrence is something that happens, and what a function with the
// directive has to make of it.
type Occurrence struct {
	Name      string // TRIGGER/what is special, unique
	Directive Directive
	Records   []Record // in the order in which they happened
	Batches   []Batch  // of several records; one alone is put through every outcome
}

// A Record is one thing that happened. One of the six members that say what is
// set: Message on a queue, a topic and a stream.
type Record struct {
	Message *Message
	Object  *Object
	Tick    *Tick
	Change  *Change
	Event   *CloudEvent
	Request *Request

	Fate   Fate
	FateOn map[string]Fate // on platforms where it is another
	Want   Event           // if it is handled
}

// fate returns what becomes of the record on the platform.
func (r Record) fate(platform string) Fate {
	if f, ok := r.FateOn[platform]; ok {
		return f
	}
	return r.Fate
}

// A Fate is what becomes of a record before any handler sees it.
type Fate uint8

const (
	Handled   Fate = iota // the handler gets it
	Ignored               // the directive does not ask for it; acknowledged
	Refused               // it can never be handled; no handler sees it
	Postponed             // the setting is at fault; no handler sees it before that is mended
)

// An Event is what a handler gets.
type Event struct {
	Type, Subject, ContentType, Data string

	// Extensions by name; "" stands for a value of the platform's own.
	Extensions map[string]string

	// The attributes of what already is a CloudEvent. The platform's own count
	// if ID is "".
	ID, Source string
	Time       time.Time

	// Partial is the data where the platform knows no images of a document.
	Partial string
}

// A Message is what was sent to a queue or a topic, or put into a stream.
type Message struct {
	Body        []byte
	ContentType string // the sender's attribute content-type
	Key         string // the order group
	TraceParent string
	TraceState  string
	Binary      map[string]string // the attributes of a CloudEvent in binary mode, without a prefix
	Damaged     bool              // it arrives as what the platform's record cannot be decoded from
}

// An Object is an object of a store that was changed.
type Object struct {
	Key     string
	Size    int64 // bytes
	Deleted bool
	Expired bool // deleted by a rule of the bucket, or archived by one that keeps versions
	Other   bool // something else happened to it: it moved to another storage class
	Damaged bool // what arrives does not name the object
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
	Kind   ChangeKind
	Key    []string // one value, or two of a composite key
	Before map[string]Value
	After  map[string]Value

	Damaged bool // it arrives as what cannot be decoded
}

// A ChangeKind is what happened to a document.
type ChangeKind uint8

const (
	Created ChangeKind = iota
	Updated
	Deleted
)

// A CloudEvent is an event that was published.
type CloudEvent struct {
	Attributes map[string]string // of the binary mode, without a prefix
	Data       []byte
	Structured string // the same in structured mode
	Native     bool   // published in the platform's own form, which is none of CloudEvents
}

// A Request is an HTTP request.
type Request struct {
	Method, Path string
	Header       map[string]string
	Body         []byte
}

// Value is a value of a document: nil, bool, string, or one of the types below.
type Value any

type (
	Number    string // a decimal number's token
	Bytes     []byte
	List      []Value
	Map       map[string]Value
	Set       []Value // of strings, numbers or bytes
	Double    float64 // a number that is a double whatever its value
	Timestamp time.Time
	Reference string // the path of a document in the same database
	Point     struct{ Latitude, Longitude float64 }
	Unknown   struct{} // of a kind that is invented later
)

// Names returns the names of a document's fields, or of anything else that has
// names, sorted.
func Names[V any](fields map[string]V) []string { return slices.Sorted(maps.Keys(fields)) }

// Occurrences returns the table.
func Occurrences() []Occurrence {
	return slices.Concat(queues(), queueEvents(), deadLetters(), topics(), objects(), ticks(), changes(), documents(), streams(), events(), requests())
}

// ticks returns the firings of the schedule of the function nightly.
func ticks() []Occurrence {
	tick := func(name string, t Tick, data string) Occurrence {
		return Occurrence{Name: "schedule/" + name, Directive: Directive{Trigger: "schedule", Name: "nightly"}, Records: []Record{{
			Tick: &t, Want: Event{Type: "dev.fngen.schedule.fired.v1", Subject: "nightly", ContentType: jsonType, Data: data},
		}}}
	}
	foreign := tick("of another function", Tick{Name: "hourly", Scheduled: "2026-03-29T00:30:00Z"}, "")
	foreign.Records[0].Fate = Refused
	return []Occurrence{
		tick("plain", Tick{Name: "nightly", Scheduled: "2026-03-29T00:30:00Z"}, `{"name":"nightly","scheduled":"2026-03-29T00:30:00Z","approximate":false}`),
		tick("in another time zone", Tick{Name: "nightly", Scheduled: "2026-03-29T04:30:00+02:00"}, `{"name":"nightly","scheduled":"2026-03-29T02:30:00Z","approximate":false}`),
		tick("with a fraction of a second", Tick{Name: "nightly", Scheduled: "2026-03-29T00:30:00.987654Z"}, `{"name":"nightly","scheduled":"2026-03-29T00:30:00Z","approximate":false}`),
		tick("without a time", Tick{Name: "nightly"}, `{"name":"nightly","scheduled":"","approximate":true}`),
		foreign,
	}
}
