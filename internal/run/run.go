// Package run carries events through a handler: what every provider shares
// between decoding a native payload and writing the native answer.
package run

import (
	"errors"
	"fmt"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/emit"
	"github.com/fngen/fngen/internal/logging"
	"github.com/fngen/fngen/internal/run/mark"
)

// A Record is one event of an invocation.
type Record struct {
	Event event.Event
	Err   error  // why the record does not decode; bad input unless marked otherwise, and Event is not valid
	Skip  bool   // the directive does not ask for it; acknowledged without a call
	Group string // records of one group are handled in order; "" is in none

	// NoRedelivery says that the platform delivers this record no more: a failure
	// that is worth another delivery goes to the dead letters too.
	NoRedelivery bool

	// Native names the record in errors and logs. One that is a [Native] describes
	// the delivery too; any other leaves it to the context around.
	Native fmt.Stringer

	context recordContext // for the handler
}

// A Native is a record as its platform has it, and the delivery of that. Its
// methods are called only when somebody asks, perhaps several times at once, and
// even after [Each] has returned, by a handler that has not: so they read no
// buffer that the platform's library uses again.
type Native interface {
	String() string // SQS record 3 (ID) for instance

	// Delivery says what the platform knows; secrets of the envelope are not in
	// it. One without a deadline gets the invocation's.
	Delivery() fn.Delivery

	// Raw returns the record's own bytes, without secrets of the envelope.
	Raw() []byte
}

// A Name names a record that describes no delivery.
type Name string

func (n Name) String() string { return string(n) }

// String names the record in errors and logs.
func (r *Record) String() string { return fmt.Sprint(r.Native) }

// Delivery serves [fn.DeliveryFrom].
func (r *Record) Delivery() fn.Delivery {
	native, ok := r.Native.(Native)
	if !ok {
		return fn.Delivery{}
	}
	d := native.Delivery()
	if reserved, ok := r.context.Context.(*Reserved); ok && d.Deadline.IsZero() {
		d.Deadline, _ = reserved.Context.Deadline()
	}
	return d
}

// LogEvent implements logging.Subject.
func (r *Record) LogEvent() logging.Event {
	subject, ok := r.Native.(logging.Subject)
	if !ok {
		subject, ok = r.context.Context.Value(logging.Key{}).(logging.Subject) // the request around
	}
	var e logging.Event
	if ok {
		e.Hop = subject.LogEvent().Hop
	}
	e.Attempt = r.Delivery().Attempt
	if r.Err == nil && r.Event.Context != nil {
		e.ID, e.Source, e.Type = r.Event.ID(), r.Event.Source(), r.Event.Type()
		e.Traceparent, _ = r.Event.Extensions()["traceparent"].(string)
	}
	return e
}

// Raw serves [fn.DeliveryFrom].
func (r *Record) Raw() []byte {
	if native, ok := r.Native.(Native); ok {
		return native.Raw()
	}
	return nil
}

// A Policy says what becomes of the events that fail.
type Policy struct {
	Concurrency  int                         // groups handled at once; below 1 means 1
	Retries      int                         // tries in this process after the first
	Backoff      func(try int) time.Duration // the wait before try, counted from 1; nil for none
	NoDeadLetter bool                        // deadletter none: what cannot succeed is logged whole and discarded
	DeadLetter   *emit.DeadLetter            // where else that goes; nil leaves it to the platform, which delivers again
	NoRedelivery bool                        // of no record: what failed goes to the dead letters, or is logged whole and discarded

	// PlatformDeadLetters says that the platform keeps what fails again and again
	// whole, by a policy of its own: an event whose letter is refused for good is
	// left to that.
	PlatformDeadLetters bool
}

// An Outcome is what the platform is told of a record.
type Outcome uint8

const (
	Retry        Outcome = iota // not handled, or not to the end: deliver again
	Done                        // handled, or not asked for
	Discarded                   // given up for good, and logged whole by Each
	DeadLettered                // given up for good, and written to the dead letters: whole, or without data and logged whole by Each
)

// A Result is the outcome of one record.
type Result struct {
	Outcome Outcome
	Err     error        // nil only when Done; its methods are our own
	Late    bool         // the time was up when it failed
	Reply   *event.Event // nil for none

	tries int // that have begun, of a record that is not decided on yet
}

var (
	errNotStarted = errors.New("not started: the time left is kept to answer the platform")
	errExited     = errors.New("the handler has ended its goroutine")
)

// ErrNotReturned is the error of a handler that is late: it is answered for
// while it still runs.
var ErrNotReturned = errors.New("the handler has not returned in time")

// Kind returns the meaning of a handler's error and, for a retry, the hint.
func Kind(err error) (mark.Kind, time.Duration) { return mark.Of(err) }
