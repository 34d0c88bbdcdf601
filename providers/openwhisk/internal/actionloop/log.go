package actionloop

import (
	"context"
	"io"
	"log/slog"
	"os"

	"github.com/fngen/fngen/internal/logging"
)

// Logger is that of every action.
func Logger() *slog.Logger { return logger(os.Stderr) }

func logger(w io.Writer) *slog.Logger {
	format := logging.Format{Time: "time", Level: "level", Message: "message", Complete: nameActivation}
	return logging.New(w, format, os.Getenv("__OW_ACTION_NAME"), "LOG_LEVEL")
}

func nameActivation(ctx context.Context, r *slog.Record, _ logging.Event) {
	if id, ok := ctx.Value(activationID{}).(string); ok && id != "" {
		r.AddAttrs(slog.String("activationId", id))
	}
}

type activationID struct{}
