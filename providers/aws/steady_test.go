package aws

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/testkit/steady"
)

// discardLogs has logs made as a function makes them, and forgets them.
func discardLogs(t *testing.T) {
	t.Helper()
	before := slog.Default()
	slog.SetDefault(logger(io.Discard))
	t.Cleanup(func() { slog.SetDefault(before) })
}

// steadySources are sources with a payload of theirs, with and without dead
// letters: the handler has a copy of the event only with them.
func steadySources(t *testing.T) map[string]struct {
	source  Source
	payload string
} {
	letters := steady.Letters(t)
	sent := batch(message("orders", "m", `{"id":"o-1"}`, `"ApproximateReceiveCount":"1"`, `"note":{"dataType":"String","stringValue":"n"}`))
	return map[string]struct {
		source  Source
		payload string
	}{
		"SQS":               {SQS{Queue: "orders"}, sent},
		"SQS, dead letters": {SQS{Queue: "orders", DeadLetter: letters}, sent},
		"SNS":               {SNS{Topic: "news"}, batch(notified("m", `{"id":"o-1"}`, ""))},
		"EventBridge":       {EventBridge{}, ruled("shop", "Order", `{"id":"o-1"}`, "0")},
		"Kinesis":           {Kinesis{Stream: "clicks"}, batch(streamed("7", []byte(`{"id":"o-1"}`)))},
	}
}

// Handlers that change their event, are late and go on, or emit after they have
// returned harm nobody but themselves.
func TestUnrulyHandlers(t *testing.T) {
	discardLogs(t)
	for name, test := range steadySources(t) {
		t.Run(name, func(t *testing.T) {
			payload := []byte(test.payload)
			steady.Unruly(t, func(h fn.Handler) func(time.Time) {
				function := Handler(h, test.source)
				return func(deadline time.Time) {
					ctx := t.Context()
					if !deadline.IsZero() {
						var cancel context.CancelFunc
						ctx, cancel = context.WithDeadline(ctx, deadline)
						defer cancel()
					}
					_, _ = function.Invoke(ctx, payload) // an answer or an error, as the source has it
				}
			})
			if string(payload) != test.payload {
				t.Errorf("the payload is %s now", payload)
			}
		})
	}
}

// Memory and goroutines of a process do not grow with what it has handled, and
// with what has failed.
func TestFlat(t *testing.T) {
	discardLogs(t)
	for name, test := range steadySources(t) {
		t.Run(name, func(t *testing.T) {
			function, payload := Handler(steady.Failing(), test.source), []byte(test.payload)
			steady.Flat(t, func() { _, _ = function.Invoke(t.Context(), payload) })
		})
	}
	t.Run("HTTP", func(t *testing.T) {
		function := HTTPHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) }), HTTP{})
		payload := []byte(urlRequest("POST", "/orders/1", `,"body":"{}"`))
		steady.Flat(t, func() {
			if _, err := function.Invoke(t.Context(), payload); err != nil {
				t.Fatal(err)
			}
		})
	})
}
