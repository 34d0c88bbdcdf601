package run

import (
	"context"
	"errors"
	"maps"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/emit"
)

// letters is a sink for dead letters.
type letters struct {
	refuse func(e event.Event) error // nil takes all
	took   time.Duration             // of a call

	mu      sync.Mutex
	written []event.Event
	of      []string // the native ids of the deliveries that they are written for
}

func (l *letters) Declared() (string, string) { return "letters", "" }

func (l *letters) Send(ctx context.Context, events []event.Event) []error {
	if l.took > 0 {
		select {
		case <-time.After(l.took):
		case <-ctx.Done():
			return []error{ctx.Err()}
		}
	}
	if l.refuse != nil {
		if err := l.refuse(events[0]); err != nil {
			return []error{err}
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.written = append(l.written, events...)
	d, _ := fn.DeliveryFrom(ctx)
	l.of = append(l.of, d.NativeID)
	return nil
}

// A sink is told for which delivery a letter is written: an event that is sent
// back has the same id when it fails again.
func TestLetterOfDelivery(t *testing.T) {
	capture(t)
	sink := &letters{}
	record := Record{Err: errors.New("cut off"), Native: described{"record 7", fn.Delivery{NativeID: "m-7"}, "raw"}}
	Each(t.Context(), fn.HandlerFunc(nil), Policy{DeadLetter: emit.DeadLetters("/shop/confirm", sink)}, []Record{record})
	if !slices.Equal(sink.of, []string{"m-7"}) {
		t.Errorf("written for %q", sink.of)
	}
}

// What can never succeed, and what nobody delivers again, is written to the
// dead letters whole and then acknowledged, so that the rest of its group goes
// on; what is worth another delivery is not.
func TestDeadLetters(t *testing.T) {
	retry, permanent := errors.New("no stock"), fn.Permanent(errors.New("no such\narticle"))
	undecodable := Record{Err: errors.New("missing messageId"), Native: described{"record 7", fn.Delivery{NativeID: "m-7", Attempt: 3}, "\xffraw"}}
	last := record("1", "g")
	last.NoRedelivery = true
	tests := []struct {
		name    string
		record  Record
		policy  Policy
		err     error
		outcome Outcome
		reason  string // of the letter; "" for none
	}{
		{"permanent", record("1", "g"), Policy{}, permanent, DeadLettered, "no such article"},
		{"bad input", record("1", "g"), Policy{}, fn.BadInput(errors.New("no id")), DeadLettered, "no id"},
		{"retryable", record("1", "g"), Policy{}, retry, Retry, ""},
		{"retryable at its last delivery", last, Policy{}, retry, DeadLettered, "no stock"},
		{"never delivered again", record("1", "g"), Policy{NoRedelivery: true, Retries: 1}, retry, DeadLettered, "no stock"},
		{"undecodable", undecodable, Policy{}, nil, DeadLettered, "missing messageId"},
		{"done", record("1", "g"), Policy{}, nil, Done, ""},
	}
	for _, test := range tests {
		capture(t)
		sink := &letters{}
		test.policy.DeadLetter = emit.DeadLetters("/shop/confirm", sink)
		calls := 0
		h := handler(func(_ context.Context, id string) error {
			calls++
			if id == "1" {
				return test.err
			}
			return nil
		})
		results := Each(t.Context(), h, test.policy, []Record{test.record, record("2", test.record.Group)})
		next := Done
		if test.outcome == Retry {
			next = Retry
		}
		check(t, test.name, []Outcome{test.outcome, next}, []Outcome{results[0].Outcome, results[1].Outcome})
		if test.reason == "" {
			check(t, test.name+": letters", 0, len(sink.written))
			continue
		}
		e := sink.written[0]
		want := map[string]any{"deadletterreason": test.reason, "deadletterfunction": "/shop/confirm", "deadletterattempts": int32(1)}
		if test.policy.Retries > 0 {
			want["deadletterattempts"] = int32(2)
		}
		if test.record.Err != nil {
			want["deadletterattempts"] = int32(3)
			check(t, test.name+": letter", "m-7 /shop/confirm dev.fngen.record.undecodable.v1 \xffraw", e.ID()+" "+e.Source()+" "+e.Type()+" "+string(e.Data()))
		} else {
			check(t, test.name+": letter", "1", e.ID())
		}
		check(t, test.name, want, e.Extensions())
		if test.record.Event.Context != nil {
			check(t, test.name+": the record's own event", 0, len(test.record.Event.Extensions()))
		}
	}
}

// A letter that cannot be written for now leaves the event to be delivered
// again. One that is refused for good is left to the platform's own policy where
// there is one, and written once more without data where there is none, with the
// event in the log. Where nobody delivers again, what could not be written is
// logged whole.
func TestUnwrittenLetters(t *testing.T) {
	tooLarge := func(e event.Event) error {
		if len(e.Data()) > 0 {
			return fn.Permanent(errors.New("1 MB"))
		}
		return nil
	}
	thenDown := func(e event.Event) error {
		if len(e.Data()) > 0 {
			return fn.Permanent(errors.New("1 MB"))
		}
		return errors.New("down")
	}
	never := func(event.Event) error { return fn.Permanent(errors.New("characters")) }
	down := func(event.Event) error { return errors.New("down") }
	panics := func(event.Event) error { panic("here") }
	here, final, platform := Policy{}, Policy{NoRedelivery: true}, Policy{PlatformDeadLetters: true}
	for _, test := range []struct {
		name    string
		refuse  func(event.Event) error
		policy  Policy
		outcome Outcome
		logged  bool
		written int
	}{
		{"down", down, here, Retry, false, 0},
		{"down, and final", down, final, Discarded, true, 0},
		{"down, and the platform's policy", down, platform, Retry, false, 0},
		{"too large", tooLarge, here, DeadLettered, true, 1},
		{"too large, and final", tooLarge, final, DeadLettered, true, 1},
		{"too large, and the platform's policy", tooLarge, platform, Retry, false, 0},
		{"too large, then down", thenDown, here, Retry, false, 0},
		{"too large, then down, and final", thenDown, final, Discarded, true, 0},
		{"refused", never, here, Discarded, true, 0},
		{"refused, and final", never, final, Discarded, true, 0},
		{"refused, and the platform's policy", never, platform, Retry, false, 0},
		{"a sink that panics", panics, here, Retry, false, 0},
		{"a sink that panics, and final", panics, final, Discarded, true, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			logged := capture(t)
			sink := &letters{refuse: test.refuse}
			test.policy.DeadLetter = emit.DeadLetters("/shop/confirm", sink)
			h := handler(func(context.Context, string) error { return fn.Permanent(errors.New("no such article")) })
			results := Each(t.Context(), h, test.policy, []Record{record("1", "")})
			check(t, test.name, test.outcome, results[0].Outcome)
			check(t, test.name+": logged whole", test.logged, len(dropped(logged())) > 0)
			check(t, test.name+": letters", test.written, len(sink.written))
			if test.written > 0 {
				e := sink.written[0]
				want := map[string]any{"deadletterreason": "no such article", "deadletterfunction": "/shop/confirm",
					"deadletterattempts": int32(1), "dataref": "/s#1", "deadlettertruncated": true}
				check(t, test.name, want, e.Extensions())
			}
		})
	}
}

// Where nobody delivers again, what is late, was not started, or has ended its
// goroutine goes to the dead letters as a failure does, in time. What a sink
// that takes its time has not taken is logged whole.
func TestLettersForAll(t *testing.T) {
	for _, test := range []struct {
		name    string
		took    time.Duration // of a letter
		records int
		does    func(ctx context.Context)
		want    map[Outcome]int
		calls   int64
		reasons []string
	}{
		{"late", 0, 3, func(context.Context) { time.Sleep(time.Hour) }, map[Outcome]int{DeadLettered: 3}, 1,
			[]string{errNotStarted.Error(), ErrNotReturned.Error()}},
		{"ends its goroutine", 0, 2, func(context.Context) { runtime.Goexit() }, map[Outcome]int{DeadLettered: 2}, 6, []string{errExited.Error()}},
		{"a slow sink", 31 * time.Millisecond, 1001, func(context.Context) { time.Sleep(time.Hour) }, map[Outcome]int{DeadLettered: 192, Discarded: 809}, 1,
			[]string{errNotStarted.Error(), ErrNotReturned.Error()}},
		{"a sink that is late", time.Hour, 2, func(context.Context) { time.Sleep(time.Hour) }, map[Outcome]int{Discarded: 2}, 1, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			lines := capture(t)
			synctest.Test(t, func(t *testing.T) {
				sink := &letters{took: test.took}
				start := time.Now()
				ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
				defer cancel()
				var calls atomic.Int64
				h := handler(func(ctx context.Context, _ string) error { calls.Add(1); test.does(ctx); return nil })
				records := make([]Record, test.records)
				for i := range records {
					records[i] = record(strconv.Itoa(i), "a")
				}
				results := Each(ctx, h, Policy{Retries: 2, NoRedelivery: true, DeadLetter: emit.DeadLetters("/shop/confirm", sink)}, records)
				if took := time.Since(start); took >= 30*time.Second {
					t.Errorf("answered after %s", took)
				}
				got, reasons := map[Outcome]int{}, map[string]bool{}
				for _, r := range results {
					got[r.Outcome]++
				}
				for _, e := range sink.written {
					reasons[e.Extensions()["deadletterreason"].(string)] = true
				}
				check(t, "outcomes", test.want, got)
				check(t, "calls", test.calls, calls.Load())
				check(t, "letters", test.want[DeadLettered], len(sink.written))
				check(t, "reasons", test.reasons, slices.Collect(maps.Keys(reasons)), cmpopts.EquateEmpty(), cmpopts.SortSlices(strings.Compare))
				check(t, "logged whole", test.want[Discarded], len(dropped(lines())))
				time.Sleep(time.Hour) // until the handler has returned
			})
		})
	}
}

