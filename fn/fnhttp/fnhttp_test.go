package fnhttp_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/fnhttp"
	"github.com/fngen/fngen/internal/testkit/logged"
)

// serve answers a request as the function /shop/confirm does.
func serve(h fn.Handler, r *http.Request) *http.Response {
	w := httptest.NewRecorder()
	fnhttp.Handler(h, "/shop/confirm").ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Each kind of error has its status, and what it says goes to the log only.
func TestErrorStatus(t *testing.T) {
	secret := errors.New("password hunter2")
	tests := []struct {
		name       string
		handler    fn.Handler
		status     int
		retryAfter string
	}{
		{"error", failing(secret), 500, ""},
		{"permanent", failing(fn.Permanent(secret)), 500, ""},
		{"bad input", failing(fn.BadInput(secret)), 400, ""},
		{"does not decode", fn.On(func(context.Context, struct{ ID func() }) error { return secret }), 400, ""},
		{"retry", failing(fn.RetryAfter(secret, 2*time.Second)), 503, "2"},
		{"retry, rounded up", failing(fn.RetryAfter(secret, 2*time.Second+1)), 503, "3"},
		{"retry at once", failing(fn.RetryAfter(secret, 1)), 503, "1"},
		{"retry after long", failing(fn.RetryAfter(secret, 48*time.Hour)), 503, "172800"},
		{"retry without a hint", failing(fn.RetryAfter(secret, 0)), 500, ""},
		{"permanent wins over the retry within", failing(fn.Permanent(fn.RetryAfter(secret, time.Second))), 500, ""},
		{"a deadline of the handler's own", failing(errors.Join(secret, context.DeadlineExceeded)), 500, ""},
		{"permanent deadline", failing(fn.Permanent(context.DeadlineExceeded)), 500, ""},
		{"cancelled", failing(context.Canceled), 500, ""},
		{"panic", fn.HandlerFunc(func(context.Context, fn.Event) (*fn.Event, error) { panic(secret) }), 500, ""},
		{"goexit", fn.HandlerFunc(func(context.Context, fn.Event) (*fn.Event, error) { runtime.Goexit(); return nil, nil }), 500, ""},
		{"an error whose methods panic", fn.On(func(context.Context, []byte) error { return (*again)(nil) }), 500, ""},
		{"one for good", fn.On(func(context.Context, []byte) error { return fn.BadInput((*again)(nil)) }), 400, ""},
		{"a panic that panics", fn.On(func(context.Context, []byte) error { panic(&again{}) }), 500, ""},
		{"a reply whose encoding panics", fn.Reply(func(context.Context, []byte) (again, error) { return again{}, nil }), 500, ""},
		{"reply that does not encode", fn.Reply(func(context.Context, []byte) (any, error) { return func() {}, nil }), 500, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			logged := logged.Text(t)
			resp := serve(test.handler, httptest.NewRequest("POST", "/orders", strings.NewReader(`{"ID":"hunter2"}`)))
			got := body(t, resp)
			if resp.StatusCode != test.status || resp.Header.Get("Retry-After") != test.retryAfter {
				t.Errorf("got %d, Retry-After %q", resp.StatusCode, resp.Header.Get("Retry-After"))
			}
			if want := http.StatusText(test.status) + "\n"; got != want {
				t.Errorf("body is %q", got)
			}
			if logged.Len() == 0 {
				t.Error("nothing is logged")
			}
		})
	}
}

func failing(err error) fn.Handler {
	return fn.On(func(context.Context, []byte) error { return err })
}

// The deadline of the invocation is a 504 in time, heeded or not.
func TestDeadline(t *testing.T) {
	for name, wait := range map[string]func(ctx context.Context, release chan struct{}){
		"heeded":  func(ctx context.Context, _ chan struct{}) { <-ctx.Done() },
		"ignored": func(_ context.Context, release chan struct{}) { <-release },
	} {
		t.Run(name, func(t *testing.T) {
			logged.Text(t)
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
				defer cancel()
				release := make(chan struct{})
				resp := serve(fn.On(func(ctx context.Context, _ []byte) error {
					wait(ctx, release)
					return ctx.Err()
				}), httptest.NewRequestWithContext(ctx, "POST", "/", nil))
				close(release)
				if resp.StatusCode != 504 || ctx.Err() != nil {
					t.Errorf("got %d, the request's context is %v", resp.StatusCode, ctx.Err())
				}
				synctest.Wait()
			})
		})
	}
}

