package run

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// Each returns in time whatever the handler does, and the result of one that is
// late or has ended its goroutine is a retry.
func TestEachReturns(t *testing.T) {
	const late = 28500 * time.Millisecond
	for name, test := range map[string]struct {
		does     func()
		returned time.Duration
		outcome  string
	}{
		"returns":           {func() { time.Sleep(time.Second) }, time.Second, "done"},
		"panics":            {func() { panic("here") }, 0, "retry"},
		"exits":             {func() { runtime.Goexit() }, 0, "retry"},
		"is late":           {func() { time.Sleep(time.Hour) }, late, "retry"},
		"is late and exits": {func() { time.Sleep(time.Hour); runtime.Goexit() }, late, "retry"},
		"returns just then": {func() { time.Sleep(late - time.Millisecond) }, late - time.Millisecond, "done"},
	} {
		t.Run(name, func(t *testing.T) {
			capture(t)
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
				defer cancel()
				results := Each(ctx, handler(func(context.Context, string) error { test.does(); return nil }), Policy{}, []Record{record("1", "")})
				check(t, "returned after", test.returned, time.Since(start))
				check(t, "outcomes", []string{test.outcome}, outcomes(results))
				time.Sleep(time.Hour) // until the handler has ended
			})
		})
	}
}

// Each call has a time of its own to be answered by: however many begin and end
// meanwhile, one that is due is answered.
func TestEachUnderLoad(t *testing.T) {
	capture(t)
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var ended atomic.Bool
		go func() {
			for !ended.Load() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				Each(ctx, handler(func(context.Context, string) error { time.Sleep(time.Millisecond); return nil }), Policy{}, []Record{record("busy", "")})
				cancel()
			}
		}()
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		stuck := handler(func(context.Context, string) error { time.Sleep(time.Hour); return nil })
		check(t, "outcomes", []string{"retry"}, outcomes(Each(ctx, stuck, Policy{}, []Record{record("stuck", "")})))
		check(t, "returned after", 1750*time.Millisecond, time.Since(start))
		ended.Store(true)
		time.Sleep(time.Hour) // until both have
	})
}

// A process is stuck when one call has not returned while three that began later
// have become late too; calls that began before it was late, that return in
// time, or whose own context ended count for nothing. Nothing is stuck outside
// of a watch.
func TestStuck(t *testing.T) {
	const never = time.Hour
	for name, test := range map[string]struct {
		calls []time.Duration // how long each takes
		width int             // calls at once
		stuck int             // the call that tells, from 1; 0 for none
	}{
		"in time":              {[]time.Duration{1, 1, 1, 1, 1, 1}, 1, 0},
		"all":                  {[]time.Duration{never, never, never, never, never}, 1, 4},
		"three":                {[]time.Duration{never, never, never}, 1, 0},
		"in time between them": {[]time.Duration{never, 1, never, 1, never, 1, never}, 1, 7},
		"late and returned":    {[]time.Duration{35e9, 35e9, 35e9, 35e9, 35e9, 35e9, 35e9}, 1, 0},
		"one that returns":     {[]time.Duration{100e9, never, never, never, never}, 1, 5},
		"at once":              {[]time.Duration{never, never, never, never, never, never}, 6, 0},
		"at once, and again":   {[]time.Duration{never, never, never, never, never, never}, 3, 6},
	} {
		t.Run(name, func(t *testing.T) {
			capture(t)
			synctest.Test(t, func(t *testing.T) {
				stuck, calls := []int{}, 0
				var done atomic.Int64
				ctx := Watch(t.Context(), func(context.Context) { stuck = append(stuck, int(done.Load())+1) })
				for group := range slices.Chunk(test.calls, test.width) {
					var wg sync.WaitGroup
					for _, takes := range group {
						calls++
						wg.Go(func() {
							ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
							defer cancel()
							Each(ctx, handler(func(context.Context, string) error { time.Sleep(takes); return nil }), Policy{}, []Record{record("1", "")})
							done.Add(1)
						})
					}
					wg.Wait()
				}
				want := []int{}
				if test.stuck > 0 {
					want = append(want, test.stuck)
				}
				if test.width == 1 {
					check(t, "stuck at", want, stuck)
				} else {
					check(t, "stuck", len(want), len(stuck))
				}
				time.Sleep(2 * never) // until all have returned
			})
		})
	}
}

// A call that nobody answers for counts when it goes on after its context has
// ended, unless it takes notice or its client has gone.
func TestAttend(t *testing.T) {
	for name, test := range map[string]struct {
		takes time.Duration
		leave time.Duration // when the client goes
		stuck bool
	}{
		"in time":           {time.Second, time.Hour, false},
		"takes notice":      {30*time.Second + attention/2, time.Hour, false},
		"never returns":     {time.Hour, time.Hour, true},
		"the client leaves": {time.Hour, time.Second, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			var stuck atomic.Bool
			ctx := Watch(t.Context(), func(context.Context) { stuck.Store(true) })
			for range maxLater + 1 {
				ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
				time.AfterFunc(test.leave, cancel)
				go func() {
					returned := Attend(ctx)
					defer returned()
					time.Sleep(test.takes)
				}()
				time.Sleep(40 * time.Second)
			}
			if stuck.Load() != test.stuck {
				t.Errorf("%s: stuck: %t", name, stuck.Load())
			}
			time.Sleep(2 * time.Hour)
		})
	}
	Attend(t.Context())()
}

// A handler that is late leaves exactly one line that says so and names its
// record, whoever answers for it; what was not started leaves none.
func TestLateHandlerIsLogged(t *testing.T) {
	for _, test := range []struct {
		policy Policy
		want   []line
	}{
		{Policy{}, []line{{Message: "event failed", Record: "record 2", Error: ErrNotReturned.Error()}}},
		{Policy{NoRedelivery: true}, []line{
			{Message: "event dropped", Record: "record 2", Error: ErrNotReturned.Error(), Piece: 1, Pieces: 1},
			{Message: "event dropped", Record: "record 3", Error: errNotStarted.Error(), Piece: 1, Pieces: 1},
		}},
	} {
		t.Run(fmt.Sprintf("%+v", test.policy), func(t *testing.T) {
			lines := capture(t)
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
				defer cancel()
				h := handler(func(_ context.Context, id string) error {
					if id == "2" {
						time.Sleep(time.Hour)
					}
					return nil
				})
				Each(ctx, h, test.policy, []Record{record("1", "a"), record("2", "a"), record("3", "a")})
				time.Sleep(time.Hour) // until the handler has returned
			})
			got := lines()
			for i := range got {
				got[i].Event = ""
			}
			check(t, "log", test.want, got)
		})
	}
}

// Where the time is reserved around already, who did so answers for a late
// handler, and nothing is said twice.
func TestLateWithinReserve(t *testing.T) {
	lines := capture(t)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		outer := Reserve(ctx)
		defer outer.End()
		inTime := outer.Run(func() {
			Each(outer, handler(func(context.Context, string) error { time.Sleep(time.Hour); return nil }), Policy{}, []Record{record("1", "")})
		})
		if inTime {
			t.Error("the handler was in time")
		}
		time.Sleep(time.Hour) // until it has returned
	})
	check(t, "log", []line(nil), lines())
}
