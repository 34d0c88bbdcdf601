package run

import (
	"sync"
	"time"
)

// A flight is something that a platform waits for.
type flight struct {
	// AnswerBy is when to answer the platform, whether or not the handlers
	// have returned; zero if the context around has no deadline.
	AnswerBy time.Time

	index int // in waiting; -1 if it was late

	answerer answerer       // of what was late or has ended its goroutine; nil if who waits for landed answers
	landed   sync.WaitGroup // until there is an answer
	late     bool           // for those who wait
}

type answerer interface{ answer(ending bool) }

type answerFunc func(ending bool)

func (f answerFunc) answer(ending bool) { f(ending) }

// begin has f answered for if it has not landed by the time. One timer serves
// all flights, and it is set anew only once it has fired, or for one that comes
// before: nearly all land long before their time, and to set a timer wakes a
// CPU that sleeps.
func (r *Runner) begin(f *flight, now time.Time) {
	if f.AnswerBy.IsZero() {
		return
	}
	r.mu.Lock()
	f.index = len(r.waiting)
	r.waiting = append(r.waiting, f)
	if r.next.IsZero() || f.AnswerBy.Before(r.next) || r.next.Before(now) { // it is overdue where the process was frozen
		r.set(f.AnswerBy)
	}
	r.mu.Unlock()
}

// land reports whether f, which has returned or is ending its goroutine, has
// returned in time. If not there is an answer in its place.
func (r *Runner) land(f *flight, returned bool) bool {
	inTime := true
	if !f.AnswerBy.IsZero() {
		r.mu.Lock()
		if inTime = f.index >= 0; inTime {
			r.drop(f)
		}
		r.mu.Unlock()
	}
	switch {
	case !inTime:
		f.landed.Wait()
	case returned:
		f.landed.Done()
	default:
		f.replace(true)
	}
	return inTime && returned
}

// replace has f answered for, which is late or is ending its goroutine.
func (f *flight) replace(ending bool) {
	if f.late = !ending; f.answerer != nil {
		f.answerer.answer(ending)
	}
	f.landed.Done()
}

func (r *Runner) drop(f *flight) {
	last := len(r.waiting) - 1
	r.waiting[f.index] = r.waiting[last]
	r.waiting[f.index].index = f.index
	r.waiting[last] = nil
	r.waiting = r.waiting[:last]
	f.index = -1
}

func (r *Runner) set(at time.Time) {
	r.next = at
	if r.timer == nil {
		r.timer = time.AfterFunc(time.Until(at), r.fire)
		return
	}
	r.timer.Reset(time.Until(at))
}

// fire answers for those that are late.
func (r *Runner) fire() {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	r.next = time.Time{}
	var next time.Time
	for i := len(r.waiting) - 1; i >= 0; i-- {
		f := r.waiting[i]
		switch {
		case !f.AnswerBy.After(now):
			r.drop(f) // what takes its place was looked at before
			go f.replace(false)
		case next.IsZero() || f.AnswerBy.Before(next):
			next = f.AnswerBy
		}
	}
	if !next.IsZero() {
		r.set(next)
	}
}
