package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/fnhttp"
	"github.com/fngen/fngen/internal/testkit/logged"
	"github.com/fngen/fngen/providers/openwhisk/internal/actionloop"
)

// line is the request that the platform makes of a value.
func line(value string, until time.Time) []byte {
	deadline := ""
	if !until.IsZero() {
		deadline = fmt.Sprintf(`,"deadline":"%d"`, until.UnixMilli())
	}
	return []byte(`{"value":` + value + `,"namespace":"acme","action_name":"/acme/shop/orders","action_version":"0.0.7",` +
		`"activation_id":"4479","transaction_id":"tid","api_key":"uuid:s3cret"` + deadline + `}`)
}

// serve is the answer to one request.
func serve(t *testing.T, h http.HandlerFunc, value string) string {
	t.Helper()
	return string(Handler(h, HTTP{}).Invoke(t.Context(), line(value, time.Now().Add(time.Minute))))
}

const get = `{"__ow_method":"get","__ow_headers":{"host":"h"},"__ow_path":"","__ow_query":"","__ow_body":""}`

// The key of the API is there for sinks, whichever way a request is handled.
func TestAPIKey(t *testing.T) {
	for name, h := range map[string]http.Handler{
		"requests": fnhttp.Emitting(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, actionloop.APIKey(r.Context())) }), "/shop/f", true),
		"events":   fnhttp.Handler(fn.Reply(func(ctx context.Context, _ []byte) (string, error) { return actionloop.APIKey(ctx), nil }), "/shop/f"),
	} {
		if got := serve(t, h.ServeHTTP, get); !strings.Contains(got, `"body":"uuid:s3cret"`) {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// A router of net/http finds everything where its own server would have put it.
func TestRequest(t *testing.T) {
	value, err := os.ReadFile("testdata/post.json")
	if err != nil {
		t.Fatal(err)
	}
	called := false
	mux := http.NewServeMux()
	mux.HandleFunc("POST /orders/{id}", func(w http.ResponseWriter, r *http.Request) {
		called = true
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got := map[string]any{
			"id": r.PathValue("id"), "path": r.URL.Path, "escaped": r.URL.EscapedPath(), "uri": r.RequestURI, "query": r.URL.Query(),
			"host": r.Host, "proto": r.Proto, "length": r.ContentLength, "body": string(body), "header": r.Header,
		}
		want := map[string]any{
			"id": "A/1 é", "path": "/orders/A/1 é", "escaped": "/orders/A%2F1%20%C3%A9",
			"uri":   "/orders/A%2F1%20%C3%A9?expand=lines&expand=total&q=a+b%26c",
			"query": url.Values{"expand": {"lines", "total"}, "q": {"a b&c"}},
			"host":  "openwhisk.example.org", "proto": "HTTP/1.1", "length": int64(22), "body": `{"n":9007199254740993}`,
			"header": http.Header{
				"Accept": {"*/*"}, "Authorization": {"Bearer s3cret"}, "Content-Type": {"application/json"},
				"Cookie": {"session=s3cret; theme=dark"}, "User-Agent": {"curl/8.5.0"}, "X-Forwarded-For": {"192.0.2.1"},
				"X-Forwarded-Proto": {"https"}, "X-Request-Id": {"c5f1"},
				"X-Anything": {"s3cret"}, "X-Forwarded-Access-Token": {"s3cret"}, "X-Hub-Signature": {"sha1=1"}, "X-Require-Whisk-Auth": {"s3cret"},
			},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if theme, err := r.Cookie("theme"); err != nil || theme.Value != "dark" {
			t.Errorf("cookie %v, %v", theme, err)
		}
	})
	answer := serve(t, mux.ServeHTTP, string(value))
	if want := `{"statusCode":200,"headers":{"Content-Type":"text/plain; charset=utf-8"},"body":""}`; answer != want || !called {
		t.Errorf("called %v, answer %s, want %s", called, answer, want)
	}
}

// The path is what follows the action, percent-encoded; a host cannot be put in.
func TestRequestPath(t *testing.T) {
	for path, want := range map[string]string{
		``: "/", `/`: "/", `orders`: "/orders", `//evil.example/x`: "//evil.example/x", `/a%3Fb`: "/a?b", `/a b`: "/a b", `/%2e%2e/x`: "/../x",
	} {
		got := ""
		serve(t, func(w http.ResponseWriter, r *http.Request) { got = r.URL.Path }, strings.Replace(get, `"__ow_path":""`, `"__ow_path":"`+path+`"`, 1))
		if got != want {
			t.Errorf("%q: %q, want %q", path, got, want)
		}
	}
}

// What the client got wrong is a 400, and the handler is not called.
func TestBadRequest(t *testing.T) {
	for name, value := range map[string]string{
		"base64": `{"__ow_method":"post","__ow_query":"","__ow_body":"not base64","__ow_headers":{"content-type":"image/png"}}`,
		"path":   `{"__ow_method":"get","__ow_query":"","__ow_path":"/%zz"}`,
	} {
		t.Run(name, func(t *testing.T) {
			log := logged.JSON(t)
			answer := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("called") }, value)
			if !strings.HasPrefix(answer, `{"statusCode":400,`) || !strings.HasSuffix(answer, `,"body":"Bad Request\n"}`) {
				t.Errorf("answer %s", answer)
			}
			if !strings.Contains(log.String(), "HTTP request 4479") {
				t.Errorf("log %s", log)
			}
		})
	}
}

// What is no raw web action's is an error that says what is missing; otherwise
// what clients of an action that is not raw send would get lost silently.
func TestForeignPayload(t *testing.T) {
	logged.JSON(t)
	for _, test := range []struct{ value, want string }{
		{`{"order":1}`, `has no parameter __ow_method: the action needs the annotations web-export and raw-http; its parameters: order`},
		{`{"__ow_method":"post","__ow_path":"","__ow_headers":{},"order":1}`, `has no parameter __ow_query: the action needs the annotations web-export and raw-http; its parameters: __ow_headers, __ow_method, __ow_path, order`},
		{`{"__ow_method":"","__ow_query":""}`, `decode __ow_method: it is empty`},
		{`{"__ow_method":1,"__ow_query":""}`, `decode __ow_method: json: cannot unmarshal number`},
		{`{"__ow_method":"get","__ow_query":"","__ow_headers":{"a":["s3cret"]}}`, `decode __ow_headers: json: cannot unmarshal array`},
		{`{"__ow_method":"post","__ow_query":"","__ow_body":{"a":1}}`, `decode __ow_body: json: cannot unmarshal object`},
	} {
		answer := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("called") }, test.value)
		if !strings.HasPrefix(answer, `{"error":"`) || !strings.Contains(answer, test.want) {
			t.Errorf("%s: %s, want %s", test.value, answer, test.want)
		}
	}
	answer := Handler(http.NotFoundHandler(), HTTP{}).Invoke(t.Context(), []byte(`{"api_key":"s3cret",`))
	if want := `{"error":"decode request: unexpected end of JSON input"}`; string(answer) != want {
		t.Errorf("answer %s, want %s", answer, want)
	}
}

