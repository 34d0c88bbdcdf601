package hello

import (
	"testing"

	"github.com/fngen/fngen/fn/fntest"
)

// A handler is plain Go: a test calls it, and looks at what it emits.
func TestPlace(t *testing.T) {
	ctx, sent := fntest.Record(t.Context())
	receipt, err := Place(ctx, Order{ID: "o-1", Items: 2})
	if want := (Receipt{Order: "o-1"}); err != nil || receipt != want {
		t.Errorf("got %v, %v; want %v", receipt, err, want)
	}
	if _, err := Place(ctx, Order{Items: 2}); err == nil {
		t.Error("an order without an id is taken")
	}
	events := sent.Events()
	if len(events) != 1 {
		t.Fatalf("%d events are emitted, want 1", len(events))
	}
	if got, want := string(events[0].Data()), `{"id":"o-1","items":2}`; got != want {
		t.Errorf("emitted %s, want %s", got, want)
	}
}
