package run

import (
	"context"

	"github.com/fngen/fngen/fn"
)

// Each is that of a new Runner.
func Each(ctx context.Context, h fn.Handler, p Policy, records []Record) []Result {
	return new(Runner).Each(ctx, h, p, records)
}
