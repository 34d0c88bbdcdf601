package gcp_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/testkit/steady"
	"github.com/fngen/fngen/providers/gcp"
)

// steadySources are sources with a request of theirs, with and without dead
// letters: the handler has a copy of the event only with them.
func steadySources(t *testing.T) map[string]struct {
	source  gcp.Source
	request *http.Request
} {
	const pushed = `{"message":{"messageId":"m-1","publishTime":"2026-03-01T12:00:00Z","attributes":{"note":"n"},"data":"eyJpZCI6Im8tMSJ9"},"subscription":"projects/acme/subscriptions/s","deliveryAttempt":1}`
	event := post(`{"id":"o-1"}`)
	for name, value := range map[string]string{"Id": "e-1", "Source": "/shop", "Specversion": "1.0", "Type": "com.example.order.placed"} {
		event.Header.Set("Ce-"+name, value)
	}
	return map[string]struct {
		source  gcp.Source
		request *http.Request
	}{
		"PubSub":               {gcp.PubSub{Queue: "orders"}, post(pushed)},
		"PubSub, dead letters": {gcp.PubSub{Queue: "orders", DeadLetter: steady.Letters(t)}, post(pushed)},
		"Event":                {gcp.Event{Type: "com.example.order.placed"}, event},
	}
}

// delivering returns what sends the request, with the same memory as its body.
func delivering(t *testing.T, h http.Handler, r *http.Request) func(time.Time) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body)) // for whoever reads it next
	return func(deadline time.Time) {
		ctx := t.Context()
		if !deadline.IsZero() {
			var cancel context.CancelFunc
			ctx, cancel = context.WithDeadline(ctx, deadline)
			defer cancel()
		}
		again := httptest.NewRequestWithContext(ctx, r.Method, "/", bytes.NewReader(body))
		again.Header = r.Header.Clone()
		h.ServeHTTP(httptest.NewRecorder(), again)
	}
}

// Handlers that change their event, are late and go on, or emit after they have
// returned harm nobody but themselves.
func TestUnrulyHandlers(t *testing.T) {
	gcp.DiscardLogs(t)
	for name, test := range steadySources(t) {
		t.Run(name, func(t *testing.T) {
			steady.Unruly(t, func(h fn.Handler) func(time.Time) { return delivering(t, gcp.Handler(h, test.source), test.request) })
		})
	}
}

// Memory and goroutines of a process do not grow with what it has handled, and
// with what has failed.
func TestFlat(t *testing.T) {
	gcp.DiscardLogs(t)
	for name, test := range steadySources(t) {
		t.Run(name, func(t *testing.T) {
			deliver := delivering(t, gcp.Handler(steady.Failing(), test.source), test.request)
			steady.Flat(t, func() { deliver(time.Time{}) })
		})
	}
	t.Run("HTTP", func(t *testing.T) {
		deliver := delivering(t, gcp.HTTPHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) }), gcp.HTTP{}), post("{}"))
		steady.Flat(t, func() { deliver(time.Time{}) })
	})
}