// The last delivery of a message whose handler is late is its own dead letter,
// so that its group goes on; what was not started is left to the queue.
func TestLateAtItsLastDelivery(t *testing.T) {
	capture(t)
	synctest.Test(t, func(t *testing.T) {
		sink := &letters{}
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		records := []Record{record("1", "a"), record("2", "a")}
		records[0].NoRedelivery, records[1].NoRedelivery = true, true
		h := handler(func(context.Context, string) error { time.Sleep(time.Hour); return nil })
		results := Each(ctx, h, Policy{DeadLetter: emit.DeadLetters("/shop/confirm", sink), PlatformDeadLetters: true}, records)
		check(t, "outcomes", []Outcome{DeadLettered, Retry}, []Outcome{results[0].Outcome, results[1].Outcome})
		check(t, "letters", 1, len(sink.written))
		time.Sleep(time.Hour) // until the handler has returned
		check(t, "letters of a handler that was late", 1, len(sink.written))
	})
}

// The letter of a handler that is late says how often it was tried.
func TestLateTries(t *testing.T) {
	capture(t)
	synctest.Test(t, func(t *testing.T) {
		sink := &letters{}
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		calls := 0
		h := handler(func(context.Context, string) error {
			if calls++; calls == 2 {
				time.Sleep(time.Hour)
			}
			return errors.New("no stock")
		})
		Each(ctx, h, Policy{Retries: 2, NoRedelivery: true, DeadLetter: emit.DeadLetters("/shop/confirm", sink)}, []Record{record("1", "")})
		check(t, "attempts", int32(2), sink.written[0].Extensions()["deadletterattempts"].(int32))
		time.Sleep(time.Hour)
	})
}

