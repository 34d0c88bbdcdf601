// Package steady tests that providers hold what handlers do to them: with the
// event that they got, after they were answered for, and again and again.
package steady

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/emit"
)

// An Open returns what delivers one event to h, of a payload that is the same
// memory each time, within a deadline; none is zero.
type Open func(h fn.Handler) (deliver func(deadline time.Time))

// Unruly delivers events to handlers that change all that they can reach of an
// event, return late and go on writing, and emit after they have returned. What
// the next handler gets is whole all the same. It is for the race detector, which
// sees what a handler shares with anybody else.
func Unruly(t *testing.T, open Open) {
	goroutines := Goroutines(t)
	const deliveries, clients = 50, 4
	original, intact := []byte(nil), sync.Mutex{}
	check := func(e fn.Event) {
		intact.Lock()
		defer intact.Unlock()
		if original == nil {
			original = bytes.Clone(e.Data())
		}
		if !bytes.Equal(e.Data(), original) || e.Extensions()["changed"] != nil {
			t.Errorf("the event arrives as %s, want data %s", e, original)
		}
	}
	t.Run("mutating", func(t *testing.T) {
		deliver := open(fn.HandlerFunc(func(ctx context.Context, e fn.Event) (*fn.Event, error) {
			check(e)
			spoil(ctx, e)
			return nil, fn.Permanent(errors.New("spoilt"))
		}))
		var wg sync.WaitGroup
		for range clients {
			wg.Go(func() {
				for range deliveries {
					deliver(time.Time{})
				}
			})
		}
		wg.Wait()
	})
	t.Run("late", func(t *testing.T) {
		var late sync.WaitGroup
		defer late.Wait()
		answered := make(chan struct{})
		deliver := open(fn.HandlerFunc(func(ctx context.Context, e fn.Event) (*fn.Event, error) {
			late.Add(1)
			defer late.Done()
			check(e)
			<-ctx.Done()
			select { // some go on while they are answered for
			case <-answered:
			case <-time.After(5 * time.Millisecond):
			}
			spoil(ctx, e)
			return nil, ctx.Err()
		}))
		for range 10 {
			deliver(time.Now().Add(40 * time.Millisecond))
		}
		close(answered)
	})
	t.Run("emitting", func(t *testing.T) {
		var returned sync.WaitGroup
		sink := &sink{}
		deliver := open(emit.Replies(fn.HandlerFunc(func(ctx context.Context, e fn.Event) (*fn.Event, error) {
			for range 3 {
				returned.Go(func() {
					for range 5 {
						// It is sent, or the error says that it came too late.
						_ = fn.Emit(ctx, fresh())
						runtime.Gosched()
					}
				})
			}
			return nil, fn.Emit(ctx, fresh())
		}), "/example.com/shop/confirm", sink))
		for range deliveries {
			deliver(time.Time{})
		}
		sent := sink.count()
		returned.Wait()
		if sent < deliveries || sink.count() != sent {
			t.Errorf("%d events are sent of %d invocations, and %d after those", sent, deliveries, sink.count()-sent)
		}
	})
	goroutines()
}

// spoil changes all that a handler can reach of its event.
func spoil(ctx context.Context, e fn.Event) {
	slog.InfoContext(ctx, "spoiling")
	d, _ := fn.DeliveryFrom(ctx)
	for name := range d.Attributes {
		d.Attributes[name] = "changed"
	}
	for _, data := range [][]byte{e.DataEncoded, d.Raw()} {
		for i := range data {
			data[i] = 'x'
		}
	}
	e.SetExtension("changed", "yes")
	e.SetSubject("changed")
}

// Letters returns dead letters that fail the test for an event which its handler
// has changed.
func Letters(t *testing.T) *emit.DeadLetter {
	return emit.DeadLetters("/example.com/shop/confirm", &sink{each: func(e fn.Event) {
		if e.Extensions()["changed"] != nil || bytes.HasPrefix(e.Data(), []byte("xx")) {
			t.Errorf("the dead letter is %s, as the handler has changed it", e)
		}
	}})
}

func fresh() fn.Event {
	e := event.New()
	e.SetType("com.example.order.confirmed")
	return e
}

// sink counts what it takes.
type sink struct {
	each func(fn.Event) // nil for nothing more

	mu sync.Mutex
	n  int
}

func (*sink) Declared() (name, eventType string) { return "events", "" }

func (s *sink) Send(_ context.Context, events []event.Event) []error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n += len(events)
	for _, e := range events {
		if s.each != nil {
			s.each(e)
		}
	}
	return nil
}

func (s *sink) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.n
}

// Goroutines notes how many there are. What it returns fails the test unless
// there are no more again, within a time that only a leak takes.
func Goroutines(t *testing.T) (check func()) {
	t.Helper()
	before := runtime.NumGoroutine()
	return func() {
		t.Helper()
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for end := time.After(20 * time.Second); runtime.NumGoroutine() > before; {
			select {
			case <-tick.C:
			case <-end:
				stacks := make([]byte, 64<<10)
				t.Fatalf("%d goroutines, and %d before:\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
			}
		}
	}
}

// Failing returns a handler of every tenth event of which nothing can come.
func Failing() fn.Handler {
	var n atomic.Int64
	return fn.On(func(_ context.Context, o struct{ ID string }) error {
		if n.Add(1)%10 == 0 {
			return fn.Permanent(fmt.Errorf("no stock for %s", o.ID))
		}
		return nil
	})
}

const (
	first = 10_000  // invocations before the heap is measured,
	last  = 100_000 // and before it is measured again

	// most is by how many bytes the heap may grow between: what keeps a single
	// word of an invocation alive keeps twice as much.
	most = (last - first) * 8 / 2
)

// Flat calls deliver 100,000 times, and fails the test if the heap grows, or if
// goroutines are left.
func Flat(t *testing.T, deliver func()) {
	t.Helper()
	if testing.Short() {
		t.Skipf("invokes a function %d times, which -short does without", last)
	}
	goroutines := Goroutines(t)
	for range first {
		deliver()
	}
	before := heap()
	for range last - first {
		deliver()
	}
	if grown := int64(heap()) - int64(before); grown > most {
		t.Errorf("the heap grows by %d bytes over %d invocations, want at most %d", grown, last-first, most)
	} else {
		t.Logf("the heap grows by %d bytes over %d invocations", grown, last-first)
	}
	goroutines()
}

// heap returns the number of bytes that are reachable.
func heap() uint64 {
	for range 2 { // pools let go in the second
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
