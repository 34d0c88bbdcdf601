package hello

import (
	"errors"
	"testing"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/fntest/replay"
)

// What every platform makes of the orders in its queue.
func TestConfirm(t *testing.T) {
	confirm := replay.Queue("orders", fn.On(Confirm))
	confirm.Deliver(t,
		replay.Message{Data: Order{ID: "o-1", Items: 2}},
		replay.Message{Data: Order{Items: 2}},
		replay.Message{Data: "no order"},
	).Want(t, replay.Acknowledged, replay.DeadLettered, replay.DeadLettered)

	// After a failure the order is delivered again.
	confirm.Retries = 1
	confirm.Faults = []replay.Fault{replay.Fail(errors.New("the database is away"))}
	confirm.Deliver(t, replay.Message{Data: Order{ID: "o-2", Items: 1}}).Want(t, replay.Acknowledged)
}
