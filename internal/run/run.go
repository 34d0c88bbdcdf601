// Package run carries events through a handler: what every provider shares
// between decoding a native payload and writing the native answer.
package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/emit"
	"github.com/fngen/fngen/internal/run/mark"
	"github.com/fngen/fngen/internal/wait"
)

// A Record is one event of an invocation.
type Record struct {
	Event event.Event
	Err   error  // why the record does not decode; bad input unless marked otherwise, and Event is not valid
	Skip  bool   // the directive does not ask for it; acknowledged without a call
	Name  string // how errors and logs name it, SQS record 3 for instance; see String
	Group string // records of one group are handled in order; "" is in none
	Last  bool   // nobody delivers it again: a failure that is worth another delivery goes to the dead letters too

	// Describe says what the platform knows of the delivery, and the record's
	// own bytes; secrets of the carrier are in neither. It is called only when
	// somebody asks, perhaps several times at once, and even after [Each] has
	// returned, by a handler that has not: so it reads no buffer that the
	// platform's library uses again. A delivery without a deadline gets the
	// invocation's. Nil leaves it to the context around.
	Describe func() (fn.Delivery, []byte)

	// Raw takes the place of the bytes that Describe returns where they cost
	// something to make.
	Raw func() []byte

	// Native takes the place of Name, Describe and Raw where it costs less than
	// to make those for each record. The same holds for its methods.
	Native Native

	context recordContext // for the handler
}

// Native is what a record is to its platform.
type Native interface {
	String() string
	Delivery() fn.Delivery
	Raw() []byte
}

// A Renewer is a Native that makes the record's event once more, as it was
// before a handler had it. It is called only if the event is valid, perhaps
// while a handler has it.
type Renewer interface {
	Renew() (event.Event, error)
}

// String names the record in errors and logs.
func (r *Record) String() string {
	if r.Native != nil {
		return r.Native.String()
	}
	return r.Name
}

// Delivery serves [fn.DeliveryFrom].
func (r *Record) Delivery() (fn.Delivery, func() []byte) {
	d, raw := r.describe()
	if d.Deadline.IsZero() {
		d.Deadline = r.deadline()
	}
	return d, raw
}

// deadline returns that of the invocation; zero for none.
func (r *Record) deadline() time.Time {
	if reserved, ok := r.context.Context.(*Reserved); ok {
		deadline, _ := reserved.Context.Deadline()
		return deadline
	}
	return time.Time{}
}

func (r *Record) describe() (fn.Delivery, func() []byte) {
	if r.Native != nil {
		return r.Native.Delivery(), r.Native.Raw
	}
	var d fn.Delivery
	var raw []byte
	if r.Describe != nil {
		d, raw = r.Describe()
	}
	if r.Raw != nil {
		return d, r.Raw
	}
	return d, func() []byte { return raw }
}

// A Policy says what becomes of the events that fail.
type Policy struct {
	Concurrency  int                         // groups handled at once; below 1 means 1
	Retries      int                         // tries in this process after the first
	Backoff      func(try int) time.Duration // the wait before try, counted from 1; nil for none
	NoDeadLetter bool                        // deadletter none: what cannot succeed is logged whole and dropped
	DeadLetter   *emit.DeadLetter            // where else that goes; nil leaves it to the platform, which delivers again
	Final        bool                        // nobody delivers again: what failed goes to the dead letters, or is logged whole and dropped
}

// An Outcome is what the platform is told of a record.
type Outcome uint8

const (
	Retry    Outcome = iota // not handled, or not to the end: deliver again
	Done                    // handled, or not asked for
	Dropped                 // given up for good, and logged whole by Each
	Lettered                // given up for good, and written to the dead letters
)

// A Result is the outcome of one record.
type Result struct {
	Outcome Outcome
	Err     error        // nil only when Done
	Late    bool         // the time was up when it failed
	Reply   *event.Event // nil for none
}

var (
	errNotStarted  = errors.New("not started: the time left is kept to answer the platform")
	errNotReturned = errors.New("the handler has not returned in time")
	errExited      = errors.New("the handler has ended its goroutine")
)

// Kind returns the meaning of a handler's error and, for a retry, the hint.
func Kind(err error) (mark.Kind, time.Duration) {
	var m *mark.Error
	if errors.As(err, &m) {
		return m.Kind, m.After
	}
	return mark.Retry, 0
}

// Call hands the event to the handler once. A panic becomes an error; a
// runtime.Goexit is logged and ends the caller's goroutine all the same.
func Call(ctx context.Context, h fn.Handler, r *Record, e event.Event) (reply *event.Event, err error) {
	return call(&recordContext{ctx, r}, h, r, &e)
}

func call(ctx context.Context, h fn.Handler, r *Record, e *event.Event) (reply *event.Event, err error) {
	if r.Err != nil {
		return nil, undecodable(r.Err)
	}
	returned := false
	defer func() {
		if !returned {
			reply, err = nil, panicked(ctx, r, recover())
		}
	}()
	reply, err = h.Handle(ctx, *e)
	returned = true
	return reply, err
}

// undecodable returns the error of a record, bad input unless it is marked.
func undecodable(err error) error {
	if m := (*mark.Error)(nil); errors.As(err, &m) {
		return err
	}
	return fn.BadInput(err)
}

