package run

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

type answererFunc func(results []Result)

func (f answererFunc) AnswerFor(_ context.Context, _ []Record, results []Result) { f(results) }

// In its own goroutine a handler either lets that go on, or is answered for
// once, in time, and before EachHere returns: what is answered through may be
// gone after that.
func TestEachHere(t *testing.T) {
	capture(t)
	const late = 28500 * time.Millisecond
	for name, test := range map[string]struct {
		does     func(answering <-chan struct{})
		answered time.Duration
		outcome  string
		goesOn   bool
	}{
		"returns":                          {func(<-chan struct{}) { time.Sleep(time.Second) }, time.Second, "done", true},
		"panics":                           {func(<-chan struct{}) { panic("here") }, 0, "retry", true},
		"exits":                            {func(<-chan struct{}) { runtime.Goexit() }, 0, "retry", false},
		"is late":                          {func(<-chan struct{}) { time.Sleep(time.Hour) }, late, "retry", false},
		"is late and exits":                {func(<-chan struct{}) { time.Sleep(time.Hour); runtime.Goexit() }, late, "retry", false},
		"returns while it is answered for": {func(answering <-chan struct{}) { <-answering }, late, "retry", false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
				defer cancel()
				answers, answering := 0, make(chan struct{})
				ended := make(chan struct{})
				answer := func(results []Result) {
					check(t, "answered after", test.answered, time.Since(start))
					check(t, "outcomes", []string{test.outcome}, outcomes(results))
					close(answering)
					time.Sleep(time.Millisecond)
					answers++
				}
				go func() {
					defer close(ended)
					defer func() { check(t, "answers at the end", 1, answers) }()
					h := handler(func(context.Context, string) error { test.does(answering); return nil })
					results, goesOn := new(Runner).EachHere(ctx, h, Policy{}, []Record{record("1", "")}, answererFunc(answer))
					check(t, "goes on", test.goesOn, goesOn)
					if goesOn {
						answer(results)
					}
				}()
				<-ended
			})
		})
	}
}