// again panics when it is printed, with what does so too.
type again struct{}

func (a again) Error() string { panic(a) }

// A panic is a 500 that says nothing, whatever was written before it, and the
// next request is served.
func TestPanic(t *testing.T) {
	for name, boom := range map[string]func(){
		"panic":   func() { panic("hunter2") },
		"runtime": func() { var none []int; _ = none[len(name(0))] },
		"abort":   func() { panic(http.ErrAbortHandler) },
		"again":   func() { panic(again{}) },
	} {
		t.Run(name, func(t *testing.T) {
			log := logged.JSON(t)
			boomed := false
			i := Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if !boomed {
					boomed = true
					w.Header().Set("Set-Cookie", "session=1")
					fmt.Fprint(w, "half an answer")
					boom()
				}
			}), HTTP{})
			const want = `{"statusCode":500,"headers":{"Content-Type":"text/plain; charset=utf-8","X-Content-Type-Options":"nosniff"},"body":"Internal Server Error\n"}`
			if answer := string(i.Invoke(t.Context(), line(get, time.Time{}))); answer != want {
				t.Errorf("answer %s, want %s", answer, want)
			}
			if stack := strings.Contains(log.String(), "web_test.go"); stack != (name != "abort") {
				t.Errorf("log %s", log)
			}
			if answer := string(i.Invoke(t.Context(), line(get, time.Time{}))); !strings.HasPrefix(answer, `{"statusCode":200,`) {
				t.Errorf("the request after: %s", answer)
			}
		})
	}
}

// A handler that does not return is answered for in time, and what it writes
// afterwards harms nobody.
func TestDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		logged.JSON(t)
		deadline := time.Now().Add(10 * time.Second)
		release, released := make(chan struct{}), make(chan struct{})
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer close(released)
			fmt.Fprint(w, "half an answer")
			<-release
			w.Header().Set("Late", "yes")
			w.WriteHeader(http.StatusTeapot)
			if _, err := fmt.Fprint(w, "late"); !errors.Is(err, http.ErrHandlerTimeout) {
				t.Errorf("late write: %v", err)
			}
			if r.Context().Err() == nil {
				t.Error("the context goes on")
			}
		})
		answer := string(Handler(h, HTTP{}).Invoke(t.Context(), line(get, deadline)))
		if !strings.HasPrefix(answer, `{"statusCode":504,`) || !time.Now().Before(deadline) {
			t.Errorf("%v before the deadline: %s", time.Until(deadline), answer)
		}
		close(release)
		<-released
	})
}

// Nothing is started that has no time left.
func TestDeadlineInThePast(t *testing.T) {
	logged.JSON(t)
	h := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("called") })
	answer := string(Handler(h, HTTP{}).Invoke(t.Context(), line(get, time.Now().Add(-time.Hour))))
	if !strings.HasPrefix(answer, `{"statusCode":504,`) {
		t.Errorf("answer %s", answer)
	}
}

