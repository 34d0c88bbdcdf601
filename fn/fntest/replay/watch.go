package replay

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/emit"
	"github.com/fngen/fngen/internal/native"
)

// A watch sees what the adapter hands to the handler, and what goes to the sinks
// and the dead letters.
type watch struct {
	faults []Fault

	mu         sync.Mutex
	calls      int
	entries    []native.Entry // of the payload at hand
	first      []int          // which delivery each of them is
	over       chan struct{}  // closed when it is answered
	deliveries []Delivery
	running    sync.WaitGroup
	emitted    []Emitted
}

// deliver notes which deliveries the next payload has, until answered is
// called.
func (w *watch) deliver(entries []native.Entry, which []int) (answered func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	over := make(chan struct{})
	w.entries, w.first, w.over = entries, which, over
	return func() { close(over) }
}

// find returns the delivery with the platform's id.
func (w *watch) find(nativeID string) int {
	for i, e := range w.entries {
		if e.ID == nativeID {
			return w.first[i]
		}
	}
	return w.first[0] // alone, or named by the adapter
}

var errNotReturned = errors.New("the handler has not returned")

// begin notes a call and returns the delivery, and its fault.
func (w *watch) begin(ctx context.Context) (i int, fault Fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	d, _ := fn.DeliveryFrom(ctx)
	i = w.find(d.NativeID)
	w.deliveries[i].Calls++
	w.deliveries[i].Err = errNotReturned
	if w.calls < len(w.faults) {
		fault = w.faults[w.calls]
	}
	w.calls++
	w.running.Add(1)
	return i, fault
}

// end notes how the call ended.
func (w *watch) end(i int, reply *fn.Event, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.deliveries[i].Reply, w.deliveries[i].Err = reply, err
	w.running.Done()
}

// wait waits for the handlers that have not returned; not for ever, since
// their time is over.
func (w *watch) wait() {
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.running.Wait()
	}()
	timeout := time.NewTimer(time.Second)
	defer timeout.Stop()
	select {
	case <-done:
	case <-timeout.C:
	}
}

// result returns what has become of the deliveries, and was emitted, when the
// handlers have returned. What one does that is late is left out.
func (w *watch) result() ([]Delivery, []Emitted) {
	w.wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.deliveries), slices.Clone(w.emitted)
}

// called runs the call and notes how it ended, whatever way that was.
func (w *watch) called(i int, call func() (*fn.Event, error)) (reply *fn.Event, err error) {
	err = errors.New("the handler has ended its goroutine")
	defer func() {
		v := recover()
		if v != nil {
			err = fmt.Errorf("panic: %v", v)
		}
		w.end(i, reply, err)
		if v != nil {
			panic(v) // for the adapter
		}
	}()
	return call()
}

// events returns the handler as the adapter is to call it.
func (w *watch) events(h fn.Handler) fn.Handler {
	if f, ok := h.(fresh); ok {
		h = f()
	}
	return fn.HandlerFunc(func(ctx context.Context, e fn.Event) (*fn.Event, error) {
		i, fault := w.begin(ctx)
		w.mu.Lock()
		if w.deliveries[i].Calls == 1 {
			w.deliveries[i].Event = e.Clone()
		}
		w.mu.Unlock()
		return w.called(i, func() (*fn.Event, error) {
			if fault != nil {
				return nil, fault(ctx)
			}
			return h.Handle(ctx, e)
		})
	})
}

// requests returns the handler as the adapter is to call it.
func (w *watch) requests(h http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		i, fault := w.begin(r.Context())
		over := w.over
		_, _ = w.called(i, func() (*fn.Event, error) {
			if fault == nil {
				h.ServeHTTP(rw, r)
				return nil, nil
			}
			err := fault(r.Context())
			switch {
			case r.Context().Err() != nil: // as a handler that goes on
				<-over
			case err != nil:
				http.Error(rw, "failed", http.StatusInternalServerError)
			}
			return nil, err
		})
	})
}

// A sink keeps what is sent to it.
type sink struct {
	Sink
	w *watch
}

// Declared implements emit.Sink.
func (s sink) Declared() (name, eventType string) { return s.Name, s.Type }

// Send implements emit.Sink.
func (s sink) Send(_ context.Context, events []event.Event) []error {
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	for _, e := range events {
		s.w.emitted = append(s.w.emitted, Emitted{s.Name, e.Clone()})
	}
	return nil
}

// A letterbox keeps dead letters.
type letterbox struct{ w *watch }

var _ emit.Sink = letterbox{}

// Declared implements emit.Sink.
func (letterbox) Declared() (name, eventType string) { return "dead-letters", "" }

// Send implements emit.Sink.
func (b letterbox) Send(_ context.Context, events []event.Event) []error {
	b.w.mu.Lock()
	defer b.w.mu.Unlock()
	for _, e := range events {
		letter := e.Clone()
		b.w.deliveries[b.w.addressee(letter)].Letter = &letter
	}
	return nil
}

// addressee returns the delivery that the letter is of.
func (w *watch) addressee(letter fn.Event) int {
	// Of two with one id it is the one that has failed.
	for _, isFailed := range []bool{true, false} {
		for i, d := range w.deliveries {
			if d.Event.Context != nil && d.Event.ID() == letter.ID() && d.Event.Source() == letter.Source() && d.Letter == nil && (d.Err != nil) == isFailed {
				return i
			}
		}
	}
	for n, e := range w.entries {
		if string(letter.Data()) == string(e.Raw) || e.ID != "" && strings.HasSuffix(letter.ID(), e.ID) {
			return w.first[n]
		}
	}
	return w.first[0]
}
