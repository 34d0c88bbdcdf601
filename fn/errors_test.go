package fn_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/run/mark"
)

// A wrapped nil stays nil, so that `return fn.Permanent(f())` is right.
func TestWrappersOfNil(t *testing.T) {
	if err := fn.Permanent(nil); err != nil {
		t.Errorf("Permanent: %v", err)
	}
	if err := fn.BadInput(nil); err != nil {
		t.Errorf("BadInput: %v", err)
	}
	if err := fn.RetryAfter(nil, time.Second); err != nil {
		t.Errorf("RetryAfter: %v", err)
	}
}

// The wrappers keep the text, unwrap, and carry what they say through further
// wrapping; the outermost one counts.
func TestWrappers(t *testing.T) {
	cause := errors.New("no stock")
	tests := []struct {
		name  string
		err   error
		kind  mark.Kind
		after time.Duration
	}{
		{"permanent", fn.Permanent(cause), mark.Permanent, 0},
		{"bad input", fn.BadInput(cause), mark.BadInput, 0},
		{"retry", fn.RetryAfter(cause, time.Minute), mark.Retry, time.Minute},
		{"retry before now", fn.RetryAfter(cause, -time.Minute), mark.Retry, 0},
		{"wrapped", fmt.Errorf("order 1: %w", fn.Permanent(cause)), mark.Permanent, 0},
		{"joined", errors.Join(errors.New("other"), fn.BadInput(cause)), mark.BadInput, 0},
		{"twice", fn.RetryAfter(fn.Permanent(cause), time.Second), mark.Retry, time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if !errors.Is(test.err, cause) {
				t.Error("does not unwrap to the cause")
			}
			var m *mark.Error
			if !errors.As(test.err, &m) || m.Kind != test.kind || m.After != test.after {
				t.Errorf("got %+v", m)
			}
		})
	}
	if got := fn.Permanent(cause).Error(); got != "no stock" {
		t.Errorf("text: %s", got)
	}
}
