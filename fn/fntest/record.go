// Package fntest is for tests of handlers.
package fntest

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/run/mark"
)

// A Recorder keeps what a handler emits.
type Recorder struct {
	mu      sync.Mutex
	emitted []Emitted
	err     error
}

// Emitted is one emission.
type Emitted struct {
	Sink  string // as the handler named it; "" if it named none
	Event fn.Event
	Now   bool // by fn.EmitNow
}

// Record returns a context in which [fn.Emit] and [fn.EmitNow] keep what they
// are given, as it is:
//
//	ctx, sent := fntest.Record(t.Context())
//	err := shop.Confirm(ctx, order)
//	events := sent.Events()
//
// A handler that fails has sent nothing of what it gave to fn.Emit, which is
// for the caller to know.
func Record(ctx context.Context) (context.Context, *Recorder) {
	r := &Recorder{}
	return context.WithValue(ctx, mark.EmitterKey{}, r), r
}

// Fail makes every further emission fail with err, until it is called with nil.
func (r *Recorder) Fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = err
}

// All returns what was emitted, in its order.
func (r *Recorder) All() []Emitted {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.emitted)
}

// Events returns the events that were emitted, in their order.
func (r *Recorder) Events() []fn.Event {
	var events []fn.Event
	for _, e := range r.All() {
		events = append(events, e.Event)
	}
	return events
}

// Emit serves [fn.Emit].
func (r *Recorder) Emit(e fn.Event, sink ...string) error { return r.add(e, false, sink) }

// EmitNow serves [fn.EmitNow].
func (r *Recorder) EmitNow(_ context.Context, e fn.Event, sink ...string) error {
	return r.add(e, true, sink)
}

func (r *Recorder) add(e fn.Event, now bool, sink []string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		return r.err
	}
	if len(sink) > 1 {
		return fmt.Errorf("emit: %d sinks; name one", len(sink))
	}
	one := Emitted{Now: now}
	if len(sink) == 1 {
		one.Sink = sink[0]
	}
	if e.Context != nil {
		one.Event = e.Clone()
	}
	r.emitted = append(r.emitted, one)
	return nil
}
