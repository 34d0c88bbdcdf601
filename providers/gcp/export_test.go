package gcp

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"
)

// ServeOn is Serve without the process around it.
func ServeOn(ctx context.Context, l net.Listener, h http.Handler) error { return serve(ctx, l, h) }

// Address is where Serve listens.
func Address() string { return address() }

// VerifyWith is Verify with the keys of another URL and another clock.
func VerifyWith(h http.Handler, audience, caller, url string, now func() time.Time) http.Handler {
	return newVerifier(h, audience, caller, url, now)
}

// ParseKeys is how a key set is understood.
func ParseKeys(data []byte) (ids []string, err error) {
	keys, err := parseKeys(data)
	for id := range keys {
		ids = append(ids, id)
	}
	return ids, err
}

// DiscardLogs has logs made as a function makes them, and forgets them.
func DiscardLogs(t *testing.T) {
	t.Helper()
	before := slog.Default()
	slog.SetDefault(logger(io.Discard))
	t.Cleanup(func() { slog.SetDefault(before) })
}
