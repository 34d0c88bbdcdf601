package fntest_test

import (
	"context"
	"errors"
	"testing"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/fntest"
)

// A plain unit test sees what a handler emits, as it was at that moment, and
// can have an emission fail.
func TestRecord(t *testing.T) {
	handler := func(ctx context.Context) error {
		var e fn.Event
		if err := fn.Emit(ctx, e); err != nil {
			return err
		}
		e = newEvent("a")
		if err := fn.Emit(ctx, e, "orders"); err != nil {
			return err
		}
		e.SetType("changed later")
		return fn.EmitNow(ctx, newEvent("b"))
	}
	ctx, sent := fntest.Record(t.Context())
	if err := handler(ctx); err != nil {
		t.Fatal(err)
	}
	all := sent.All()
	if len(all) != 3 || all[1].Sink != "orders" || all[1].Event.Type() != "a" || all[1].Now || !all[2].Now || all[2].Event.Type() != "b" || len(sent.Events()) != 3 {
		t.Errorf("recorded %+v", all)
	}
	down := errors.New("down")
	sent.Fail(down)
	if err := handler(ctx); !errors.Is(err, down) {
		t.Errorf("got %v", err)
	}
}

func newEvent(eventType string) fn.Event {
	e := event.New()
	e.SetType(eventType)
	return e
}
