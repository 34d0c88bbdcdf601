package aws

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/internal/testkit/logged"
)

const zeros = "\x00\x00\x00\x00\x00\x00\x00\x00"

// readStream returns what a streaming handler sends, and the error that breaks it.
func readStream(t testing.TB, h http.HandlerFunc, payload string) (string, error) {
	t.Helper()
	answer, err := (&server{handler: h}).stream(t.Context(), []byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Close() }()
	got, err := io.ReadAll(answer)
	return string(got), err
}

// Status, headers and cookies are the prelude, eight zero bytes follow, and
// then the body as it is, binary or not.
func TestHTTPStreamFraming(t *testing.T) {
	for name, test := range map[string]struct {
		method  string
		handler http.HandlerFunc
		want    string
	}{
		"headers and cookies": {"GET", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "image/png")
			w.Header().Set("Content-Length", "4711") // a lie, which the gateway must not hear
			w.Header()["Set-Cookie"] = []string{"a=1", "b=2"}
			w.Header()["Vary"] = []string{"Accept", "Origin"}
			w.WriteHeader(201)
			_, _ = w.Write([]byte{0, 0xff})
		}, `{"statusCode":201,"headers":{"Content-Type":"image/png","Vary":"Accept, Origin"},"cookies":["a=1","b=2"]}` + zeros + "\x00\xff"},
		"nothing": {"GET", func(http.ResponseWriter, *http.Request) {}, `{"statusCode":200}` + zeros + "\n"},
		"a redirect without a body": {"POST", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/")
			w.WriteHeader(303)
			w.(http.Flusher).Flush()
		}, `{"statusCode":303,"headers":{"Location":"/"}}` + zeros + "\n"},
		"HEAD without a body": {"HEAD", func(http.ResponseWriter, *http.Request) {}, `{"statusCode":200}` + zeros},
		"not modified":        {"GET", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(304) }, `{"statusCode":304}` + zeros},
		"type guessed by the first chunk": {"GET", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "<html>")
			w.(http.Flusher).Flush()
			w.Header().Set("X-Late", "1")
			_, _ = io.WriteString(w, "</html>")
		}, `{"statusCode":200,"headers":{"Content-Type":"text/html; charset=utf-8"}}` + zeros + "<html></html>"},
		"HEAD": {"HEAD", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "5")
			_, _ = io.WriteString(w, "hello")
			w.(http.Flusher).Flush()
		}, `{"statusCode":200,"headers":{"Content-Length":"5","Content-Type":"text/plain; charset=utf-8"}}` + zeros},
		"no content": {"GET", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(204)
			if _, err := io.WriteString(w, "x"); !errors.Is(err, http.ErrBodyNotAllowed) {
				t.Errorf("write after 204: %v", err)
			}
		}, `{"statusCode":204}` + zeros},
		"large": {"GET", func(w http.ResponseWriter, _ *http.Request) {
			for range 10 {
				_, _ = w.Write(bytes.Repeat([]byte{'a'}, streamBuffer-1))
			}
		}, `{"statusCode":200,"headers":{"Content-Type":"text/plain; charset=utf-8"}}` + zeros + strings.Repeat("a", 10*(streamBuffer-1))},
	} {
		got, err := readStream(t, test.handler, urlRequest(test.method, "/", ""))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// A panic before anything has left is a 500 without its text; after that, and
// where the handler gives up by itself, the response is broken: no client takes
// a half for a whole.
func TestHTTPStreamPanic(t *testing.T) {
	const failed = `{"statusCode":500,"headers":{"Content-Type":"text/plain; charset=utf-8","X-Content-Type-Options":"nosniff"}}` + zeros + "Internal Server Error\n"
	for name, test := range map[string]struct {
		flushes bool
		end     func()
		want    string
		broken  bool
		logged  string
	}{
		"panic at the beginning":  {false, func() { panic("secret") }, failed, false, "handler panicked"},
		"Goexit at the beginning": {false, runtime.Goexit, failed, false, "handler panicked"},
		"abort at the beginning":  {false, func() { panic(http.ErrAbortHandler) }, "", true, "response aborted"},
		"panic":                   {true, func() { panic("secret") }, `{"statusCode":200,"headers":{"Content-Type":"text/plain; charset=utf-8"}}` + zeros + "half", true, "handler panicked"},
		"again":                   {false, func() { panic(again{}) }, failed, false, "handler panicked"},
		"Goexit":                  {true, runtime.Goexit, `{"statusCode":200,"headers":{"Content-Type":"text/plain; charset=utf-8"}}` + zeros + "half", true, "handler panicked"},
		"abort":                   {true, func() { panic(http.ErrAbortHandler) }, `{"statusCode":200,"headers":{"Content-Type":"text/plain; charset=utf-8"}}` + zeros + "half", true, "response aborted"},
	} {
		log := logged.Text(t)
		got, err := readStream(t, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "half")
			if test.flushes {
				w.(http.Flusher).Flush()
				_, _ = io.WriteString(w, "more")
			}
			test.end()
		}, urlRequest("GET", "/", ""))
		if got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
		var broken messages.InvokeResponse_Error
		if errors.As(err, &broken) != test.broken || test.broken && (broken.Type != "Function.ResponseAborted" || strings.Contains(broken.Message, "secret")) {
			t.Errorf("%s: error %#v", name, err)
		}
		if !strings.Contains(log.String(), test.logged) || !strings.Contains(log.String(), "HTTP request platform-id") {
			t.Errorf("%s: log %s", name, log)
		}
	}
}

