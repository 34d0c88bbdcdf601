package run

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

// In its own goroutine a handler is answered for once, in time, and before
// EachHere returns: what is answered through may be gone after that.
func TestEachHere(t *testing.T) {
	capture(t)
	for name, test := range map[string]struct {
		does     func(ctx context.Context, answering <-chan struct{})
		answered time.Duration
		outcome  string
		late     bool
	}{
		"returns":                          {func(context.Context, <-chan struct{}) { time.Sleep(time.Second) }, time.Second, "done", false},
		"exits":                            {func(context.Context, <-chan struct{}) { runtime.Goexit() }, 0, "retry", false},
		"panics":                           {func(context.Context, <-chan struct{}) { panic("here") }, 0, "retry", false},
		"is late":                          {func(context.Context, <-chan struct{}) { time.Sleep(time.Hour) }, 28500 * time.Millisecond, "retry", true},
		"is late and exits":                {func(context.Context, <-chan struct{}) { time.Sleep(time.Hour); runtime.Goexit() }, 28500 * time.Millisecond, "retry", true},
		"returns while it is answered for": {func(_ context.Context, answering <-chan struct{}) { <-answering }, 28500 * time.Millisecond, "retry", true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
				defer cancel()
				answers, answering := 0, make(chan struct{})
				ended := make(chan struct{})
				go func() {
					defer close(ended)
					defer func() { check(t, "answers at the end", 1, answers) }()
					new(Runner).EachHere(ctx, handler(func(ctx context.Context, _ string) error {
						test.does(ctx, answering)
						return nil
					}), Policy{}, []Record{record("1", "")}, func(results []Result, late bool) {
						check(t, "answered after", test.answered, time.Since(start))
						check(t, "outcomes", []string{test.outcome}, outcomes(results))
						check(t, "late", test.late, late)
						close(answering)
						time.Sleep(time.Millisecond)
						answers++
					})
				}()
				<-ended
			})
		})
	}
}
