// Package broker stands between the functions of an application on a developer's
// machine: what one sends to a queue, a topic or a bus is delivered to those whose
// triggers name it, and again when it fails, as the platform of the target does.
// Schedules fire, and what is given up lies among the dead letters.
//
// All of it is in memory, of which it takes a bounded amount, and it starts no
// process and opens no connection: who has the functions delivers for it.
package broker

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/fngen/fngen/gen/internal/dev/platform"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/internal/native"
)

// Compression is by how much shorter than on the platform the waits are here: the
// time until what failed comes again, and until a batch is full. A minute takes a
// second, so that a developer sees dead letters; what is first stays first.
// Schedules, timeouts and leases are as long as they are there.
const Compression = 60

// How much waits here at most. What a function waits for is refused above that, so
// that who sends it tries again; of what nobody waits for, the oldest is dropped.
const (
	maxWaiting      = 50_000 // events
	maxWaitingBytes = 64 << 20
	maxHeld         = 10_000 // events of one source
	maxHeldBytes    = 16 << 20
)

// The first and the longest time after which a function is asked again that took
// nothing, since its process is gone.
const (
	firstAbsence   = 100 * time.Millisecond
	longestAbsence = 5 * time.Second
)

// Errors of [Broker.Emit] and those that send.
var (
	ErrFull    = fmt.Errorf("%d events or %d MB wait on this machine, which is the most", maxWaiting, maxWaitingBytes>>20)
	ErrClosed  = errors.New("nothing is delivered any more")
	ErrUnheard = errors.New("no function listens to it")
)

// A Deliver delivers the events to the function: on Google one, elsewhere as many
// as one payload holds. It returns when they are answered for or the context ends.
// An error says that nothing was delivered, since there is no process: the events
// stay, and it was no attempt.
type Deliver func(ctx context.Context, f model.Function, events []native.Delivery) (Outcome, error)

// An Outcome is what came of a delivery.
type Outcome struct {
	platform.Answer
	Build   int             // that the function is of; 0 if that is not known
	Results []native.Result // of each event; others than there are events are taken for the failure of all
	Payload []byte          // what the function was given, if that is JSON; it is a part of records of failures
}

// Options say what a broker is made for.
type Options struct {
	Target  string
	Numbers func(model.Function) model.Delivery // those of the target; see [model.Deliverer]
	Deliver Deliver
	AtOnce  func(model.Function) int // deliveries of the function at once; nil for 1
	// Occurrence returns what has happened to what feeds the function, by an event
	// as its handler is given it, in structured mode: what a dead letter was before.
	Occurrence func(model.Function, []byte) (native.Occurrence, error)
	Now        func() time.Time // that is the clock of schedules and waits; nil for time.Now
}

// A Broker has what was sent and was not handled yet.
type Broker struct {
	o      Options
	ctx    context.Context // of deliveries
	cancel func()
	ended  chan struct{}  // the loop has
	group  sync.WaitGroup // of deliveries

	mu        sync.Mutex
	functions map[string]*function
	sources   map[source]*subscription
	out       map[string]int         // deliveries by function
	under     map[*dispatch]struct{} // that are out
	number    int64
	closing   bool
	settled   chan struct{} // closed and made anew with each answer
	wake      chan struct{}
	history   history
}

// A function is one that takes deliveries.
type function struct {
	model.Function
	numbers model.Delivery
	from    *subscription // nil of an HTTP function
	absent  int           // deliveries in a row that it did not take
	until   time.Time     // it is asked for no more before
	next    time.Time     // its schedule fires; zero for never
	begun   time.Time     // its schedule has
}