// panicked logs what a handler has panicked with, nil if it ends its goroutine,
// and returns the error that stands for it.
func panicked(ctx context.Context, r *Record, p any) error {
	if p == nil {
		p = "runtime.Goexit"
	}
	slog.ErrorContext(ctx, "handler panicked", "record", r.String(), "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
	return fmt.Errorf("panic: %v", p)
}

// A Request is what a provider knows of an HTTP request that is to become an
// event. It is at hand without the cost of a delivery.
type Request struct {
	ID     string // never the client's
	Source string // "" where the platform does not say
}

// A Delivered describes a delivery, for [fn.DeliveryFrom]; a [Record] does.
type Delivered interface {
	Delivery() (d fn.Delivery, raw func() []byte)
}

// WithRequest returns the context of an HTTP request, in which
// [fn.DeliveryFrom] describes d and [RequestFrom] returns q.
func WithRequest(ctx context.Context, d Delivered, q Request) context.Context {
	return &RequestContext{ctx, d, q}
}

// RequestContext is what [WithRequest] returns, for those who have a place for
// it.
type RequestContext struct {
	context.Context
	Delivered Delivered
	Request   Request
}

// Value implements context.Context.
func (c *RequestContext) Value(key any) any {
	switch key {
	case requestKey{}:
		return &c.Request
	case mark.DeliveryKey{}:
		return c.Delivered
	}
	return c.Context.Value(key)
}

type requestKey struct{}

// RequestFrom returns what a provider said of the request, the zero Request
// outside of one.
func RequestFrom(ctx context.Context) Request {
	if q, ok := ctx.Value(requestKey{}).(*Request); ok {
		return *q
	}
	return Request{}
}

// recordContext is the context of one record's handler.
type recordContext struct {
	context.Context
	record *Record
}

func (c *recordContext) Value(key any) any {
	if key == (mark.DeliveryKey{}) && (c.record.Native != nil || c.record.Describe != nil) {
		return c.record
	}
	return c.Context.Value(key)
}

// handle brings one record to its outcome while others wait for their turn.
func handle(h fn.Handler, p *Policy, r *Record, others int) Result {
	if r.Skip {
		return Result{Outcome: Done}
	}
	for try := 0; ; try++ {
		reply, err := p.try(h, r, try)
		if err == nil {
			return Result{Outcome: Done, Reply: reply}
		}
		if result, again := p.failed(r, err, try, others); !again {
			return result
		}
	}
}

// try hands the event to the handler, or another like it if it is needed again:
// copies of an event share their attributes.
func (p *Policy) try(h fn.Handler, r *Record, try int) (*event.Event, error) {
	_, renews := r.Native.(Renewer)
	again := p.Retries > try || p.NoDeadLetter || p.Final || p.DeadLetter != nil
	switch {
	case r.Err != nil, !again && !renews, try == 0 && renews:
		return call(&r.context, h, r, &r.Event)
	case renews:
		return callOther(h, r, r.original())
	}
	return callOther(h, r, r.Event.Clone())
}

func callOther(h fn.Handler, r *Record, e event.Event) (*event.Event, error) {
	return call(&r.context, h, r, &e)
}

// original returns the event as it was before a handler had it.
func (r *Record) original() event.Event {
	if renewer, ok := r.Native.(Renewer); ok && r.Err == nil {
		if e, err := renewer.Renew(); err == nil {
			return e
		}
	}
	return r.Event
}

// failed returns what becomes of a record whose try has failed, or reports that
// it is to be tried again, after a wait.
func (p *Policy) failed(r *Record, err error, try, others int) (result Result, again bool) {
	ctx := r.context.Context
	slog.ErrorContext(ctx, "event failed", "record", r.String(), "error", fmt.Sprint(err))
	kind, after := Kind(err)
	if kind == mark.Retry && try < p.Retries && pause(ctx, p, try+1, after, others) {
		return Result{}, true
	}
	return Result{Outcome: giveUp(ctx, p, r, kind, try+1, err), Err: err, Late: errors.Is(ctx.Err(), context.DeadlineExceeded)}, false
}

// giveUp returns what becomes of a record that failed and is not tried again
// in this process.
func giveUp(ctx context.Context, p *Policy, r *Record, kind mark.Kind, tries int, cause error) Outcome {
	hopeless := kind != mark.Retry || r.Last || p.Final
	if hopeless && p.DeadLetter != nil {
		err := writeLetter(ctx, p.DeadLetter, r, tries, cause)
		if err == nil {
			return Lettered
		}
		slog.ErrorContext(ctx, "dead letter not written", "record", r.String(), "error", err.Error())
	}
	if p.Final || p.NoDeadLetter && kind != mark.Retry {
		return Dropped
	}
	return Retry
}

// writeLetter has the time for it that is kept to answer the platform.
func writeLetter(ctx context.Context, to *emit.DeadLetter, r *Record, tries int, cause error) error {
	if reserved, ok := ctx.(*Reserved); ok && !reserved.AnswerBy.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(reserved.Context, reserved.AnswerBy)
		defer cancel()
	}
	d, raw := r.Delivery()
	e := r.original()
	if r.Err != nil {
		e = to.Undecodable(cmp.Or(d.NativeID, r.String()), raw())
	}
	return to.Write(ctx, e, max(d.Attempt, tries), cause)
}

// pause waits before the try and reports whether there is time for it. While
// others wait for their turn it is cut to the record's share of the time left,
// so that one record's hint does not cost the others theirs.
func pause(ctx context.Context, p *Policy, try int, hint time.Duration, others int) bool {
	d := hint
	if p.Backoff != nil {
		d = max(d, p.Backoff(try))
	}
	if deadline, ok := ctx.Deadline(); ok && others > 0 {
		d = min(d, time.Until(deadline)/time.Duration(others+1))
	}
	return wait.For(ctx, d)
}