// A handler that does not heed the end of its context is answered for, or its
// response is broken, before Lambda kills the process.
func TestHTTPStreamDeadline(t *testing.T) {
	logged.Text(t)
	for name, flushes := range map[string]bool{"nothing has left": false, "a chunk has left": true} {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			release := make(chan struct{})
			h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if flushes {
					w.(http.Flusher).Flush()
				}
				<-r.Context().Done()
				if d := time.Since(start); d != 9*time.Second {
					t.Errorf("%s: the handler's context ended after %v, want 9s", name, d)
				}
				<-release
				_, _ = io.WriteString(w, "late")
				if err := http.NewResponseController(w).Flush(); err == nil {
					t.Errorf("%s: the handler is not told that the response is over", name)
				}
			})
			answer, err := (&server{handler: h}).stream(ctx, []byte(urlRequest("GET", "/", "")))
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(answer)
			if flushes != (err != nil) || !flushes && !strings.HasPrefix(string(got), `{"statusCode":504,`) {
				t.Errorf("%s: answer %q, error %v", name, got, err)
			}
			if d := time.Since(start); d != 9500*time.Millisecond {
				t.Errorf("%s: answered after %v, want 9.5s", name, d)
			}
			if err := answer.Close(); err != nil {
				t.Error(err)
			}
			close(release)
		})
	}
}

// Requests that no handler sees are answered in the form of a stream, what is
// no request is an error, and another gateway gets its own form.
func TestHTTPStreamOthers(t *testing.T) {
	logged.Text(t)
	never := func(http.ResponseWriter, *http.Request) { t.Error("called") }
	got, err := readStream(t, never, urlRequest("GET", "/100%", ""))
	if want := `{"statusCode":400,"headers":{"Content-Type":"text/plain; charset=utf-8","X-Content-Type-Options":"nosniff"}}` + zeros + "Bad Request\n"; got != want || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	_, err = (&server{}).stream(t.Context(), fixture(t, "sqs-event.json"))
	wantError(t, err, "declared HTTP", `received records of "aws:sqs"`)

	hello := func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }
	answer, err := (&server{handler: http.HandlerFunc(hello)}).stream(t.Context(), fixture(t, "apigw-request.json"))
	if err != nil || answer.ContentType() != "application/json" {
		t.Fatal(answer.ContentType(), err)
	}
	body, err := io.ReadAll(answer)
	if want := `{"statusCode":200,"multiValueHeaders":{"Content-Type":["text/plain; charset=utf-8"]},"body":"hello","isBase64Encoded":false}`; string(body) != want || err != nil {
		t.Errorf("%s, %v", body, err)
	}
}

// The seam for tests and benchmarks returns the whole stream.
func TestHTTPStreamInvoke(t *testing.T) {
	h := HTTPHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(202)
		w.(http.Flusher).Flush()
		_, _ = io.WriteString(w, "hello")
	}), HTTP{Stream: true})
	got, err := h.Invoke(t.Context(), []byte(urlRequest("GET", "/", "")))
	if want := `{"statusCode":202}` + zeros + "hello"; string(got) != want || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

// A reverse proxy passes on each chunk as it comes.
func TestHTTPStreamReverseProxy(t *testing.T) {
	release := make(chan struct{})
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "first ")
		w.(http.Flusher).Flush()
		<-release
		_, _ = io.WriteString(w, "second")
	}))
	defer backend.Close()
	u, err := url.Parse(backend.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(u)
	proxy.FlushInterval = -1
	answer, err := (&server{handler: proxy}).stream(t.Context(), []byte(urlRequest("GET", "/", "")))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Close() }()
	got := readUntil(t, answer, "first ")
	close(release) // the second is not written before
	rest, err := io.ReadAll(answer)
	if got += string(rest); !strings.HasSuffix(got, zeros+"first second") || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

// readUntil reads until the text ends with end.
func readUntil(t testing.TB, r io.Reader, end string) string {
	t.Helper()
	var got []byte
	for one := make([]byte, 1); !bytes.HasSuffix(got, []byte(end)); {
		n, err := r.Read(one)
		if got = append(got, one[:n]...); err != nil {
			t.Errorf("%q, then %v", got, err)
			return string(got)
		}
	}
	return string(got)
}

// What the reader has taken stays as it is while the handler goes on writing.
func TestHTTPStreamChunksAreTheReaders(t *testing.T) {
	written := make(chan struct{})
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for _, chunk := range []string{"first", "second", "third"} {
			_, _ = io.WriteString(w, chunk)
			if chunk == "third" {
				close(written)
			}
			w.(http.Flusher).Flush()
		}
	})
	answer, err := (&server{handler: h}).stream(t.Context(), []byte(urlRequest("GET", "/", "")))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Close() }()
	got := readUntil(t, answer, "firsts") // a part of the second chunk
	<-written
	rest, err := io.ReadAll(answer)
	if got += string(rest); !strings.HasSuffix(got, zeros+"firstsecondthird") || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}
