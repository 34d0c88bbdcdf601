package hello

import (
	"testing"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/fntest/replay"
)

// What every platform makes of an event that others publish.
func TestAudit(t *testing.T) {
	replay.Events("com.example.parcel.delivered", fn.On(Audit)).
		Deliver(t, replay.Event{Subject: "p-1", Data: map[string]string{"door": "left"}}).
		Want(t, replay.Acknowledged)
}
