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

// recordContext is the context of one record's handler.
type recordContext struct {
	context.Context
	record *Record
}

func (c *recordContext) Value(key any) any {
	if key == (mark.DeliveryKey{}) {
		if _, ok := c.record.Native.(Native); ok {
			return c.record
		}
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

// try hands the event to the handler once. Where the event is needed again the
// handler gets a copy: copies without Clone share their attributes.
func (p *Policy) try(h fn.Handler, r *Record, try int) (reply *event.Event, err error) {
	if r.Err != nil {
		return nil, undecodable(r.Err)
	}
	e := r.Event
	if p.Retries > try || p.NoDeadLetter || p.NoRedelivery || p.DeadLetter != nil {
		e = r.Event.Clone()
	}
	returned := false
	defer func() {
		if !returned {
			reply, err = nil, panicked(&r.context, r, recover())
		}
	}()
	reply, err = h.Handle(&r.context, e)
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

// failed returns what becomes of a record whose try has failed, or reports that
// it is to be tried again, after a wait.
func (p *Policy) failed(r *Record, err error, try, others int) (result Result, again bool) {
	ctx := r.context.Context
	logFailed(ctx, r, err)
	kind, after := Kind(err)
	if kind == mark.Retry && try < p.Retries && pause(ctx, p, try+1, after, others) {
		return Result{}, true
	}
	return Result{Outcome: giveUp(ctx, p, r, kind, try+1, err), Err: err, Late: errors.Is(ctx.Err(), context.DeadlineExceeded)}, false
}

func logFailed(ctx context.Context, r *Record, err error) {
	slog.ErrorContext(ctx, "event failed", "record", r.String(), "error", fmt.Sprint(err))
}

// giveUp returns what becomes of a record that failed and is not tried again
// in this process.
func giveUp(ctx context.Context, p *Policy, r *Record, kind mark.Kind, tries int, cause error) Outcome {
	hopeless := kind != mark.Retry || r.NoRedelivery || p.NoRedelivery
	if hopeless && p.DeadLetter != nil {
		err := writeLetter(ctx, p.DeadLetter, r, tries, cause)
		if err == nil {
			return DeadLettered
		}
		slog.ErrorContext(ctx, "dead letter not written", "record", r.String(), "error", err.Error())
	}
	if p.NoRedelivery || p.NoDeadLetter && kind != mark.Retry {
		return Discarded
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
	d, e := r.Delivery(), r.Event
	if r.Err != nil {
		e = to.Undecodable(cmp.Or(d.NativeID, r.String()), r.Raw())
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