// A handler that is answered for decides nothing more when it fails.
func TestLateFailureWritesNoLetter(t *testing.T) {
	capture(t)
	synctest.Test(t, func(t *testing.T) {
		sink := &letters{}
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		h := handler(func(context.Context, string) error {
			time.Sleep(time.Hour)
			return fn.Permanent(errors.New("no stock"))
		})
		results := Each(ctx, h, Policy{DeadLetter: emit.DeadLetters("/shop/confirm", sink)}, []Record{record("1", "")})
		check(t, "outcome", Retry, results[0].Outcome)
		time.Sleep(time.Hour)
		check(t, "letters", 0, len(sink.written))
	})
}

// A handler that has used up its time leaves enough of it to write the letter.
func TestLetterAtTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		capture(t)
		sink := &letters{took: 200 * time.Millisecond}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		r := record("1", "")
		r.NoRedelivery = true
		h := handler(func(context.Context, string) error {
			time.Sleep(9 * time.Second)
			return errors.New(strings.Repeat("é", 200))
		})
		results := Each(ctx, h, Policy{DeadLetter: emit.DeadLetters("/shop/confirm", sink)}, []Record{r})
		check(t, "outcome", DeadLettered, results[0].Outcome)
		check(t, "reason", strings.Repeat("é", 128), sink.written[0].Extensions()["deadletterreason"].(string))
	})
}
