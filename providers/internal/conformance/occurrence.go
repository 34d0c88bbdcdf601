package conformance

import (
	"slices"
	"time"

	"github.com/fngen/fngen/internal/native"
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

// A Record is one thing that happened.
type Record struct {
	What native.Occurrence

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

// What happens, in the words of the library that encodes it.
type (
	Message    = native.Message
	Object     = native.Object
	Tick       = native.Tick
	Change     = native.Change
	CloudEvent = native.Event

	Number    = native.Number
	Bytes     = native.Bytes
	List      = native.List
	Map       = native.Map
	Set       = native.Set
	Double    = native.Double
	Timestamp = native.Timestamp
	Reference = native.Reference
	Point     = native.Point
	Unknown   = native.Unknown
	Value     = native.Value
)

// The kinds of changes.
const (
	Created = native.Created
	Updated = native.Updated
	Deleted = native.Deleted
)

// Happened is when everything happens.
var Happened = time.Date(2026, 3, 1, 12, 0, 0, 123000000, time.UTC)

// Native returns the occurrence as the encoders take it: each record is
// delivered for the second time.
func (o Occurrence) Native() (native.Trigger, []native.Delivery) {
	d := o.Directive
	t := native.Trigger{
		Kind: d.Trigger, Name: d.Name, Content: d.Content, FIFO: d.FIFO, Letters: d.Letters,
		Created: d.Created, Updated: d.Updated, Deleted: d.Deleted, Prefix: d.Prefix, Suffix: d.Suffix, Source: d.Source,
	}
	var out []native.Delivery
	for i, r := range o.Records {
		out = append(out, native.Delivery{Occurrence: r.What, Number: int64(i + 1), Time: Happened, Attempt: 2})
	}
	return t, out
}

// refused returns the occurrence as one of which no handler sees the first record.
func refused(o Occurrence) Occurrence {
	o.Records[0].Fate = Refused
	return o
}

// Occurrences returns the table.
func Occurrences() []Occurrence {
	return slices.Concat(queues(), queueEvents(), deadLetters(), topics(), objects(), ticks(), changes(), documents(), streams(), events(), requests())
}

// ticks returns the firings of the schedule of the function nightly.
func ticks() []Occurrence {
	tick := func(name string, t Tick, data string) Occurrence {
		return Occurrence{Name: "schedule/" + name, Directive: Directive{Trigger: "schedule", Name: "nightly"}, Records: []Record{{
			What: t, Want: Event{Type: "dev.fngen.schedule.fired.v1", Subject: "nightly", ContentType: jsonType, Data: data},
		}}}
	}
	return []Occurrence{
		tick("plain", Tick{Name: "nightly", Scheduled: "2026-03-29T00:30:00Z"}, `{"name":"nightly","scheduled":"2026-03-29T00:30:00Z","approximate":false}`),
		tick("in another time zone", Tick{Name: "nightly", Scheduled: "2026-03-29T04:30:00+02:00"}, `{"name":"nightly","scheduled":"2026-03-29T02:30:00Z","approximate":false}`),
		tick("with a fraction of a second", Tick{Name: "nightly", Scheduled: "2026-03-29T00:30:00.987654Z"}, `{"name":"nightly","scheduled":"2026-03-29T00:30:00Z","approximate":false}`),
		tick("without a time", Tick{Name: "nightly"}, `{"name":"nightly","scheduled":"","approximate":true}`),
		refused(tick("of another function", Tick{Name: "hourly", Scheduled: "2026-03-29T00:30:00Z"}, "")),
	}
}
