package hello

import (
	"testing"
	"time"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/fntest/replay"
)

// What every platform makes of a morning.
func TestReport(t *testing.T) {
	six := time.Date(2026, time.March, 2, 6, 0, 0, 0, time.UTC)
	replay.Schedule("report", fn.On(Report)).Deliver(t, replay.Tick{Scheduled: six}).Want(t, replay.Acknowledged)
}
