package run

import (
	"context"
	"sync"
	"time"

	"github.com/fngen/fngen/fn"
)

// A Runner runs handlers and sees to it that the platform has its answer in
// time. The zero Runner is ready. It is safe for concurrent use, and not copied
// after its first use.
type Runner struct {
	mu      sync.Mutex
	waiting []*flight // those that have a time to be answered by
	timer   *time.Timer
	next    time.Time // when the timer fires; zero if it is not set
}

// Each brings every record to its outcome; results are in the records' order.
//
// Groups run in parallel up to the policy's concurrency, a group strictly in
// order. A retry stops its group: what follows is not started. Each returns
// before ctx ends even if a handler does not: the context that handlers see
// ends the reserve earlier, and what has not returned some time after that is
// a retry. A panic or runtime.Goexit in a handler is a retry of its record. Each
// keeps records, which such a handler may still read.
func (r *Runner) Each(ctx context.Context, h fn.Handler, p Policy, records []Record) []Result {
	b := newBatch(ctx, h, p, records)
	defer b.reserved.End()
	b.reserved.landed.Add(1)
	go func() { r.fly(&b.reserved, b.run) }()
	b.reserved.landed.Wait()
	return b.settle()
}

// An Answerer answers in place of a goroutine that a handler keeps, since it is
// late, or ends.
type Answerer interface {
	// AnswerFor gets what was given to [Runner.EachHere], and the results.
	AnswerFor(ctx context.Context, records []Record, results []Result)
}

// EachHere is Each for those whose goroutine may stay with a handler that has
// not returned: all run in this one, which costs least. It reports whether this
// goroutine goes on. If it does not, a has been called, in time, and by another
// goroutine where the handler was late.
func (r *Runner) EachHere(ctx context.Context, h fn.Handler, p Policy, records []Record, a Answerer) (results []Result, goesOn bool) {
	b := newBatch(ctx, h, p, records)
	defer b.reserved.End()
	b.answerer = a
	if !r.here(&b.reserved, b.run, b) {
		return nil, false
	}
	return b.settle(), true
}

// Run runs f in another goroutine and reports whether f has returned, or ended
// its goroutine, before AnswerBy. It waits no longer.
func (r *Runner) Run(reserved *Reserved, f func()) bool {
	reserved.landed.Add(1)
	go r.fly(reserved, f)
	reserved.landed.Wait()
	return !reserved.late
}

// Here runs f in this goroutine and reports whether that goes on. If it does
// not, answer has been called: with true where f is ending the goroutine, or
// with false, by another one, where f has not returned before AnswerBy.
func (r *Runner) Here(reserved *Reserved, f func(), answer func(ending bool)) (goesOn bool) {
	return r.here(reserved, f, answerFunc(answer))
}

func (r *Runner) here(reserved *Reserved, f func(), a answerer) (goesOn bool) {
	reserved.landed.Add(1)
	reserved.answerer = a
	return r.fly(reserved, f)
}

// fly runs f, which the platform waits for, and reports whether f has returned
// in time.
func (r *Runner) fly(reserved *Reserved, f func()) (inTime bool) {
	r.begin(&reserved.flight, reserved.began)
	returned := false
	defer func() { inTime = r.land(&reserved.flight, returned) }()
	f()
	returned = true
	return
}
