package openwhisk

import (
	"log/slog"

	"github.com/fngen/fngen/providers/openwhisk/internal/actionloop"
)

// Logger returns a logger of one JSON object a line: level, message, time,
// activationId, and with a handler's context the function and its event. It
// writes to standard error, and no line below LOG_LEVEL, or INFO.
func Logger() *slog.Logger { return actionloop.Logger() }
