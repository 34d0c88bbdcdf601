package logging

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type subject Event

func (s subject) LogEvent() Event { return Event(s) }

// logged returns the lines that log writes, without the time.
func logged(t *testing.T, log func(ctx context.Context, l *slog.Logger)) []map[string]any {
	t.Helper()
	var b bytes.Buffer
	format := Format{Time: "timestamp", Level: "severity", Message: "text", Complete: func(_ context.Context, r *slog.Record, e Event) {
		r.AddAttrs(slog.String("request", "r-1"))
		if e.ID == "" {
			r.Message += " outside"
		}
	}}
	ctx := context.WithValue(t.Context(), Key{}, subject{
		ID: "e1", Source: "/s", Type: "t", Attempt: 2, Traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
	})
	log(ctx, New(&b, format, "confirm", "LOG_LEVEL"))
	var lines []map[string]any
	for line := range strings.Lines(b.String()) {
		var members map[string]any
		if err := json.Unmarshal([]byte(line), &members); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if members["timestamp"] == nil {
			t.Errorf("%s: no time", line)
		}
		delete(members, "timestamp")
		lines = append(lines, members)
	}
	return lines
}

// What the context says of the event stands at the top of the line, whatever
// group the logger is in, and nothing is said without it.
func TestContext(t *testing.T) {
	got := logged(t, func(ctx context.Context, l *slog.Logger) {
		l.InfoContext(ctx, "plain", "a", 1)
		l.With("b", 2).WithGroup("g").ErrorContext(ctx, "grouped", "c", errors.New("no stock"))
		l.Warn("alone")
	})
	event := func(more map[string]any) map[string]any {
		line := map[string]any{
			"request": "r-1", "function": "confirm", "event.id": "e1", "event.source": "/s", "event.type": "t", "attempt": 2.0,
			"trace_id": "0af7651916cd43dd8448eb211c80319c", "span_id": "b7ad6b7169203331",
		}
		for name, value := range more {
			line[name] = value
		}
		return line
	}
	want := []map[string]any{
		event(map[string]any{"severity": "INFO", "text": "plain", "a": 1.0}),
		event(map[string]any{"severity": "ERROR", "text": "grouped", "b": 2.0, "g": map[string]any{"c": "no stock"}}),
		{"severity": "WARN", "text": "alone outside", "request": "r-1"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want -, got +\n%s", diff)
	}
}

// What is no valid JSON, or panics as it is written, is a string: each line is
// an object.
func TestInvalidValues(t *testing.T) {
	got := logged(t, func(ctx context.Context, l *slog.Logger) {
		l.Info("raw", "v", json.RawMessage(`{"a":`))
		l.Info("panics", "v", panics{})
		l.Info("bytes", "v", "\xff\x00")
	})
	for _, line := range got {
		if _, ok := line["v"].(string); !ok {
			t.Errorf("%v: v is %T", line, line["v"])
		}
	}
	if len(got) != 3 {
		t.Errorf("%d lines", len(got))
	}
}

type panics struct{}

func (panics) MarshalJSON() ([]byte, error) { panic("no stock") }

// The first variable that is set decides, in any case; what is unknown is said
// and means INFO.
func TestLevel(t *testing.T) {
	for value, want := range map[string]string{
		"": "INFO WARN ERROR", "debug": "DEBUG INFO WARN ERROR", "Trace": "TRACE DEBUG INFO WARN ERROR", "WARNING": "WARN ERROR", "fatal": "",
		"loud": "WARN INFO WARN ERROR",
	} {
		t.Setenv("LOG_LEVEL", value)
		var names []string
		for _, line := range logged(t, func(_ context.Context, l *slog.Logger) {
			for _, level := range []slog.Level{LevelTrace, slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError} {
				l.Log(t.Context(), level, "line")
			}
		}) {
			names = append(names, line["severity"].(string))
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("LOG_LEVEL=%s: %s, want %s", value, got, want)
		}
	}
}
