package run

import (
	"context"
	"errors"
	"sync"
	"time"
)

// ErrStuck says why a process ends itself.
var ErrStuck = errors.New("a call has not returned while three later ones became late too: the process ends, so that the platform starts it anew")

// maxLater is how many later calls become late before a call that has not
// returned is taken for one that never will: a mutex that is left locked makes
// all of them late. Calls are counted, since a clock goes on while a platform
// freezes the process.
const maxLater = 3

// Watch returns a context for calls, within which a process is found that cannot
// heal: one call is late and has not returned, while maxLater that began after
// that have become late too. stuck is called then, once, before the last of them
// is answered for, and with its context.
//
// What starts a process watches its calls. The seams that tests use do not.
func Watch(ctx context.Context, stuck func(context.Context)) context.Context {
	return &watch{Context: ctx, stuck: stuck, late: map[*lateCall]bool{}}
}

type watch struct {
	context.Context
	stuck func(context.Context)

	mu    sync.Mutex
	count int                // of calls that were late
	late  map[*lateCall]bool // those that have not returned
	ended bool               // stuck was called
}

type lateCall struct {
	number int // from 1
	later  int // calls that began when it was late, and became late
}

// Value implements context.Context.
func (w *watch) Value(key any) any {
	if key == (reservedKey{}) {
		return w
	}
	return w.Context.Value(key)
}

// begin returns the number of calls that are late before this one.
func (w *watch) begin() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.count
}

// overdue notes that the call of ctx is late, which began after so many were;
// returned returns when it has.
func (w *watch) overdue(ctx context.Context, before int, returned func()) {
	w.mu.Lock()
	w.count++
	call, stuck := &lateCall{number: w.count}, false
	for earlier := range w.late {
		if earlier.number <= before {
			earlier.later++
			stuck = stuck || earlier.later >= maxLater
		}
	}
	w.late[call] = true
	stuck = stuck && !w.ended
	w.ended = w.ended || stuck
	w.mu.Unlock()
	go func() {
		returned()
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.late, call)
	}()
	if stuck {
		w.stuck(ctx)
	}
}

// Overdue notes that a call with the reserved time is answered for; returned
// returns when it has returned. [Reserved.Run] does so itself.
func (r *Reserved) Overdue(returned func()) {
	if r.watch != nil {
		r.watch.overdue(r.Context, r.before, returned)
	}
}

// attention is how long a call that nobody answers for may go on after the end
// of its context before it counts as late.
const attention = time.Second

// Attend watches a call that nobody answers for. The caller calls returned when
// it has returned.
func Attend(ctx context.Context) (returned func()) {
	w, _ := ctx.Value(reservedKey{}).(*watch)
	if w == nil {
		return func() {}
	}
	before, ended := w.begin(), make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		if ctx.Err() != context.DeadlineExceeded {
			return
		}
		select {
		case <-ended:
		case <-time.After(attention):
			w.overdue(ctx, before, func() { <-ended })
		}
	})
	return func() {
		stop()
		close(ended)
	}
}
