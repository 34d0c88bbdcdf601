package openwhisk

import (
	"io"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/testkit/steady"
)

// discardLogs has logs made as an action makes them, and forgets them.
func discardLogs(t *testing.T) {
	t.Helper()
	stderr, before := os.Stderr, slog.Default()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = io.Copy(io.Discard, r) }()
	os.Stderr = w
	slog.SetDefault(Logger())
	os.Stderr = stderr
	t.Cleanup(func() {
		slog.SetDefault(before)
		w.Close()
	})
}

// steadySources are sources with the value of an activation of theirs.
func steadySources(t *testing.T) map[string]struct {
	source Source
	value  string
} {
	const messages = `{"messages":[{"topic":"orders","partition":0,"offset":17,"key":"Yy03","value":"eyJpZCI6Im8tMSJ9"}]}`
	return map[string]struct {
		source Source
		value  string
	}{
		"Kafka":               {Kafka{Queue: "orders"}, messages},
		"Kafka, dead letters": {Kafka{Queue: "orders", DeadLetter: steady.Letters(t)}, messages},
		"Trigger":             {Trigger{Topic: "news"}, `{"id":"o-1"}`},
	}
}

// Handlers that change their event, are late and go on, or emit after they have
// returned harm nobody but themselves.
func TestUnrulyHandlers(t *testing.T) {
	discardLogs(t)
	for name, test := range steadySources(t) {
		t.Run(name, func(t *testing.T) {
			steady.Unruly(t, func(h fn.Handler) func(time.Time) {
				function, same := Handler(h, test.source), line(test.value, time.Time{})
				return func(deadline time.Time) {
					request := same
					if !deadline.IsZero() {
						request = line(test.value, deadline)
					}
					function.Invoke(t.Context(), request)
				}
			})
		})
	}
}

// Memory and goroutines of a process do not grow with what it has handled, and
// with what has failed.
func TestFlat(t *testing.T) {
	discardLogs(t)
	for name, test := range steadySources(t) {
		t.Run(name, func(t *testing.T) {
			function, request := Handler(steady.Failing(), test.source), line(test.value, time.Time{})
			steady.Flat(t, func() { function.Invoke(t.Context(), request) })
		})
	}
}
