package emit_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/emit"
	"github.com/fngen/fngen/internal/run"
	"github.com/fngen/fngen/internal/run/mark"
)

// service is a sink that keeps what it takes.
type service struct {
	name, eventType string
	answer          func(call int, events []event.Event) []error // nil takes all

	mu    sync.Mutex
	calls int
	taken []event.Event
}

func (s *service) Declared() (string, string) { return s.name, s.eventType }

func (s *service) Send(_ context.Context, events []event.Event) []error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	var errs []error
	if s.answer != nil {
		errs = s.answer(s.calls, events)
	}
	for i, e := range events {
		if errs == nil || errs[i] == nil {
			s.taken = append(s.taken, e)
		}
	}
	return errs
}

// types are the types of what the service has taken.
func (s *service) types() string {
	var out []string
	for _, e := range s.taken {
		out = append(out, e.Type())
	}
	return strings.Join(out, " ")
}

func newEvent(eventType string) event.Event {
	e := event.New()
	e.SetType(eventType)
	return e
}

func input() event.Event {
	e := newEvent("com.example.order.placed")
	e.SetID("17")
	e.SetSource("/orders")
	e.SetSubject("order 17")
	e.SetExtension("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	e.SetExtension("tracestate", "a=b")
	return e
}

// handle hands the input to the function once.
func handle(t *testing.T, h fn.Handler) (*event.Event, error) {
	t.Helper()
	return h.Handle(t.Context(), input())
}

func emits(types ...string) fn.Handler {
	return fn.HandlerFunc(func(ctx context.Context, _ event.Event) (*event.Event, error) {
		for _, one := range types {
			if err := fn.Emit(ctx, newEvent(one)); err != nil {
				return nil, err
			}
		}
		return nil, nil
	})
}

// An emission has what leads back to its input and what it lacks filled in, and
// nothing is sent before the handler has returned.
func TestEmission(t *testing.T) {
	sink := &service{name: "news"}
	h := emit.Replies(fn.HandlerFunc(func(ctx context.Context, _ event.Event) (*event.Event, error) {
		if err := fn.Emit(ctx, newEvent("a")); err != nil {
			return nil, err
		}
		own := newEvent("b")
		own.SetID("mine")
		own.SetSource("/mine")
		own.SetTime(time.Unix(0, 0))
		own.SetExtension("causationid", "other")
		own.SetExtension("traceparent", "00-own")
		if err := fn.Emit(ctx, own); err != nil {
			return nil, err
		}
		own.SetType("changed after it was emitted")
		if sink.calls != 0 {
			t.Error("sent before the handler has returned")
		}
		return nil, nil
	}), "/example.com/shop/confirm", sink)
	if _, err := handle(t, h); err != nil {
		t.Fatal(err)
	}
	if sink.types() != "a b" || sink.calls != 1 {
		t.Fatalf("sent %q in %d calls", sink.types(), sink.calls)
	}
	a, b := sink.taken[0], sink.taken[1]
	if a.Source() != "/example.com/shop/confirm" || len(a.ID()) != 32 || time.Since(a.Time()) > time.Minute {
		t.Errorf("filled in: %v", a)
	}
	want := map[string]any{"causationid": "17", "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "tracestate": "a=b"}
	if diff := cmp.Diff(want, a.Extensions()); diff != "" {
		t.Errorf("extensions differ (-want +got):\n%s", diff)
	}
	if b.ID() != "mine" || b.Source() != "/mine" || !b.Time().Equal(time.Unix(0, 0)) {
		t.Errorf("what the handler set is gone: %v", b)
	}
	if diff := cmp.Diff(map[string]any{"causationid": "other", "traceparent": "00-own"}, b.Extensions()); diff != "" {
		t.Errorf("extensions differ (-want +got):\n%s", diff)
	}
}

// The input itself can be passed on, a message and a dead letter of one too: it
// stays the event that it is, and is not its own cause.
func TestInputPassedOn(t *testing.T) {
	sink := &service{name: "orders"}
	h := emit.Replies(fn.HandlerFunc(func(ctx context.Context, e event.Event) (*event.Event, error) {
		e.SetType(fn.TypeMessageReceived)
		return nil, fn.Emit(ctx, e)
	}), "/shop/again", sink)
	if _, err := handle(t, h); err != nil {
		t.Fatal(err)
	}
	if len(sink.taken) != 1 || sink.taken[0].ID() != "17" || sink.taken[0].Extensions()["causationid"] != nil {
		t.Errorf("passed on: %v", sink.taken)
	}
}

// A redelivery repeats every id, and no two emissions of one input share one.
// On a public http trigger, where a client chooses the input's id, they do not
// repeat.
func TestIDs(t *testing.T) {
	ids := func(h func(emit.Sink) fn.Handler, in event.Event) []string {
		sink := &service{name: "news"}
		if _, err := h(sink).Handle(t.Context(), in); err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, e := range sink.taken {
			out = append(out, e.ID())
		}
		return out
	}
	h := emits("a", "a", "b")
	same := func(s emit.Sink) fn.Handler { return emit.Replies(h, "/shop/confirm", s) }
	first := ids(same, input())
	if diff := cmp.Diff(first, ids(same, input())); diff != "" {
		t.Errorf("ids differ between deliveries:\n%s", diff)
	}
	later := input()
	later.SetID("18")
	all := append(first, ids(same, later)...)
	all = append(all, ids(func(s emit.Sink) fn.Handler { return emit.Replies(h, "/shop/refund", s) }, input())...)
	public := func(s emit.Sink) fn.Handler { return emit.Answers(h, "/shop/confirm", true, s) }
	all = append(all, ids(public, input())...)
	all = append(all, ids(public, input())...)
	closed := func(s emit.Sink) fn.Handler { return emit.Answers(h, "/shop/confirm", false, s) }
	if diff := cmp.Diff(ids(closed, input()), ids(closed, input())); diff != "" {
		t.Errorf("ids differ between deliveries of an authenticated request:\n%s", diff)
	}
	seen := map[string]bool{}
	for _, id := range all {
		if seen[id] {
			t.Errorf("the id %s repeats in %q", id, all)
		}
		seen[id] = true
	}
}

// A handler that fails, in whatever way, has sent nothing but by EmitNow.
func TestFailedHandler(t *testing.T) {
	for name, end := range map[string]func() error{
		"an error":  func() error { return errors.New("no stock") },
		"permanent": func() error { return fn.Permanent(errors.New("no such article")) },
		"a panic":   func() error { panic("bug") },
	} {
		sink := &service{name: "news"}
		h := emit.Replies(fn.HandlerFunc(func(ctx context.Context, _ event.Event) (*event.Event, error) {
			if err := errors.Join(fn.Emit(ctx, newEvent("a")), fn.EmitNow(ctx, newEvent("now")), fn.Emit(ctx, newEvent("b"))); err != nil {
				t.Error(err)
			}
			return nil, end()
		}), "/shop/confirm", sink)
		results := run.Each(t.Context(), h, run.Policy{}, []run.Record{{Event: input()}})
		if results[0].Err == nil || sink.types() != "now" {
			t.Errorf("%s: result %v, sent %q", name, results[0].Err, sink.types())
		}
	}
}

// A reply goes to the first sink: a value with the directive's type and the
// subject of the input, an event as it is.
func TestReplies(t *testing.T) {
	sink, other := &service{name: "news", eventType: "com.example.order.confirmed"}, &service{name: "other"}
	value := fn.Reply(func(context.Context, event.Event) (string, error) { return "done", nil })
	if reply, err := handle(t, emit.Replies(value, "/shop/confirm", sink, other)); err != nil || reply != nil {
		t.Fatalf("reply %v, error %v", reply, err)
	}
	e := sink.taken[0]
	if e.Type() != "com.example.order.confirmed" || e.Source() != "/shop/confirm" || e.Subject() != "order 17" || string(e.Data()) != "done" || e.DataContentType() != "text/plain; charset=utf-8" {
		t.Errorf("sent %v", e)
	}
	whole := fn.Reply(func(context.Context, event.Event) (*event.Event, error) { e := newEvent("own"); return &e, nil })
	if _, err := handle(t, emit.Replies(whole, "/shop/confirm", sink, other)); err != nil || sink.taken[1].Type() != "own" || sink.taken[1].Subject() != "" {
		t.Errorf("error %v, sent %v", err, sink.taken)
	}
	// What says nothing of itself but its subject keeps that, and without one it is a value.
	for i, subject := range []string{"own", ""} {
		part := fn.Reply(func(context.Context, event.Event) (*event.Event, error) {
			e := event.New()
			e.SetSubject(subject)
			return &e, nil
		})
		want := subject
		if want == "" {
			want = "order 17"
		}
		if _, err := handle(t, emit.Replies(part, "/shop/confirm", sink, other)); err != nil || sink.taken[2+i].Subject() != want || sink.taken[2+i].Type() != "com.example.order.confirmed" {
			t.Errorf("error %v, sent %v", err, sink.taken)
		}
	}
	none := fn.Reply(func(context.Context, event.Event) (*event.Event, error) { return nil, nil })
	if _, err := handle(t, emit.Replies(none, "/shop/confirm", sink)); err != nil || sink.calls != 4 || other.calls != 0 {
		t.Errorf("error %v; %d and %d calls", err, sink.calls, other.calls)
	}
	if reply, err := handle(t, emit.Answers(value, "/shop/confirm", false, other)); err != nil || reply == nil || string(reply.Data()) != "done" || other.calls != 0 {
		t.Errorf("on http: reply %v, error %v, %d calls", reply, err, other.calls)
	}
}

// What can never be sent is said when it is emitted, and is permanent.
func TestRefusedEmissions(t *testing.T) {
	invalid := newEvent("a")
	invalid.SetExtension("x", "y")
	invalid.Context.(*event.EventContextV1).Extensions["not_valid"] = "1"
	number := newEvent("a")
	number.SetExtension("x", "y")
	number.Context.(*event.EventContextV1).Extensions["x"] = 1
	for want, send := range map[string]func(context.Context) error{
		"emit: the event has no type; set one, or write type= in the directive of the sink news": func(ctx context.Context) error { return fn.Emit(ctx, event.Event{}, "news") },
		"emit: the function has the sinks news, mail; name one of them":                          func(ctx context.Context) error { return fn.Emit(ctx, newEvent("a")) },
		`emit: no sink "post"; the function has news, mail`:                                      func(ctx context.Context) error { return fn.EmitNow(ctx, newEvent("a"), "post") },
		`emit: the type "dev.fngen.object.created.v1" is made by adapters only; choose another`:  func(ctx context.Context) error { return fn.Emit(ctx, newEvent("dev.fngen.object.created.v1"), "news") },
		`emit: the type "dev.fngen.x" is made by adapters only; choose another`:                  func(ctx context.Context) error { return fn.Emit(ctx, newEvent("dev.fngen.x"), "news") },
		"emit: no valid event: the extension x is of type int; set it with SetExtension":         func(ctx context.Context) error { return fn.Emit(ctx, number, "mail") },
		"not_valid": func(ctx context.Context) error { return fn.Emit(ctx, invalid, "mail") },
	} {
		var got error
		h := emit.Replies(fn.HandlerFunc(func(ctx context.Context, _ event.Event) (*event.Event, error) {
			got = send(ctx)
			return nil, nil
		}), "/shop/confirm", &service{name: "news"}, &service{name: "mail"})
		if _, err := handle(t, h); err != nil {
			t.Fatal(err)
		}
		if kind, _ := run.Kind(got); got == nil || kind != mark.Permanent || !strings.Contains(got.Error(), want) {
			t.Errorf("got %v (kind %v), want %s", got, kind, want)
		}
	}
	var kept context.Context
	_, _ = handle(t, emit.Replies(fn.HandlerFunc(func(ctx context.Context, _ event.Event) (*event.Event, error) { kept = ctx; return nil, nil }), "/shop/confirm", &service{}))
	if err := fn.Emit(kept, newEvent("late")); err == nil {
		t.Error("an emission after the handler has returned is lost without a word")
	}
	if err := fn.Emit(t.Context(), newEvent("a")); err == nil || !strings.Contains(err.Error(), "//fn:sink") {
		t.Errorf("without a sink: %v", err)
	}
}

// Only what was not taken is sent again, with back-off, while there is time;
// then the input is left to be delivered again. What is refused for good is
// permanent at once.
func TestFailingSink(t *testing.T) {
	down := errors.New("down")
	tests := []struct {
		name   string
		answer func(call int, events []event.Event) []error
		left   time.Duration // until the deadline
		calls  int
		taken  string
		want   string // the error
		kind   mark.Kind
		took   time.Duration
	}{
		{name: "down twice", answer: func(call int, events []event.Event) []error {
			if call > 2 {
				return nil
			}
			return []error{down, down, down}
		}, left: time.Minute, calls: 3, taken: "a b c", took: 300 * time.Millisecond},
		{name: "one of three", answer: func(call int, events []event.Event) []error {
			if call > 1 {
				return make([]error, len(events))
			}
			return []error{nil, down, nil}
		}, left: time.Minute, calls: 2, taken: "a c b", took: 100 * time.Millisecond},
		{name: "down", answer: func(_ int, events []event.Event) []error { return fill(events, down) },
			left: time.Minute, calls: 4, want: "emit: sink news: down", took: 700 * time.Millisecond},
		{name: "no time left", answer: func(_ int, events []event.Event) []error { return fill(events, down) },
			left: 250 * time.Millisecond, calls: 2, want: "emit: sink news: down", took: 100 * time.Millisecond},
		{name: "refused", answer: func(_ int, events []event.Event) []error {
			return []error{down, fn.Permanent(errors.New("too large")), nil}
		},
			left: time.Minute, calls: 1, taken: "c", want: "emit: sink news: too large", kind: mark.Permanent},
	}
	for _, test := range tests {
		synctest.Test(t, func(t *testing.T) {
			sink := &service{name: "news", answer: test.answer}
			ctx, cancel := context.WithTimeout(t.Context(), test.left)
			defer cancel()
			start := time.Now()
			_, err := emit.Replies(emits("a", "b", "c"), "/shop/confirm", sink).Handle(ctx, input())
			kind, _ := run.Kind(err)
			if fmt.Sprint(err) != fmt.Sprint(wantError(test.want)) || err != nil && kind != test.kind {
				t.Errorf("%s: error %v (kind %v), want %s (%v)", test.name, err, kind, test.want, test.kind)
			}
			if sink.calls != test.calls || sink.types() != test.taken || time.Since(start) != test.took {
				t.Errorf("%s: %d calls, taken %q in %v; want %d, %q, %v", test.name, sink.calls, sink.types(), time.Since(start), test.calls, test.taken, test.took)
			}
		})
	}
}

func fill(events []event.Event, err error) []error {
	errs := make([]error, len(events))
	for i := range errs {
		errs[i] = err
	}
	return errs
}

func wantError(text string) error {
	if text == "" {
		return nil
	}
	return errors.New(text)
}

// Handlers may emit from several goroutines.
func TestConcurrentEmissions(t *testing.T) {
	sink := &service{name: "news"}
	h := emit.Replies(fn.HandlerFunc(func(ctx context.Context, _ event.Event) (*event.Event, error) {
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for range 50 {
					if err := fn.Emit(ctx, newEvent("a")); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		return nil, nil
	}), "/shop/confirm", sink)
	if _, err := handle(t, h); err != nil || len(sink.taken) != 400 {
		t.Errorf("error %v, %d events", err, len(sink.taken))
	}
}
