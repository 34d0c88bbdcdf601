package conformance

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"

	"github.com/fngen/fngen/fn"
)

// An Outcome is what the handler does with an event.
type Outcome uint8

const (
	OK Outcome = iota
	Error
	RetryAfter
	Permanent
	BadInput
	Panic
	TypedNil          // an error whose methods panic
	TypedNilPermanent // the same, for good
	Goexit            // it ends its goroutine
	Deadline          // it goes on until its time is up
)

// hint is what a handler asks for with [RetryAfter].
const hint = 7 * time.Second

// do is the handler's part.
func (o Outcome) do(ctx context.Context) error {
	err := errors.New("told to fail")
	switch o {
	case Error:
		return err
	case RetryAfter:
		return fn.RetryAfter(err, hint)
	case Permanent:
		return fn.Permanent(err)
	case BadInput:
		return fn.BadInput(err)
	case Panic:
		panic("told to panic")
	case TypedNil:
		return (*brokenError)(nil)
	case TypedNilPermanent:
		return fn.Permanent((*brokenError)(nil))
	case Goexit:
		runtime.Goexit()
	case Deadline:
		<-ctx.Done()
		return ctx.Err()
	}
	return nil
}

// brokenError has methods that panic on the nil pointer.
type brokenError struct {
	text  string
	cause error
}

func (e *brokenError) Error() string { return e.text }
func (e *brokenError) Unwrap() error { return e.cause }

// retries is the number of tries in the process after the first.
const retries = 2

// A Batch is what a handler does with several records, and what has to become
// of them.
type Batch struct {
	Name         string
	Outcomes     []Outcome // for each record
	NoDeadLetter bool
	Want         map[Mode]string // see parseWant
}

// An expectation is what has to become of a record.
type expectation struct {
	verdict Verdict
	dropped bool // given up, and logged whole
	calls   int  // of the handler
}

// parseWant reads what has to become of records: for each a letter and the
// number of calls.
//
//	A  acknowledged, since it is handled or not asked for
//	R  retried by the platform
//	D  dropped: logged whole, and then acknowledged, or failed where nobody
//	   delivers again
func parseWant(want string, final bool) ([]expectation, error) {
	var out []expectation
	for _, field := range strings.Fields(want) {
		var letter byte
		var e expectation
		if _, err := fmt.Sscanf(field, "%c%d", &letter, &e.calls); err != nil {
			return nil, fmt.Errorf("%q: %w", field, err)
		}
		switch letter {
		case 'A':
		case 'R':
			e.verdict = Retried
		case 'D':
			e.dropped = true
			if final {
				e.verdict = Failed
			}
		default:
			return nil, fmt.Errorf("%q: not A, R or D", field)
		}
		out = append(out, e)
	}
	return out, nil
}

// A single is what has to become of one record alone.
type single struct {
	name         string
	outcome      Outcome
	noDeadLetter bool
	redelivered  string // see parseWant; where the platform delivers again
	final        string // and where it does not
	status       int    // of the response to a request
}

// singles returns what has to become of a record that is handled.
//
// A failure for good is a retry as long as no dead letters are written, so that
// nothing is lost.
func singles() []single {
	return []single{
		{"ok", OK, false, "A1", "A1", 204},
		{"error", Error, false, "R1", "D3", 500},
		{"retry after", RetryAfter, false, "R1", "D3", 503},
		{"permanent", Permanent, false, "R1", "D1", 500},
		{"bad input", BadInput, false, "R1", "D1", 400},
		{"panic", Panic, false, "R1", "D3", 500},
		{"an error whose methods panic", TypedNil, false, "R1", "D3", 500},
		{"one for good", TypedNilPermanent, false, "R1", "D1", 500},
		{"an ended goroutine", Goexit, false, "R1", "D3", 500},
		{"deadline", Deadline, false, "R1", "D1", 504},
		{"ok without dead letters", OK, true, "A1", "A1", 204},
		{"error without dead letters", Error, true, "R1", "D3", 500},
		{"permanent without dead letters", Permanent, true, "D1", "D1", 500},
		{"bad input without dead letters", BadInput, true, "D1", "D1", 400},
		{"panic without dead letters", Panic, true, "R1", "D3", 500},
	}
}

// unhandled returns what has to become of a record that no handler sees.
func unhandled(fate Fate, opaque bool) []single {
	const name, without = "not handled", "not handled without dead letters"
	switch {
	case fate == Ignored:
		return []single{{name, OK, false, "A0", "A0", 0}, {without, OK, true, "A0", "A0", 0}}
	case fate == Postponed || opaque:
		return []single{{name, OK, false, "R0", "D0", 400}, {without, OK, true, "R0", "D0", 400}}
	}
	return []single{{name, OK, false, "R0", "D0", 400}, {without, OK, true, "D0", "D0", 400}}
}
