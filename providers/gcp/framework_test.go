package gcp_test

import (
	"bytes"
	"crypto/rand"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/GoogleCloudPlatform/functions-framework-go/funcframework"

	"github.com/fngen/fngen/internal/testkit/logged"
	"github.com/fngen/fngen/providers/gcp"
)

// Protects the functions where they run: behind the framework's own server,
// which takes panics and sets the deadline.
func TestFramework(t *testing.T) {
	t.Setenv("FUNCTION_TARGET", "")
	t.Setenv("CLOUD_RUN_TIMEOUT_SECONDS", "60")
	logged.Text(t)

	prefix := "/" + rand.Text() // the framework's registry outlives the test
	register := func(path string, h http.Handler) {
		if err := funcframework.RegisterHTTPFunctionContext(t.Context(), prefix+path, h.ServeHTTP); err != nil {
			t.Fatal(err)
		}
	}
	var orders recorder
	register("/orders", gcp.Handler(&orders, gcp.PubSub{Queue: "orders"}))
	cases := panickings()
	for i, tc := range cases {
		register("/panic/"+string(rune('a'+i)), gcp.HTTPHandler(tc.handler, gcp.HTTP{}))
	}
	url := "http://" + startFramework(t) + prefix

	for i, tc := range cases {
		t.Run(tc.name, func(t *testing.T) { checkPanic(t, url+"/panic/"+string(rune('a'+i)), tc) })
	}

	r := fixture(t, "pubsub_push.http")
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Post(url+"/orders", "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusNoContent || len(orders.seen) != 1 {
		t.Fatalf("status %d, %d calls after the panics, want 204 and 1", resp.StatusCode, len(orders.seen))
	}
	if left := time.Until(orders.deliveries[0].Deadline); left <= 0 || left > time.Minute {
		t.Errorf("%v left to the deadline, want the framework's 60 s", left)
	}
}

// startFramework starts the framework's server, which cannot be stopped, on a
// free port of the loopback and returns the address once it listens.
func startFramework(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_, port, _ := net.SplitHostPort(address)
	_ = l.Close()

	ended := make(chan error, 1)
	go func() { ended <- funcframework.StartHostPort("127.0.0.1", port) }()
	for deadline := time.Now().Add(10 * time.Second); ; {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			_ = conn.Close()
			return address
		}
		select {
		case err := <-ended:
			t.Fatal(err)
		case <-time.After(10 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}
