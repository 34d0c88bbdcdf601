package hello

import (
	"context"
	"log/slog"

	"github.com/fngen/fngen/fn"
)

// Report runs at six every morning, UTC. Work that must not be done twice for
// one morning remembers tick.Scheduled: a tick may be delivered again.
//
//fn:schedule "0 6 * * *"
func Report(ctx context.Context, tick fn.Tick) error {
	slog.InfoContext(ctx, "report", "scheduled", tick.Scheduled)
	return nil
}