// A bare value is the body of a 200, nothing is a 204, and neither is a
// CloudEvent.
func TestBareReplies(t *testing.T) {
	tests := []struct {
		name                    string
		handler                 fn.Handler
		status                  int
		contentType, body, size string
	}{
		{"string", replying("a"), 200, "text/plain; charset=utf-8", "a", "1"},
		{"empty string", replying(""), 200, "text/plain; charset=utf-8", "", "0"},
		{"bytes", replying([]byte("<html>")), 200, "application/octet-stream", "<html>", "6"},
		{"JSON", replying(map[string]int{"a": 1}), 200, "application/json", `{"a":1}`, "7"},
		{"nil", replying[*int](nil), 204, "", "", ""},
		{"nil event", replying[*fn.Event](nil), 204, "", "", ""},
		{"event without attributes", replying(&fn.Event{}), 204, "", "", ""},
		{"no reply", fn.On(func(context.Context, []byte) error { return nil }), 204, "", "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			resp := serve(test.handler, httptest.NewRequest("POST", "/", nil))
			if resp.StatusCode != test.status {
				t.Errorf("status %d", resp.StatusCode)
			}
			if got := body(t, resp); got != test.body {
				t.Errorf("body %q", got)
			}
			want := http.Header{}
			if test.contentType != "" {
				want.Set("Content-Type", test.contentType)
			}
			if test.size != "" {
				want.Set("Content-Length", test.size)
			}
			if diff := cmp.Diff(want, resp.Header); diff != "" {
				t.Errorf("want -, got +\n%s", diff)
			}
		})
	}
}

func replying[R any](out R) fn.Handler {
	return fn.Reply(func(context.Context, []byte) (R, error) { return out, nil })
}

// An event goes back in binary mode; what it does not say of itself, its source
// and its id, it gets.
func TestEventReplies(t *testing.T) {
	reply := event.New()
	reply.SetType("com.example.order.confirmed")
	reply.SetID("7")
	reply.SetSource("/own")
	reply.SetSubject("Zürich 100%")
	reply.SetExtension("a", "x\r\nSet-Cookie: y")
	if err := reply.SetData("application/json", map[string]int{"a": 1}); err != nil {
		t.Fatal(err)
	}
	resp := serve(replying(&reply), httptest.NewRequest("POST", "/", nil))
	want := http.Header{
		"Ce-Specversion": {"1.0"}, "Ce-Type": {"com.example.order.confirmed"}, "Ce-Id": {"7"}, "Ce-Source": {"/own"},
		"Ce-Subject": {"Z%C3%BCrich%20100%25"}, "Ce-A": {"x%0D%0ASet-Cookie:%20y"},
		"Content-Type": {"application/json"}, "Content-Length": {"7"},
	}
	if diff := cmp.Diff(want, resp.Header); diff != "" || resp.StatusCode != 200 {
		t.Errorf("status %d, want -, got +\n%s", resp.StatusCode, diff)
	}
	if got := body(t, resp); got != `{"a":1}` {
		t.Errorf("body %q", got)
	}

	own := event.New()
	own.SetType("t")
	first := serve(replying(&own), httptest.NewRequest("POST", "/", nil)).Header
	second := serve(replying(&own), httptest.NewRequest("POST", "/", nil)).Header
	if first.Get("Ce-Source") != "/shop/confirm" || first.Get("Ce-Id") == "" || first.Get("Ce-Id") == second.Get("Ce-Id") {
		t.Errorf("got %v and %v", first, second)
	}
	if _, ok := first["Content-Type"]; ok {
		t.Errorf("no data has the content type %q", first.Get("Content-Type"))
	}
}

// Data without a content type is JSON; net/http must not make text of it.
func TestEventReplyWithoutContentType(t *testing.T) {
	server := httptest.NewServer(fnhttp.Handler(fn.HandlerFunc(func(context.Context, fn.Event) (*fn.Event, error) {
		reply := event.New()
		reply.SetType("t")
		reply.DataEncoded = []byte(`{"a":1}`)
		return &reply, nil
	}), "/s"))
	defer server.Close()
	resp, err := server.Client().Post(server.URL, "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got := resp.Header.Get("Content-Type"); got != "application/json" {
		t.Errorf("got %q", got)
	}
}

// A reply that cannot be written is a 500 that holds no part of it.
func TestReplyRefused(t *testing.T) {
	logged := logged.Text(t)
	contentType := "application/json"
	resp := serve(replying(&fn.Event{Context: &event.EventContextV1{Type: "t", DataContentType: &contentType, Extensions: map[string]any{"id": "forged"}}}),
		httptest.NewRequest("POST", "/", nil))
	if resp.StatusCode != 500 || resp.Header.Get("Ce-Specversion") != "" || resp.Header.Get("Content-Type") == "application/json" {
		t.Errorf("got %d %v", resp.StatusCode, resp.Header)
	}
	if !strings.Contains(logged.String(), `attribute name \"id\" is not an extension's`) {
		t.Errorf("log: %s", logged)
	}
}

// again has methods that panic, with what panics when it is printed.
type again struct{}

func (a *again) Error() string               { panic(a) }
func (a *again) Unwrap() error               { panic(a) }
func (a again) MarshalJSON() ([]byte, error) { panic(&a) }