// The handler sees the credentials of the request, as on every server; nothing
// else does.
func TestSecrets(t *testing.T) {
	value, err := os.ReadFile("testdata/post.json")
	if err != nil {
		t.Fatal(err)
	}
	log := logged.JSON(t)
	deadline := time.Now().Add(time.Minute).Truncate(time.Millisecond).UTC()
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d, _ := fn.DeliveryFrom(r.Context())
		want := fn.Delivery{
			Provider: "openwhisk", Trigger: "http", NativeID: "4479", Deadline: deadline,
			Attributes: map[string]string{
				"namespace": "acme", "action_name": "/acme/shop/orders", "action_version": "0.0.7",
				"activation_id": "4479", "transaction_id": "tid",
				"accept": "*/*", "accept-encoding": "gzip", "content-type": "application/json", "host": "openwhisk.example.org", "user-agent": "curl/8.5.0",
				"x-forwarded-for": "192.0.2.1", "x-forwarded-proto": "https", "x-hub-signature": "sha1=1", "x-request-id": "c5f1",
			},
		}
		if diff := cmp.Diff(want, d, cmpopts.IgnoreUnexported(fn.Delivery{})); diff != "" {
			t.Error(diff)
		}
		if raw := string(d.Raw()); strings.Contains(raw, "s3cret") || !strings.Contains(raw, `"user-agent":"curl/8.5.0"`) || !strings.Contains(raw, `"x-hub-signature":"sha1=1"`) ||
			!strings.Contains(raw, `"__ow_query":"expand=lines&expand=total&q=a+b%26c"`) {
			t.Errorf("raw %s", raw)
		}
		if r.Header.Get("Authorization") == "" {
			t.Error("the handler cannot authenticate")
		}
		panic("boom")
	})
	answer := Handler(h, HTTP{Keep: []string{"X-Hub-Signature"}}).Invoke(t.Context(), line(string(value), deadline))
	if bytes.Contains(answer, []byte("s3cret")) || strings.Contains(log.String(), "s3cret") {
		t.Errorf("answer %s, log %s", answer, log)
	}
}

// A handler of events gets the portable event of a request.
func TestEvent(t *testing.T) {
	value, err := os.ReadFile("testdata/post.json")
	if err != nil {
		t.Fatal(err)
	}
	h := fnhttp.Handler(fn.Reply(func(_ context.Context, e fn.Event) (map[string]json.RawMessage, error) {
		want := []string{"dev.fngen.http.request.v1", "/orders/A/1 é", "4479", "/namespaces/acme/actions/shop/orders", "application/json", `{"n":9007199254740993}`}
		got := []string{e.Type(), e.Subject(), e.ID(), e.Source(), e.DataContentType(), string(e.Data())}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		return map[string]json.RawMessage{"n": []byte("9007199254740993")}, nil
	}), "/shop/orders")
	answer := serve(t, h.ServeHTTP, string(value))
	if want := `{"statusCode":200,"headers":{"Content-Type":"application/json"},"body":"eyJuIjo5MDA3MTk5MjU0NzQwOTkzfQ=="}`; answer != want {
		t.Errorf("answer %s, want %s", answer, want)
	}
}

// FuzzWeb protects that every payload is answered with one JSON object on one
// line, which the controller can take for a response or an error.
func FuzzWeb(f *testing.F) {
	slog.SetDefault(slog.New(slog.NewTextHandler(io.Discard, nil)))
	post, err := os.ReadFile("testdata/post.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(post, 200, "application/json", []byte(`1234`))
	f.Add([]byte(get), 299, "text/html; charset=utf-8", []byte("<p>\xff"))
	f.Add([]byte(`{"__ow_method":"g t","__ow_query":"%zz","__ow_path":"\u0000","__ow_headers":{"":"","host":"\n"},"__ow_body":"="}`), 0, "a\r\nb: c", []byte(nil))
	f.Fuzz(func(t *testing.T, value []byte, status int, contentType string, body []byte) {
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			got, err := io.ReadAll(r.Body)
			if err != nil || int64(len(got)) != r.ContentLength {
				t.Errorf("body of %d bytes, %v; length %d", len(got), err, r.ContentLength)
			}
			w.Header().Set("Content-Type", contentType)
			w.Header().Add(contentType, contentType)
			w.WriteHeader(status)
			w.Write(body)
		})
		answer := Handler(h, HTTP{}).Invoke(t.Context(), line(string(value), time.Time{}))
		if bytes.ContainsRune(answer, '\n') {
			t.Fatalf("answer %q has a line break", answer)
		}
		d := json.NewDecoder(bytes.NewReader(answer))
		d.DisallowUnknownFields()
		var a struct {
			Error      string
			StatusCode int
			Headers    map[string]any
			Body       string
		}
		if err := d.Decode(&a); err != nil {
			t.Fatalf("answer %q: %v", answer, err)
		}
		if a.Error == "" && (http.StatusText(a.StatusCode) == "" || a.Headers["Content-Type"] == "") {
			t.Fatalf("answer %q", answer)
		}
	})
}

// name keeps the compiler from knowing that an index is out of range.
func name(int) string { return "index" }
