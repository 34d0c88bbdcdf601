package fn_test

import (
	"testing"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/testkit/retained"
)

// What a handler keeps of decoded data is its own memory.
func TestRetained(t *testing.T) {
	retained.Check(t, func(h fn.Handler) func() error {
		return func() error {
			_, err := h.Handle(t.Context(), fn.Event{DataEncoded: []byte(retained.Data)})
			return err
		}
	})
}
