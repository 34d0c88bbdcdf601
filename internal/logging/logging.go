// Package logging writes what handlers and fngen log as a platform reads it: one
// JSON object a line, which names the event that it is about.
package logging

import (
	"context"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
)

// A Format is how a platform reads a line.
type Format struct {
	Time, Level, Message string                  // names of the members
	LevelName            func(slog.Level) string // nil for the names of [LevelName]

	// Complete adds the platform's own members to a record, or changes it. It
	// gets the zero Event outside of a handler's context. Nil for nothing.
	Complete func(ctx context.Context, r *slog.Record, e Event)
}

// An Event is what a line says of the event that its handler has.
type Event struct {
	ID, Source, Type string
	Attempt          int    // 0 where the platform does not say
	Traceparent      string // of the event; "" for none
	Hop              string // the platform's own trace of the request; "" for none
}

// Trace returns the parts of a W3C traceparent, or "" if it is none.
//
// https://www.w3.org/TR/trace-context/#traceparent-header
func Trace(traceparent string) (trace, span string) {
	parts := strings.Split(traceparent, "-")
	if len(parts) < 4 || len(parts[1]) != 32 || len(parts[2]) != 16 {
		return "", ""
	}
	return parts[1], parts[2]
}

// Key is the context key of a [Subject].
type Key struct{}

// A Subject is what a handler's context is about.
type Subject interface{ LogEvent() Event }

// New returns a logger in the format, of the level that the first variable of
// the environment that is set names, else INFO. Lines with a handler's context
// name the function and its event. On a terminal it is slog's text.
func New(w io.Writer, f Format, function string, variables ...string) *slog.Logger {
	level, unknown := slog.LevelInfo, ""
	for _, name := range variables {
		if text := os.Getenv(name); text != "" {
			var ok bool
			if level, ok = ParseLevel(text); !ok {
				unknown = name + "=" + text
			}
			break
		}
	}
	options := slog.HandlerOptions{Level: level}
	var base slog.Handler
	if isTerminal(w) {
		base = slog.NewTextHandler(w, &options)
	} else {
		options.ReplaceAttr = f.replace
		base = slog.NewJSONHandler(w, &options)
	}
	logger := slog.New(&handler{base: base, format: f, function: function})
	if unknown != "" {
		logger.Warn("the log level is unknown; it is one of TRACE, DEBUG, INFO, WARN, ERROR and FATAL", "variable", unknown)
	}
	return logger
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

func (f Format) replace(groups []string, a slog.Attr) slog.Attr {
	if len(groups) > 0 {
		return a
	}
	switch a.Key {
	case slog.TimeKey:
		a.Key = f.Time
	case slog.MessageKey:
		a.Key = f.Message
	case slog.LevelKey:
		if level, ok := a.Value.Any().(slog.Level); ok {
			name := LevelName
			if f.LevelName != nil {
				name = f.LevelName
			}
			a = slog.String(f.Level, name(level))
		}
	}
	return a
}

// The levels beyond slog's own.
const (
	LevelTrace = slog.LevelDebug - 4
	LevelFatal = slog.LevelError + 4
)

var levels = []struct {
	level slog.Level
	name  string
}{
	{LevelFatal, "FATAL"}, {slog.LevelError, "ERROR"}, {slog.LevelWarn, "WARN"}, {slog.LevelInfo, "INFO"}, {slog.LevelDebug, "DEBUG"}, {LevelTrace, "TRACE"},
}

// LevelName is the name of the highest level that is not above.
func LevelName(level slog.Level) string {
	for _, l := range levels {
		if level >= l.level {
			return l.name
		}
	}
	return "TRACE"
}

// ParseLevel understands the name of a level in any case.
func ParseLevel(text string) (slog.Level, bool) {
	if strings.EqualFold(text, "WARNING") {
		return slog.LevelWarn, true
	}
	for _, l := range levels {
		if strings.EqualFold(text, l.name) {
			return l.level, true
		}
	}
	return slog.LevelInfo, false
}

// handler adds what the context says at the top of a line, whatever group the
// logger is in.
type handler struct {
	base     slog.Handler
	format   Format
	function string
	within   []func(slog.Handler) slog.Handler // the logger's own groups and attributes
}

// Enabled implements slog.Handler.
func (h *handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.base.Enabled(ctx, level)
}

// Handle implements slog.Handler.
func (h *handler) Handle(ctx context.Context, r slog.Record) error {
	top := slog.NewRecord(r.Time, r.Level, r.Message, r.PC)
	var e Event
	if s, ok := ctx.Value(Key{}).(Subject); ok {
		e = s.LogEvent()
		add(&top, "function", h.function, "event.id", e.ID, "event.source", e.Source, "event.type", e.Type)
		if e.Attempt > 0 {
			top.AddAttrs(slog.Int("attempt", e.Attempt))
		}
		trace, span := Trace(e.Traceparent)
		add(&top, "trace_id", trace, "span_id", span)
	}
	if len(h.within) == 0 {
		r.Attrs(func(a slog.Attr) bool { top.AddAttrs(a); return true })
		h.complete(ctx, &top, e)
		return h.base.Handle(ctx, top)
	}
	h.complete(ctx, &top, e)
	var attrs []slog.Attr
	top.Attrs(func(a slog.Attr) bool { attrs = append(attrs, a); return true })
	inner := h.base.WithAttrs(attrs)
	for _, step := range h.within {
		inner = step(inner)
	}
	r.Message = top.Message
	return inner.Handle(ctx, r)
}

func (h *handler) complete(ctx context.Context, r *slog.Record, e Event) {
	if h.format.Complete != nil {
		h.format.Complete(ctx, r, e)
	}
}

// WithAttrs implements slog.Handler.
func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return h.with(func(inner slog.Handler) slog.Handler { return inner.WithAttrs(attrs) })
}

// WithGroup implements slog.Handler.
func (h *handler) WithGroup(name string) slog.Handler {
	return h.with(func(inner slog.Handler) slog.Handler { return inner.WithGroup(name) })
}

func (h *handler) with(step func(slog.Handler) slog.Handler) slog.Handler {
	other := *h
	other.within = append(slices.Clip(h.within), step)
	return &other
}

// add adds pairs of name and value to the record, of those with a value.
func add(r *slog.Record, pairs ...string) {
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			r.AddAttrs(slog.String(pairs[i], pairs[i+1]))
		}
	}
}
