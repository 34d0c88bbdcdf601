package run

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fngen/fngen/fn"
)

// The reserve is a tenth of the time left, at least half a second, at most
// five, and never more than half; half of it is left to write the answer.
func TestReserve(t *testing.T) {
	tests := []struct{ left, handlers, answer time.Duration }{
		{900 * time.Second, 895 * time.Second, 897500 * time.Millisecond},
		{50 * time.Second, 45 * time.Second, 47500 * time.Millisecond},
		{30 * time.Second, 27 * time.Second, 28500 * time.Millisecond},
		{5 * time.Second, 4500 * time.Millisecond, 4750 * time.Millisecond},
		{3 * time.Second, 2500 * time.Millisecond, 2750 * time.Millisecond},
		{1 * time.Second, 500 * time.Millisecond, 750 * time.Millisecond},
		{600 * time.Millisecond, 300 * time.Millisecond, 450 * time.Millisecond},
	}
	for _, test := range tests {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			parent, cancelParent := context.WithTimeout(t.Context(), test.left)
			defer cancelParent()
			ctx := Reserve(parent)
			defer ctx.End()
			deadline, _ := ctx.Deadline()
			check(t, "handlers of "+test.left.String(), test.handlers, deadline.Sub(start))
			check(t, "answer of "+test.left.String(), test.answer, ctx.AnswerBy.Sub(start))
		})
	}
}

// Without a deadline there is no reserve; after it the time is up.
func TestReserveWithoutTime(t *testing.T) {
	ctx := Reserve(context.Background())
	if _, ok := ctx.Deadline(); ok || !ctx.AnswerBy.IsZero() {
		t.Errorf("answer by %v", ctx.AnswerBy)
	}
	ctx.End()
	if ctx.Err() == nil {
		t.Error("End does not end the context")
	}
	past, cancelPast := context.WithTimeout(context.Background(), -time.Minute)
	defer cancelPast()
	ctx = Reserve(past)
	defer ctx.End()
	if ctx.Err() == nil || ctx.AnswerBy.After(time.Now()) {
		t.Errorf("after the deadline: %v, answer by %v", ctx.Err(), ctx.AnswerBy)
	}
}

// A context for handlers keeps the contract of context.Context, whether or not
// anybody asked for Done before it ended: Done and Err agree, the first reason
// stays, and contexts made from it end with it.
func TestReserveIsContext(t *testing.T) {
	ends := map[string]struct {
		end  func(ctx *Reserved, cancelParent context.CancelFunc)
		want error
	}{
		"End":                {func(ctx *Reserved, _ context.CancelFunc) { ctx.End() }, context.Canceled},
		"the time":           {func(*Reserved, context.CancelFunc) { time.Sleep(27 * time.Second) }, context.DeadlineExceeded},
		"the time, then End": {func(ctx *Reserved, _ context.CancelFunc) { time.Sleep(28 * time.Second); ctx.End() }, context.DeadlineExceeded},
		"End, then the time": {func(ctx *Reserved, _ context.CancelFunc) { ctx.End(); time.Sleep(28 * time.Second) }, context.Canceled},
		"the parent":         {func(_ *Reserved, cancelParent context.CancelFunc) { cancelParent() }, context.Canceled},
	}
	for name, test := range ends {
		for _, asked := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				parent, cancelParent := context.WithTimeout(t.Context(), 30*time.Second)
				defer cancelParent()
				ctx := Reserve(parent)
				defer ctx.End()
				var child context.Context
				if asked {
					var cancel context.CancelFunc
					child, cancel = context.WithCancel(ctx)
					defer cancel()
				}
				if ctx.Err() != nil || context.Cause(ctx) != nil {
					t.Errorf("%s, asked %v: ended before: %v", name, asked, ctx.Err())
				}
				test.end(ctx, cancelParent)
				synctest.Wait()
				select {
				case <-ctx.Done():
				default:
					t.Errorf("%s, asked %v: Done is open", name, asked)
				}
				if ctx.Err() != test.want || context.Cause(ctx) != test.want {
					t.Errorf("%s, asked %v: %v, cause %v; want %v", name, asked, ctx.Err(), context.Cause(ctx), test.want)
				}
				if asked && child.Err() != test.want {
					t.Errorf("%s: the child has %v, want %v", name, child.Err(), test.want)
				}
			})
		}
	}
}

// Results are in the records' order. In an ordered group what fails stops the
// rest, by an error that is permanent too as long as the platform still has to
// take the event away; other groups go on.
func TestGroups(t *testing.T) {
	capture(t)
	retry := errors.New("no stock")
	tests := []struct {
		name    string
		records []Record
		fail    map[string]error
		want    []string
		handled string
	}{
		{"none", nil, nil, []string{}, ""},
		{"no groups", []Record{record("1", ""), record("2", ""), record("3", "")}, map[string]error{"2": retry},
			[]string{"done", "retry", "done"}, "1 2 3"},
		{"one group", []Record{record("1", "a"), record("2", "a"), record("3", "a")}, map[string]error{"2": retry},
			[]string{"done", "retry", "retry"}, "1 2"},
		{"groups mixed", []Record{record("1", "a"), record("2", "b"), record("3", "a"), record("4", ""), record("5", "b")}, map[string]error{"1": retry},
			[]string{"retry", "done", "retry", "done", "done"}, "1 2 5 4"},
		{"permanent", []Record{record("1", "a"), record("2", "a")}, map[string]error{"1": fn.Permanent(retry)},
			[]string{"retry", "retry"}, "1"},
		{"panic", []Record{record("1", "a"), record("2", "a"), record("3", "b")}, map[string]error{"1": nil},
			[]string{"retry", "retry", "done"}, "1 3"},
		{"does not decode", []Record{{Group: "a", Err: retry}, record("2", "a"), record("3", "b")}, nil,
			[]string{"retry", "retry", "done"}, "3"},
		{"not asked for", []Record{{Group: "a", Skip: true}, record("2", "a")}, nil,
			[]string{"done", "done"}, "2"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var handled []string
			results := Each(context.Background(), handler(func(_ context.Context, id string) error {
				handled = append(handled, id)
				err, ok := test.fail[id]
				if ok && err == nil {
					panic("no stock")
				}
				return err
			}), Policy{}, test.records)
			check(t, "outcomes", test.want, outcomes(results))
			check(t, "handled", test.handled, strings.Join(handled, " "))
		})
	}
}

