package hello

import (
	"context"
	"log/slog"

	"github.com/fngen/fngen/fn"
)

// Picture runs for each picture that is uploaded. It is not meant for
// OpenWhisk, which has no buckets.
//
//fn:object pictures created
//fn:targets aws,gcp
func Picture(ctx context.Context, picture fn.Object) error {
	slog.InfoContext(ctx, "picture", "key", picture.Key, "bytes", picture.Size)
	return nil
}