// New returns a broker for no functions yet. Close ends it.
func New(o Options) *Broker {
	if o.AtOnce == nil {
		o.AtOnce = func(model.Function) int { return 1 }
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	b := &Broker{
		o: o, ended: make(chan struct{}), functions: map[string]*function{}, sources: map[source]*subscription{},
		out: map[string]int{}, under: map[*dispatch]struct{}{}, settled: make(chan struct{}), wake: make(chan struct{}, 1),
	}
	b.history.watchers = map[chan struct{}]struct{}{}
	b.ctx, b.cancel = context.WithCancel(context.Background())
	go b.run()
	return b
}

// Update says which functions there are now. What waits for one that is there no
// longer is kept, and delivered if it comes again.
func (b *Broker) Update(functions []model.Function) {
	b.mu.Lock()
	defer b.mu.Unlock()
	defer b.hurry()
	now := b.o.Now()
	known := map[string]*function{}
	for _, s := range b.sources {
		s.consumers = nil
	}
	for _, f := range functions {
		one := b.functions[f.Name]
		if one == nil || b.sourceOf(one.Function) != b.sourceOf(f) {
			one = &function{}
		}
		old := one.Trigger
		one.Function = f
		one.absent, one.until = 0, time.Time{} // another build may have a process
		known[f.Name] = one
		if _, ok := f.Trigger.(model.HTTP); ok {
			continue
		}
		one.numbers = b.o.Numbers(f)
		one.from = b.source(b.sourceOf(f))
		one.from.consumers, one.from.served = append(one.from.consumers, one), true
		if t, ok := f.Trigger.(model.Schedule); ok && old != model.Trigger(t) {
			one.begun = now
			one.next = b.nextTick(one, t, now)
		}
	}
	b.functions = known
	b.forget()
}

// hurry has the loop look at what is to be done.
func (b *Broker) hurry() {
	select {
	case b.wake <- struct{}{}:
	default: // it will already
	}
}

// await waits until is, which is asked under the lock after each answer.
func (b *Broker) await(ctx context.Context, is func() bool) error {
	for {
		b.mu.Lock()
		done, settled := is(), b.settled
		b.mu.Unlock()
		if done {
			return nil
		}
		select {
		case <-settled:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Close delivers nothing any more and waits for the answers to what is out, which
// it gives up when the context ends. It returns how many events are lost: dead
// letters and what nobody waits for are not among them.
func (b *Broker) Close(ctx context.Context) int {
	b.mu.Lock()
	b.closing = true
	b.mu.Unlock()
	_ = b.await(ctx, func() bool { return len(b.under) == 0 }) // or it is over
	b.cancel()
	b.group.Wait()
	<-b.ended
	b.mu.Lock()
	defer b.mu.Unlock()
	lost := 0
	for _, s := range b.sources {
		if len(s.consumers) > 0 {
			lost += s.waiting
		}
	}
	return lost
}

// run does what is due whenever something is.
func (b *Broker) run() {
	defer close(b.ended)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-b.ctx.Done():
			return
		case <-b.wake:
		case <-timer.C:
		}
		b.mu.Lock()
		now := b.o.Now()
		next := b.due(now)
		b.mu.Unlock()
		timer.Stop()
		if !next.IsZero() {
			timer.Reset(next.Sub(now))
		}
	}
}

// A moment is the earliest of those that it was told of.
type moment struct{ time.Time }

func (m *moment) orAt(t time.Time) {
	if !t.IsZero() && (m.IsZero() || t.Before(m.Time)) {
		m.Time = t
	}
}

// due does what is due, and returns when next something is; zero for nothing.
func (b *Broker) due(now time.Time) time.Time {
	var next moment
	if b.closing {
		return next.Time
	}
	for d := range b.under {
		if !d.expires.IsZero() && !d.expires.After(now) {
			b.expire(d, now)
		}
		next.orAt(d.expires)
	}
	for _, f := range b.functions {
		if f.from == nil {
			continue
		}
		b.tick(f, now)
		next.orAt(f.next)
		f.from.ripen(now)
		next.orAt(b.feed(f, now))
		next.orAt(f.from.ripe())
	}
	return next.Time
}

// feed delivers to the function what is ready, and returns when there may be more;
// zero if something else will say.
func (b *Broker) feed(f *function, now time.Time) time.Time {
	var next moment
	for b.out[f.Name] < b.o.AtOnce(f.Function) {
		if f.until.After(now) {
			next.orAt(f.until)
			break
		}
		d, at := f.from.take(f, now)
		next.orAt(at)
		if d == nil {
			break
		}
		next.orAt(d.expires)
		b.deliver(d)
	}
	return next.Time
}

// deliver hands over what was taken.
func (b *Broker) deliver(d *dispatch) {
	b.out[d.function.Name]++
	b.under[d] = struct{}{}
	f, events := d.function.Function, make([]native.Delivery, len(d.messages))
	for i, m := range d.messages {
		events[i] = native.Delivery{Occurrence: m.occurrence, Number: m.number, Time: m.time, Attempt: m.attempt}
	}
	b.group.Go(func() {
		outcome, err := b.o.Deliver(b.ctx, f, events)
		b.mu.Lock()
		defer b.mu.Unlock()
		b.settle(d, events, outcome, err)
		if b.out[f.Name]--; b.out[f.Name] == 0 {
			delete(b.out, f.Name)
		}
		delete(b.under, d)
		close(b.settled)
		b.settled = make(chan struct{})
		b.hurry()
	})
}
