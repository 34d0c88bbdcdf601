package hello

import (
	"testing"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/fntest/replay"
)

// What every platform makes of the records of its stream.
func TestCount(t *testing.T) {
	replay.Stream("clicks", fn.On(Count)).Deliver(t,
		replay.Record{Key: "ada", Data: Click{Page: "/"}},
		replay.Record{Key: "ada", Data: Click{Page: "/orders"}},
		replay.Record{Key: "ada", Data: "no click"},
	).Want(t, replay.Acknowledged, replay.Acknowledged, replay.DeadLettered)
}
