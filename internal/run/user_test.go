package run

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"strings"
	"testing"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/emit"
)

// stockError has methods that panic on a nil pointer, as most errors have.
type stockError struct {
	article string
	err     error
}

func (e *stockError) Error() string        { return e.article }
func (e *stockError) Unwrap() error        { return e.err }
func (e *stockError) Is(target error) bool { return e.err == target }

// faulty does in its methods what its function does.
type faulty func()

func (f faulty) Error() string        { f(); return "" }
func (f faulty) Unwrap() error        { f(); return nil }
func (f faulty) Is(error) bool        { f(); return false }
func (f faulty) As(any) bool          { f(); return false }
func (f faulty) String() string       { f(); return "" }
func (f faulty) LogValue() slog.Value { f(); return slog.Value{} }

// nested panics with what panics itself when it is printed, which package fmt
// lets out.
func nested() { panic(faulty(nested)) }

// loggerThatPanics is a slog.Handler of an application.
type loggerThatPanics struct{ slog.Handler }

func (loggerThatPanics) Handle(context.Context, slog.Record) error { panic("log") }

// Whatever the methods of an error or of a panic's value do, the process goes on
// and the record has the outcome that it would have had: the next one is handled.
func TestErrorsOfUsers(t *testing.T) {
	var missing *stockError
	deep := func() error { return fmt.Errorf("order: %w", errors.Join(io.EOF, missing)) }
	tests := map[string]struct {
		fails   func() error
		outcome Outcome
		text    string
	}{
		"typed nil":             {func() error { return missing }, Retry, "*run.stockError, whose text cannot be had"},
		"a nil in it":           {func() error { return &stockError{"no stock", missing} }, Retry, "no stock"},
		"permanent typed nil":   {func() error { return fn.Permanent(missing) }, DeadLettered, "*run.stockError, whose text cannot be had"},
		"joined":                {deep, Retry, ""},
		"panics in all methods": {func() error { return faulty(func() { panic("method") }) }, Retry, "run.faulty, whose text cannot be had"},
		"panics anew":           {func() error { return faulty(nested) }, Retry, "run.faulty, whose text cannot be had"},
		"ends the goroutine":    {func() error { return faulty(runtime.Goexit) }, Retry, errExited.Error()},
		"panics with typed nil": {func() error { panic(missing) }, Retry, "panic: *run.stockError, whose text cannot be had"},
		"panics with a panic":   {func() error { nested(); return nil }, Retry, "panic: run.faulty, whose text cannot be had"},
		"panics with Goexit":    {func() error { panic(faulty(runtime.Goexit)) }, Retry, ""},
	}
	for name, test := range tests {
		for _, logger := range []string{"", "panics"} {
			t.Run(name+logger, func(t *testing.T) {
				lines := capture(t)
				if logger != "" {
					slog.SetDefault(slog.New(loggerThatPanics{slog.Default().Handler()}))
				}
				sink := &letters{}
				h := handler(func(_ context.Context, id string) error {
					if id == "1" {
						return test.fails()
					}
					return nil
				})
				results := Each(t.Context(), h, Policy{DeadLetter: emit.DeadLetters("/shop/confirm", sink)}, []Record{record("1", "a"), record("2", "b")})
				check(t, "outcomes", []Outcome{test.outcome, Done}, []Outcome{results[0].Outcome, results[1].Outcome})
				if got := results[0].Err.Error(); !strings.HasPrefix(got, test.text) {
					t.Errorf("error %q, want %q", got, test.text)
				}
				failed := 0
				for _, l := range lines() {
					if l.Message == "event failed" {
						failed++
					}
				}
				if want := 1; logger == "" && failed != want {
					t.Errorf("%d lines say that the event failed, want %d", failed, want)
				}
			})
		}
	}
}

// badContext is a context of somebody's middleware.
type badContext struct {
	context.Context
	good int // the number of calls that it takes
}

func (c *badContext) Err() error {
	if c.good--; c.good == -1 {
		panic("context")
	}
	return c.Context.Err()
}

// A context that panics ends no process, and costs no other record.
func TestContextOfUsers(t *testing.T) {
	for good := range 4 {
		capture(t)
		results := Each(&badContext{t.Context(), good}, handler(func(context.Context, string) error { return errors.New("no stock") }),
			Policy{DeadLetter: emit.DeadLetters("/shop/confirm", &letters{}), Retries: 1}, []Record{record("1", ""), record("2", "")})
		check(t, "outcomes", []string{"retry", "retry"}, outcomes(results))
	}
}
