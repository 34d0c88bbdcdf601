package run

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/emit"
)

// letters is a sink for dead letters.
type letters struct {
	refuse func(e event.Event) error // nil takes all
	took   time.Duration             // of a call

	mu      sync.Mutex
	written []event.Event
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
	return nil
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
// again; one that is refused for good is written once more without data. Where
// nobody delivers again, what could not be written is logged whole.
func TestUnwrittenLetters(t *testing.T) {
	tooLarge := func(e event.Event) error {
		if len(e.Data()) > 0 {
			return fn.Permanent(errors.New("1 MB"))
		}
		return nil
	}
	never := func(event.Event) error { return fn.Permanent(errors.New("characters")) }
	down := func(event.Event) error { return errors.New("down") }
	for _, test := range []struct {
		name    string
		refuse  func(event.Event) error
		final   bool
		outcome Outcome
		logged  bool
		written int
	}{
		{"down", down, false, Retry, false, 0},
		{"down, and final", down, true, Discarded, true, 0},
		{"too large", tooLarge, false, DeadLettered, false, 1},
		{"refused", never, false, Retry, false, 0},
		{"refused, and final", never, true, Discarded, true, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			logged := capture(t)
			sink := &letters{refuse: test.refuse}
			h := handler(func(context.Context, string) error { return fn.Permanent(errors.New("no such article")) })
			results := Each(t.Context(), h, Policy{NoRedelivery: test.final, DeadLetter: emit.DeadLetters("/shop/confirm", sink)}, []Record{record("1", "")})
			check(t, test.name, test.outcome, results[0].Outcome)
			check(t, test.name+": logged whole", test.logged, len(dropped(logged())) > 0)
			check(t, test.name+": letters", test.written, len(sink.written))
			if test.written > 0 {
				e := sink.written[0]
				want := map[string]any{"deadletterreason": "too-large", "deadletterfunction": "/shop/confirm", "deadletterattempts": int32(1), "dataref": "/s#1"}
				check(t, test.name, want, e.Extensions())
			}
		})
	}
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
