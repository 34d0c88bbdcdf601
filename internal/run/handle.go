package run

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/logging"
	"github.com/fngen/fngen/internal/run/mark"
	"github.com/fngen/fngen/internal/wait"
)

// recordContext is the context of one record's handler.
type recordContext struct {
	context.Context
	record *Record
}

func (c *recordContext) Value(key any) any {
	switch key {
	case logging.Key{}:
		return c.record
	case mark.DeliveryKey{}:
		if _, ok := c.record.Native.(Native); ok {
			return c.record
		}
	}
	return c.Context.Value(key)
}

// A worker hands one record after another to the handler. Where it is does not
// depend on its stack, since a handler may end the goroutine.
type worker struct {
	*batch
	rest   []int // of the group, after index
	index  int   // of the record
	try    int   // of it, from 0
	again  bool  // it is to be tried once more
	others int   // records that wait for their turn
}

// work handles records until none is left or the time is up.
func (w *worker) work() {
	ended := false
	defer func() {
		if ended {
			return
		}
		if p := recover(); p != nil { // not the handler's, which attempt recovers: that of a context for instance
			w.set(w.index, Result{Outcome: Retry, Err: panicked(&w.reserved, &w.records[w.index], p)})
		}
		w.work() // the goroutine is ending: only deferred calls still run
	}()
	for w.again || w.next() {
		w.attempt()
	}
	ended = true
}

// next goes on to the next record, if there is one and time for it.
func (w *worker) next() bool {
	w.try = 0
	if len(w.rest) > 0 {
		w.index, w.rest = w.rest[0], w.rest[1:]
	} else {
		g := int(w.batch.next.Add(1)) - 1
		if g >= w.count() {
			return false
		}
		w.index = g
		if w.groups != nil {
			w.index, w.rest = w.groups[g][0], w.groups[g][1:]
		}
	}
	if w.reserved.Err() != nil {
		return false
	}
	w.begin()
	w.others = len(w.records) - int(w.begun.Add(1))
	return true
}

// begin notes that a try begins: until it ends the handler has not returned.
func (w *worker) begin() {
	w.set(w.index, Result{Outcome: Retry, Err: ErrNotReturned, Late: true, tries: w.try + 1})
}

// attempt hands the record to the handler once, and sees to what comes of that,
// even if the handler panics or ends its goroutine.
func (w *worker) attempt() {
	w.again = false
	r := &w.records[w.index]
	if r.Skip {
		w.set(w.index, Result{Outcome: Done})
		return
	}
	if r.Err != nil {
		w.failed(undecodable(r.Err))
		return
	}
	var reply *event.Event
	var err error
	returned := false
	defer func() {
		if !returned {
			reply, err = nil, panicked(&r.context, r, recover())
		}
		if err != nil {
			w.failed(err)
			return
		}
		w.set(w.index, Result{Outcome: Done, Reply: reply})
	}()
	reply, err = w.handler.Handle(&r.context, w.event(r))
	err = mark.Settled(err)
	returned = true
}

// event returns the event for the handler. Where it is needed again that is a
// copy: copies without Clone share their attributes.
func (w *worker) event(r *Record) event.Event {
	if p := &w.policy; p.Retries > w.try || p.NoDeadLetter || p.NoRedelivery || p.DeadLetter != nil {
		return r.Event.Clone()
	}
	return r.Event
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
	text, err := "runtime.Goexit", errExited
	if p != nil {
		text = mark.Text(p)
		err = fmt.Errorf("panic: %s", text)
	}
	mark.Log(ctx, "handler panicked", "record", r.String(), "panic", text, "stack", string(debug.Stack()))
	return err
}

// failed sees to the record whose attempt has failed: it is tried again, after a
// wait, or given up. Nothing is decided for a record that is answered for.
func (w *worker) failed(err error) {
	r, p, ctx := &w.records[w.index], &w.policy, &w.reserved
	logFailed(&r.context, r, err)
	kind, after := Kind(err)
	if kind == mark.Retry && w.try < p.Retries && pause(ctx, p, w.try+1, after, w.others) {
		w.again, w.try = true, w.try+1
		w.begin()
		return
	}
	if w.isFinished() {
		return
	}
	outcome, whole := w.fate(r, w.try+1, err, ctx.AnswerBy)
	result := Result{Outcome: outcome, Err: err, Late: errors.Is(ctx.Err(), context.DeadlineExceeded)}
	if w.set(w.index, result) && whole {
		logWhole(&r.context, r, err)
	}
	if outcome == Retry {
		w.rest = nil // what follows in the group is not started
	}
}

func logFailed(ctx context.Context, r *Record, err error) {
	mark.Log(ctx, "event failed", "record", r.String(), "error", err.Error())
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
