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

	answerer                // is told once; nil if those who wait for landed answer
	landed   sync.WaitGroup // until it is answered for
	late     bool           // for those who wait
}

type answerer interface{ answer(returned bool) }

type answerFunc func(returned bool)

func (f answerFunc) answer(returned bool) { f(returned) }

func (f *flight) tell(returned bool) {
	if f.late = !returned; f.answerer != nil {
		f.answerer.answer(returned)
	}
	f.landed.Done()
}

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

// land answers for f, or waits until it is answered for if it was late.
func (r *Runner) land(f *flight) {
	if !f.AnswerBy.IsZero() {
		r.mu.Lock()
		inTime := f.index >= 0
		if inTime {
			r.drop(f)
		}
		r.mu.Unlock()
		if !inTime {
			f.landed.Wait()
			return
		}
	}
	f.tell(true)
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
			go f.tell(false)
		case next.IsZero() || f.AnswerBy.Before(next):
			next = f.AnswerBy
		}
	}
	if !next.IsZero() {
		r.set(next)
	}
}