// As many groups run at once as the policy says, records of one group never,
// and a group that waits holds up no other worker.
func TestConcurrency(t *testing.T) {
	for _, test := range []struct{ concurrency, want int }{{-1, 1}, {0, 1}, {1, 1}, {3, 3}, {100, 5}} {
		t.Run(fmt.Sprint(test.concurrency), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var mu sync.Mutex
				running := map[string]int{} // by group
				release := make(chan struct{})
				h := handler(func(_ context.Context, id string) error {
					group := id[:1]
					mu.Lock()
					running[group]++
					if running[group] > 1 {
						t.Errorf("group %s runs twice at once", group)
					}
					mu.Unlock()
					<-release
					mu.Lock()
					delete(running, group)
					mu.Unlock()
					return nil
				})
				var records []Record
				for _, id := range []string{"a1", "a2", "b1", "b2", "c1", "d1", "e1"} {
					records = append(records, record(id, id[:1]))
				}
				done := make(chan []Result)
				go func() { done <- Each(t.Context(), h, Policy{Concurrency: test.concurrency}, records) }()
				synctest.Wait() // until all that can start has started
				mu.Lock()
				check(t, "running at once", test.want, len(running))
				mu.Unlock()
				close(release)
				for i, r := range <-done {
					if r.Outcome != Done {
						t.Errorf("record %d: %v", i, r.Err)
					}
				}
			})
		})
	}
}

// A handler that heeds its context is told in time; what is not started then
// is reported for another delivery.
func TestDeadline(t *testing.T) {
	capture(t)
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		results := Each(ctx, handler(func(ctx context.Context, id string) error {
			if id == "1" {
				return nil
			}
			<-ctx.Done()
			return ctx.Err()
		}), Policy{}, []Record{record("1", ""), record("2", ""), record("3", "")})
		check(t, "took", 27*time.Second, time.Since(start))
		check(t, "outcomes", []string{"done", "retry", "retry"}, outcomes(results))
		for _, r := range results[1:] {
			if r.Err == nil || !r.Late {
				t.Errorf("got %v, late %t", r.Err, r.Late)
			}
		}
	})
}

// A handler that ignores its context does not hold up the answer, and what it
// does later changes nothing in it and starts nothing more.
func TestHandlerIgnoresDeadline(t *testing.T) {
	capture(t)
	for _, concurrency := range []int{1, 2} {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			release, ended := make(chan struct{}), false
			results := Each(ctx, handler(func(_ context.Context, id string) error {
				switch id {
				case "1":
					<-release
					ended = true
				case "3":
					t.Error("3 is started after 2 in its group has failed")
				case "2":
					<-ctx.Done() // longer than the handlers' context lasts
				}
				return nil
			}), Policy{Concurrency: concurrency}, []Record{record("1", "a"), record("2", "b"), record("3", "a"), record("4", "b")})
			check(t, "took", 28500*time.Millisecond, time.Since(start))
			check(t, "outcomes", []string{"retry", "retry", "retry", "retry"}, outcomes(results))
			if results[0].Err != ErrNotReturned || results[2].Err != errNotStarted {
				t.Errorf("got %v and %v", results[0].Err, results[2].Err)
			}
			close(release)
			synctest.Wait()
			if !ended {
				t.Error("the handler has not ended")
			}
			check(t, "outcomes afterwards", []string{"retry", "retry", "retry", "retry"}, outcomes(results))
		})
	}
}

// Nothing is started when the time is up, or the request gone, from the start.
func TestNoTimeAtAll(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	results := Each(ctx, handler(func(_ context.Context, id string) error { t.Errorf("%s is handled", id); return nil }),
		Policy{Concurrency: 2}, []Record{record("1", ""), record("2", "a")})
	check(t, "outcomes", []string{"retry", "retry"}, outcomes(results))
	if results[0].Err != errNotStarted {
		t.Errorf("got %v", results[0].Err)
	}
}

// Within a context that has the reserve taken off already nothing more is, so
// that an event handler behind HTTP keeps its time.
func TestReserveOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		outer := Reserve(ctx)
		defer outer.End()
		inner := Reserve(outer)
		defer inner.End()
		want, _ := outer.Deadline()
		got, _ := inner.Deadline()
		check(t, "deadline", want, got)
		check(t, "answer by", outer.AnswerBy, inner.AnswerBy)
	})
}

// An undecodable record that is marked as worth another delivery gets one, even
// where what can never succeed is dropped.
func TestMarkedDecodeError(t *testing.T) {
	capture(t)
	r := record("1", "")
	r.Err = fn.RetryAfter(errors.New("a setting is missing"), 0)
	results := Each(t.Context(), handler(func(context.Context, string) error { return nil }), Policy{NoDeadLetter: true}, []Record{r})
	check(t, "outcomes", []string{"retry"}, outcomes(results))
}
