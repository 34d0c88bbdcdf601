package gcp_test

import (
	"bufio"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"testing"
	"time"

	"github.com/GoogleCloudPlatform/functions-framework-go/funcframework"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/testkit/logged"
	"github.com/fngen/fngen/providers/gcp"
)

// Protects the answer to a request whatever its handler does: it is whole and in
// time, the connection takes the next request, and the server ends without a
// handler that is late.
func TestAnswerInTime(t *testing.T) {
	t.Setenv("CLOUD_RUN_TIMEOUT_SECONDS", "30")
	logged.Text(t)
	const failed = "500 Internal Server Error: Internal Server Error\n"
	for name, tc := range map[string]struct {
		does  func()
		want  string
		after time.Duration
	}{
		"returns":           {func() { time.Sleep(time.Second) }, "204 No Content: ", time.Second},
		"panics":            {func() { panic("here") }, failed, 0},
		"exits":             {runtime.Goexit, failed, 0},
		"is late":           {func() { time.Sleep(time.Hour) }, failed, 28500 * time.Millisecond},
		"is late and exits": {func() { time.Sleep(time.Hour); runtime.Goexit() }, failed, 28500 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			h := gcp.Handler(fn.On(func(context.Context, []byte) error { tc.does(); return nil }), gcp.PubSub{Queue: "orders"})
			for _, served := range []http.Handler{h, http.HandlerFunc(h.ServeHTTP)} { // as main passes it, and wrapped
				servingHandler(t, served, func(t *testing.T, l *pipes) {
					t.Cleanup(func() { time.Sleep(time.Hour) }) // for the handler, when the server has ended
					client := l.dial("")
					defer client.Close()
					body := bufio.NewReader(client)
					const push = `{"subscription":"projects/p/subscriptions/s","message":{"messageId":"1","data":"MTc="}}`
					request := fmt.Sprintf("POST / HTTP/1.1\r\nHost: example.com\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(push), push)
					for range 2 {
						start := time.Now()
						if _, err := io.WriteString(client, request); err != nil {
							t.Fatal(err)
						}
						resp, err := http.ReadResponse(body, nil)
						if err != nil {
							t.Fatal(err)
						}
						text, err := io.ReadAll(resp.Body)
						if got := resp.Status + ": " + string(text); got != tc.want || err != nil || resp.Close {
							t.Errorf("got %s, error %v, the connection ends: %t", got, err, resp.Close)
						}
						if took := time.Since(start); took != tc.after {
							t.Errorf("answered after %s, want %s", took, tc.after)
						}
					}
				})
			}
		})
	}
}

// Protects the answer of a function whose handler ends its goroutine where it
// runs: behind the framework's own server.
func TestFrameworkGoexit(t *testing.T) {
	logged.Text(t)
	path := "/" + rand.Text()
	h := gcp.Handler(fn.On(func(context.Context, []byte) error { runtime.Goexit(); return nil }), gcp.PubSub{Queue: "orders"})
	if err := funcframework.RegisterHTTPFunctionContext(t.Context(), path, h.ServeHTTP); err != nil {
		t.Fatal(err)
	}
	url := "http://" + startFramework(t) + path
	for range 2 {
		resp, err := http.Post(url, "application/json", fixture(t, "pubsub_push.http").Body)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if resp.StatusCode != 500 || string(text) != "Internal Server Error\n" || err != nil {
			t.Errorf("status %d, %q, error %v", resp.StatusCode, text, err)
		}
	}
}
