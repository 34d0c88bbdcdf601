package run

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/internal/run/mark"
)

// fate decides what becomes of a record that has failed and is not tried again
// in this process, whatever the matter: an error, a panic, a handler that has
// ended its goroutine, that is late, or that was not started, for which tries is
// 0. It writes the record's dead letter, until by; whole says that the caller
// logs the event whole, since nobody else keeps it.
func (b *batch) fate(r *Record, tries int, cause error, by time.Time) (outcome Outcome, whole bool) {
	p := &b.policy
	kind, _ := Kind(cause)
	if kind == mark.Retry && !p.NoRedelivery && (tries == 0 || !r.NoRedelivery) {
		return Retry, false
	}
	if p.DeadLetter != nil {
		write := letter{b, r, tries, cause, by}
		err := write.send(p.DeadLetter.Write)
		if err == nil {
			return DeadLettered, false
		}
		mark.Log(&b.reserved, "dead letter not written", "record", r.String(), "error", err.Error())
		if mark.IsFinal(err) && !p.PlatformDeadLetters {
			switch err := write.send(p.DeadLetter.WriteWithoutData); {
			case err == nil:
				return DeadLettered, true
			case mark.IsFinal(err): // as at any other time
				return Discarded, true
			}
		}
	}
	if p.NoRedelivery || p.NoDeadLetter && kind != mark.Retry {
		return Discarded, true
	}
	return Retry, false
}

// A letter is the dead letter of a record, on its way until the time by.
type letter struct {
	*batch
	record *Record
	tries  int
	cause  error
	by     time.Time // zero for no limit
}

// send writes the letter by a method of the dead letters. It goes out even if
// the invocation is cancelled.
func (l *letter) send(write func(ctx context.Context, e event.Event, attempts int, reason error) error) error {
	var ctx context.Context = &recordContext{context.WithoutCancel(l.reserved.Context), l.record} // the sink may ask which delivery it is
	if !l.by.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, l.by)
		defer cancel()
	}
	err := errors.New("the sink has panicked")
	mark.Guard(func() {
		d, e := l.record.Delivery(), l.record.Event
		if l.record.Err != nil {
			e = l.policy.DeadLetter.Undecodable(cmp.Or(d.NativeID, l.record.String()), l.record.Raw())
		}
		err = mark.Settled(write(ctx, e, max(d.Attempt, l.tries), l.cause))
	})
	return err
}

// giveUp decides on the records that are late or were not started, within half
// of the time that is left to answer the platform.
func (b *batch) giveUp(left []int) {
	by := time.Now().Add(maxReserve)
	if deadline, ok := b.reserved.Context.Deadline(); ok {
		by = time.Now().Add(time.Until(deadline) / 2)
	}
	decided := make([]decision, len(left))
	var mu sync.Mutex
	var next atomic.Int64
	decide := func() {
		for n := int(next.Add(1)) - 1; n < len(left) && time.Now().Before(by); n = int(next.Add(1)) - 1 {
			result := &b.results[left[n]]
			outcome, whole := b.fate(&b.records[left[n]], result.tries, result.Err, by)
			mu.Lock()
			decided[n] = decision{outcome, whole}
			mu.Unlock()
		}
	}
	if b.policy.DeadLetter == nil {
		decide()
	} else {
		inParallel(by, min(len(left), maxLetters), decide)
	}
	mu.Lock()
	defer mu.Unlock()
	for n, i := range left {
		b.conclude(i, decided[n])
	}
}

// maxLetters is the number of letters that are on their way at once when the
// time is up.
const maxLetters = 8

// A decision is what fate returns. The zero value is that of a letter which was
// not written in time.
type decision struct {
	outcome Outcome
	whole   bool
}

// inParallel calls f n times at once, and returns when all have returned, or at
// the time by.
func inParallel(by time.Time, n int, f func()) {
	(&Reserved{Context: context.Background(), AnswerBy: by}).Run(func() {
		var wg sync.WaitGroup
		for range n {
			wg.Go(f)
		}
		wg.Wait()
	})
}

// conclude sets the outcome of a record that is late or was not started.
func (b *batch) conclude(i int, d decision) {
	result, record := &b.results[i], &b.records[i]
	if d.outcome == Retry && b.policy.NoRedelivery {
		d = decision{Discarded, true}
	}
	result.Outcome = d.outcome
	switch {
	case d.whole:
		logWhole(&b.reserved, record, result.Err)
	case d.outcome == DeadLettered, result.Err == ErrNotReturned:
		logFailed(&b.reserved, record, result.Err)
	}
}
