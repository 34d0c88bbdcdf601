package gcp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/fngen/fngen/fn"
)

// Protects what Cloud Logging and Error Reporting read: the severity, the trace
// of the request, and a panic as one error whose message has the stack as it is.
func TestLogger(t *testing.T) {
	t.Setenv("K_SERVICE", "confirm")
	t.Setenv("GOOGLE_CLOUD_PROJECT", "acme")
	const trace = "105445aa7843bc8bf206b12000100000"
	for name, tc := range map[string]struct {
		does    func() error
		message string // how it begins
		stack   bool
	}{
		"fails":  {func() error { return errors.New("no stock") }, "event failed", false},
		"panics": {func() error { panic("flooded") }, "handler panicked: flooded\n\ngoroutine ", true},
		"drops":  {func() error { return fn.Permanent(errors.New("never")) }, "event dropped", false},
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			before := slog.Default()
			slog.SetDefault(logger(&b))
			t.Cleanup(func() { slog.SetDefault(before) })
			h := Handler(fn.On(func(ctx context.Context, _ []byte) error {
				slog.WarnContext(ctx, "handling")
				return tc.does()
			}), PubSub{Queue: "orders", NoDeadLetter: true})
			r := httptest.NewRequest("POST", "/", strings.NewReader(`{"subscription":"projects/p/subscriptions/s","message":{"messageId":"1","data":"e30="}}`))
			r.Header.Set("X-Cloud-Trace-Context", trace+"/255;o=1")
			h.ServeHTTP(httptest.NewRecorder(), r)
			found := false
			for line := range strings.Lines(b.String()) {
				var l struct {
					Severity, Message, Trace, Type string
					Members                        map[string]any
				}
				if err := json.Unmarshal([]byte(line), &l.Members); err != nil {
					t.Fatalf("%s: %v", line, err)
				}
				if err := json.Unmarshal([]byte(line), &l); err != nil {
					t.Fatalf("%s: %v", line, err)
				}
				if got := l.Members["logging.googleapis.com/trace"]; got != "projects/acme/traces/"+trace {
					t.Errorf("trace %v in %s", got, line)
				}
				if got := l.Members["logging.googleapis.com/spanId"]; got != "00000000000000ff" {
					t.Errorf("span %v in %s", got, line)
				}
				if l.Members["event.id"] != "1" || l.Members["function"] != "confirm" {
					t.Errorf("the event is not named: %s", line)
				}
				if l.Message == "handling" {
					if l.Severity != "WARNING" || l.Members["@type"] != nil {
						t.Errorf("the handler's own: %s", line)
					}
					continue
				}
				if !strings.HasPrefix(l.Message, tc.message) {
					continue
				}
				found = true
				_, located := l.Members["context"]
				place, _ := l.Members["logging.googleapis.com/sourceLocation"].(map[string]any)
				if file, _ := place["file"].(string); !strings.Contains(file, "internal/run/") || strings.Contains(file, "mark") {
					t.Errorf("the line is said to come from %q, by which Error Reporting groups", file)
				}
				if l.Severity != "ERROR" || l.Members["@type"] != reported || located == tc.stack {
					t.Errorf("got %s", line)
				}
			}
			if !found {
				t.Errorf("no line begins with %q:\n%s", tc.message, b.String())
			}
		})
	}
}

// Protects lines outside of any request: they have no trace.
func TestLoggerOutside(t *testing.T) {
	var b bytes.Buffer
	logger(&b).Error("setup failed")
	if got := b.String(); strings.Contains(got, "googleapis.com/trace") || !strings.Contains(got, `"severity":"ERROR"`) {
		t.Errorf("got %s", got)
	}
}
