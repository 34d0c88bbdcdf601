package run

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fngen/fngen/fn"
)

// Tries in the process: how many there are and when, by the policy, the error
// and the time that is left.
func TestRetries(t *testing.T) {
	retry := errors.New("no stock")
	seconds := func(try int) time.Duration { return time.Duration(try) * time.Second }
	tests := []struct {
		name    string
		policy  Policy
		errs    []error // of each try; the last one for all that follow
		timeout time.Duration
		at      []time.Duration // when the handler is called
		outcome string
	}{
		{"none", Policy{}, []error{retry}, 0, []time.Duration{0}, "retry"},
		{"without a wait", Policy{Retries: 2}, []error{retry}, 0, []time.Duration{0, 0, 0}, "retry"},
		{"the second does it", Policy{Retries: 2, Backoff: seconds}, []error{retry, nil}, 0, []time.Duration{0, 1e9}, "done"},
		{"back-off", Policy{Retries: 2, Backoff: seconds}, []error{retry}, 0, []time.Duration{0, 1e9, 3e9}, "retry"},
		{"longer hint", Policy{Retries: 1, Backoff: seconds}, []error{fn.RetryAfter(retry, 5*time.Second), nil}, 0, []time.Duration{0, 5e9}, "done"},
		{"shorter hint", Policy{Retries: 1, Backoff: seconds}, []error{fn.RetryAfter(retry, time.Millisecond), nil}, 0, []time.Duration{0, 1e9}, "done"},
		{"permanent", Policy{Retries: 2}, []error{fn.Permanent(retry)}, 0, []time.Duration{0}, "retry"},
		{"bad input", Policy{Retries: 2}, []error{fn.BadInput(retry)}, 0, []time.Duration{0}, "retry"},
		{"retry, then permanent", Policy{Retries: 2, NoDeadLetter: true}, []error{retry, fn.Permanent(retry)}, 0, []time.Duration{0, 0}, "dropped"},
		{"no time for the wait", Policy{Retries: 2, Backoff: seconds}, []error{retry}, 3 * time.Second, []time.Duration{0, 1e9}, "retry"},
		{"hint beyond the deadline", Policy{Retries: 2, NoRedelivery: true}, []error{fn.RetryAfter(retry, time.Minute)}, 10 * time.Second, []time.Duration{0}, "dropped"},
		{"final", Policy{Retries: 1, NoRedelivery: true}, []error{retry}, 0, []time.Duration{0, 0}, "dropped"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			capture(t)
			synctest.Test(t, func(t *testing.T) {
				ctx := t.Context()
				if test.timeout != 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, test.timeout)
					defer cancel()
				}
				start, at := time.Now(), []time.Duration{}
				results := Each(ctx, handler(func(context.Context, string) error {
					err := test.errs[min(len(at), len(test.errs)-1)]
					at = append(at, time.Since(start))
					return err
				}), test.policy, []Record{record("1", "")})
				check(t, "calls", test.at, at)
				check(t, "no wait after the last call", at[len(at)-1], time.Since(start))
				check(t, "outcome", []string{test.outcome}, outcomes(results))
			})
		})
	}
}

// The wait before a try ends with the invocation.
func TestPauseEndsWithContext(t *testing.T) {
	capture(t)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		start := time.Now()
		results := Each(ctx, handler(func(context.Context, string) error { return errors.New("no stock") }),
			Policy{Retries: 1, Backoff: func(int) time.Duration { return time.Hour }}, []Record{record("1", "")})
		check(t, "took", time.Second, time.Since(start))
		check(t, "outcomes", []string{"retry"}, outcomes(results))
	})
}

// A panic is tried again as an error is.
func TestRetryAfterPanic(t *testing.T) {
	capture(t)
	calls := 0
	results := Each(context.Background(), handler(func(context.Context, string) error {
		if calls++; calls == 1 {
			panic("no stock")
		}
		return nil
	}), Policy{Retries: 1}, []Record{record("1", "")})
	check(t, "outcomes", []string{"done"}, outcomes(results))
}

// A handler that changes the event, its attributes, its extensions or the bytes
// of its data, changes it for nobody else: not for the next try, and not for
// the log.
func TestHandlerChangesEvent(t *testing.T) {
	for _, policy := range []Policy{{Retries: 2}, {Retries: 2, NoRedelivery: true}, {NoRedelivery: true}, {NoDeadLetter: true}} {
		lines := capture(t)
		r := record("1", "")
		r.Event.SetExtension("ext", "a")
		before := r.Event.Clone()
		Each(context.Background(), fn.HandlerFunc(func(_ context.Context, e fn.Event) (*fn.Event, error) {
			if e.ID() != "1" || e.Type() != "t" || e.Extensions()["ext"] != "a" || string(e.Data()) != `{"id":"1"}` {
				t.Errorf("%+v: the handler gets %v", policy, e)
			}
			e.SetID("2")
			e.SetType("changed")
			e.SetExtension("ext", "changed")
			copy(e.Data(), bytes.Repeat([]byte{'x'}, len(e.Data())))
			if policy.NoDeadLetter {
				return nil, fn.Permanent(errors.New("no stock"))
			}
			return nil, errors.New("no stock")
		}), policy, []Record{r})
		if !policy.NoRedelivery && !policy.NoDeadLetter {
			continue
		}
		check(t, "event", before, r.Event)
		all := lines()
		check(t, "logged", `{"specversion":"1.0","id":"1","source":"/s","type":"t","datacontenttype":"application/json","ext":"a","data":{"id":"1"}}`, all[len(all)-1].Event)
	}
}
