package gcp

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"

	"github.com/fngen/fngen/internal/logging"
)

// Logger returns a logger whose lines Cloud Logging reads: severity, message,
// time, the trace of the request, the place in the source, and with a handler's
// context the function and its event. Panics and dropped events are lines that
// Error Reporting counts.
//
// It writes to standard error, and no line below LOG_LEVEL, or INFO.
//
// https://cloud.google.com/logging/docs/structured-logging
// https://cloud.google.com/error-reporting/docs/formatting-error-messages
func Logger() *slog.Logger { return logger(os.Stderr) }

func logger(w io.Writer) *slog.Logger {
	format := logging.Format{Time: "time", Level: "severity", Message: "message", LevelName: severity, Complete: complete}
	return logging.New(w, format, os.Getenv("K_SERVICE"), "LOG_LEVEL")
}

// severity is the LogSeverity of the level.
//
// https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry#LogSeverity
func severity(level slog.Level) string {
	switch {
	case level >= logging.LevelFatal:
		return "CRITICAL"
	case level >= slog.LevelError:
		return "ERROR"
	case level >= slog.LevelWarn:
		return "WARNING"
	case level >= slog.LevelInfo:
		return "INFO"
	}
	return "DEBUG"
}

// reported is the type of the lines that Error Reporting reads.
const reported = "type.googleapis.com/google.devtools.clouderrorreporting.v1beta1.ReportedErrorEvent"

func complete(_ context.Context, r *slog.Record, e logging.Event) {
	trace, span := platformTrace(e)
	if project := os.Getenv("GOOGLE_CLOUD_PROJECT"); trace != "" && project != "" {
		trace = "projects/" + project + "/traces/" + trace
	}
	if trace != "" {
		r.AddAttrs(slog.String("logging.googleapis.com/trace", trace))
	}
	if span != "" {
		r.AddAttrs(slog.String("logging.googleapis.com/spanId", span))
	}
	if r.PC == 0 {
		return
	}
	frame, _ := runtime.CallersFrames([]uintptr{r.PC}).Next()
	r.AddAttrs(slog.Any("logging.googleapis.com/sourceLocation", map[string]string{
		"file": frame.File, "line": strconv.Itoa(frame.Line), "function": frame.Function,
	}))
	if r.Level < slog.LevelError {
		return
	}
	r.AddAttrs(slog.String("@type", reported), slog.Any("serviceContext", map[string]string{"service": os.Getenv("K_SERVICE")}))
	if text, stack := panicked(*r); stack != "" {
		r.Message = fmt.Sprintf("%s: %s\n\n%s", r.Message, text, stack)
		return
	}
	r.AddAttrs(slog.Any("context", map[string]any{"reportLocation": map[string]any{
		"filePath": frame.File, "lineNumber": frame.Line, "functionName": frame.Function,
	}}))
}

// panicked returns what a line says of a panic, and the stack; "" for none.
func panicked(r slog.Record) (text, stack string) {
	r.Attrs(func(a slog.Attr) bool {
		switch a.Key {
		case "panic":
			text = a.Value.String()
		case "stack":
			stack = a.Value.String()
		}
		return true
	})
	return text, stack
}

// hop returns the platform's own trace of a request, "" for none.
func hop(header http.Header) string {
	return cmp.Or(first(header, "X-Cloud-Trace-Context"), first(header, "Traceparent"))
}

// platformTrace returns the trace and the span of the request, by
// X-Cloud-Trace-Context (TRACE/SPAN;o=1) or traceparent, or else of the event.
// The span of the former is a decimal number.
//
// https://cloud.google.com/trace/docs/trace-context
func platformTrace(e logging.Event) (trace, span string) {
	if rest, _, _ := strings.Cut(e.Hop, ";"); strings.Contains(rest, "/") {
		trace, span, _ = strings.Cut(rest, "/")
		if n, err := strconv.ParseUint(span, 10, 64); err == nil {
			span = fmt.Sprintf("%016x", n)
		}
		return trace, span
	}
	if trace, span = logging.Trace(e.Hop); trace != "" {
		return trace, span
	}
	return logging.Trace(e.Traceparent)
}
