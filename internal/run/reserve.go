package run

import (
	"context"
	"sync"
	"time"
)

// Reserved is the context for handlers, which ends early enough to answer the
// platform before the context around it does. It costs no timer before somebody
// asks for Done.
type Reserved struct {
	context.Context // around

	// AnswerBy is when to answer the platform, whether or not the handlers
	// have returned; zero if the context around has no deadline.
	AnswerBy time.Time

	end    time.Time // of the context for handlers, by the monotonic clock too; zero without a deadline
	nested bool      // who reserved the time of a context around waits until AnswerBy
	watch  *watch    // nil for none
	before int       // calls that were late when this one began

	mu     sync.Mutex
	over   bool            // End was called
	inner  context.Context // the same with a timer, once it is needed
	cancel context.CancelFunc
}

// Reserve takes time from ctx to answer the platform: a tenth of what is left,
// at least 0.5 s, at most 5 s and never more than half. Within such a context
// Reserve takes nothing more. The caller calls End when the handlers have
// returned or are given up.
func Reserve(ctx context.Context) *Reserved {
	r := new(Reserved)
	r.from(ctx)
	return r
}

// Run calls f in a goroutine of its own, and reports whether f has returned, or
// ended its goroutine, before AnswerBy. It waits no longer. Within a context of
// another Reserve it waits for f, since that one's Run does not.
func (r *Reserved) Run(f func()) (inTime bool) {
	ended := make(chan bool, 2) // in time or not; the first counts
	if !r.AnswerBy.IsZero() && !r.nested {
		defer time.AfterFunc(time.Until(r.AnswerBy), func() { ended <- false }).Stop()
	}
	go func() {
		enlarge(-1)
		defer func() { ended <- true }()
		f()
	}()
	if inTime = <-ended; !inTime {
		r.Overdue(func() { <-ended })
	}
	return inTime
}

// from makes r what [Reserve] returns.
func (r *Reserved) from(ctx context.Context) {
	r.Context = ctx
	deadline, ok := ctx.Deadline()
	if !ok {
		return
	}
	switch around := ctx.Value(reservedKey{}).(type) {
	case time.Time:
		r.AnswerBy, r.end, r.nested = around, deadline, true
		return
	case *watch:
		r.watch, r.before = around, around.begin()
	}
	now := time.Now()
	left := deadline.Sub(now)
	reserve := max(min(max(left/10, 500*time.Millisecond), maxReserve, left/2), 0)
	r.AnswerBy, r.end = now.Add(left-reserve/2), now.Add(left-reserve)
}

// maxReserve is the most that is taken.
const maxReserve = 5 * time.Second

// reservedKey is the context key of AnswerBy, and of the watch around.
type reservedKey struct{}

// Deadline implements context.Context.
func (r *Reserved) Deadline() (time.Time, bool) { return r.end, !r.end.IsZero() }

// Done implements context.Context.
func (r *Reserved) Done() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.whole().Done()
}

// Err implements context.Context.
func (r *Reserved) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.inner == nil && !r.hasEnded() {
		return nil
	}
	return r.whole().Err()
}

// Value implements context.Context.
func (r *Reserved) Value(key any) any {
	if key == (reservedKey{}) && !r.AnswerBy.IsZero() {
		return r.AnswerBy
	}
	r.mu.Lock()
	inner := r.inner
	r.mu.Unlock()
	if inner != nil {
		return inner.Value(key) // context asks for its own, to tell children of the end
	}
	return r.Context.Value(key)
}

// End ends the context, if its time has not.
func (r *Reserved) End() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.inner == nil && r.hasEnded() {
		r.whole() // the reason is the one of now, and not that of whoever asks later
	}
	r.over = true
	if r.cancel != nil {
		r.cancel()
	}
}

func (r *Reserved) hasEnded() bool {
	return r.over || r.Context.Err() != nil || !r.end.IsZero() && time.Until(r.end) <= 0
}

func (r *Reserved) whole() context.Context {
	if r.inner != nil {
		return r.inner
	}
	if r.over || r.end.IsZero() {
		r.inner, r.cancel = context.WithCancel(r.Context)
	} else {
		r.inner, r.cancel = context.WithDeadline(r.Context, r.end)
	}
	if r.over {
		r.cancel()
	}
	return r.inner
}

// enlarge gives a goroutine that has just begun the stack that a handler needs
// at least. A stack that grows later is copied with all that is on it, which
// costs an activation of OpenWhisk a seventh of its instructions, and more than
// half where it decodes JSON into a type.
//
//go:noinline
func enlarge(n int) byte {
	if n < 0 {
		return 0 // the frame below is what counts, and costs nothing
	}
	var frame [3 << 10]byte
	for i := range frame {
		frame[i] = byte(i)
	}
	return frame[n]
}
