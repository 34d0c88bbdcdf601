package hello

import (
	"testing"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/fntest/replay"
)

// What every platform makes of what is published to its topic.
func TestAnnounce(t *testing.T) {
	announce := replay.Topic("news", fn.On(Announce))
	announce.Deliver(t, replay.Message{Data: News{Title: "Go 1.26"}}).Want(t, replay.Acknowledged)
	announce.Deliver(t, replay.Message{Data: "no news"}).Want(t, replay.DeadLettered)
}
