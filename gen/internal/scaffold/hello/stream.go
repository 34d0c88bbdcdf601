package hello

import (
	"context"
	"log/slog"
)

// A Click is a record of the stream.
type Click struct {
	Page string `json:"page"`
}

// Count reads the stream, the clicks of one key in their order.
//
//fn:stream clicks
func Count(ctx context.Context, click Click) error {
	slog.InfoContext(ctx, "click", "page", click.Page)
	return nil
}
