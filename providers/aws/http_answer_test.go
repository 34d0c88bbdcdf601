package aws

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/internal/testkit/logged"
)

// Each gateway gets its own form of an answer, to the byte; a REST API refuses
// one with members that it does not know.
func TestHTTPAnswers(t *testing.T) {
	h := func(w http.ResponseWriter, _ *http.Request) {
		header := w.Header()
		header.Set("Content-Type", "text/html; charset=utf-8")
		header.Set("Content-Length", "4711") // a lie, which the gateway must not hear
		header["Vary"] = []string{"Accept", "Origin"}
		header["Set-Cookie"] = []string{"a=1", "b=2; Path=/", "c=3"}
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, "<é>")
	}
	v2 := `{"statusCode":201,"headers":{"Content-Type":"text/html; charset=utf-8","Vary":"Accept, Origin"},"cookies":["a=1","b=2; Path=/","c=3"],"body":"<é>","isBase64Encoded":false}`
	for file, want := range map[string]string{
		"lambda-urls-request.json":            v2,
		"apigw-v2-request-no-authorizer.json": v2,
		"apigw-request.json": `{"statusCode":201,"multiValueHeaders":{"Content-Type":["text/html; charset=utf-8"],"Set-Cookie":["a=1","b=2; Path=/","c=3"],` +
			`"Vary":["Accept","Origin"]},"body":"<é>","isBase64Encoded":false}`,
		"alb-lambda-target-request-headers-only.json": `{"statusCode":201,"statusDescription":"201 Created","headers":{"Content-Type":"text/html; charset=utf-8",` +
			`"Set-cookie":"b=2; Path=/","Vary":"Accept, Origin","sEt-cookie":"c=3","set-cookie":"a=1"},"body":"<é>","isBase64Encoded":false}`,
		"alb-lambda-target-request-multivalue-headers.json": `{"statusCode":201,"statusDescription":"201 Created","multiValueHeaders":{"Content-Type":["text/html; charset=utf-8"],` +
			`"Set-Cookie":["a=1","b=2; Path=/","c=3"],"Vary":["Accept","Origin"]},"body":"<é>","isBase64Encoded":false}`,
	} {
		if got := serve(t, h, string(fixture(t, file))); got != want {
			t.Errorf("%s:\n got %s\nwant %s", file, got, want)
		}
	}
}

// Only text travels as text.
func TestHTTPBase64(t *testing.T) {
	for name, test := range map[string]struct {
		encoding, body, want string
	}{
		"text":          {"", "a\x00b", `"body":"a\u0000b","isBase64Encoded":false`},
		"not UTF-8":     {"", "a\xff", `"body":"Yf8=","isBase64Encoded":true`},
		"encoded":       {"br", "abc", `"body":"YWJj","isBase64Encoded":true`},
		"not encoded":   {"identity", "abc", `"body":"abc","isBase64Encoded":false`},
		"nothing there": {"", "", `"body":"","isBase64Encoded":false`},
	} {
		got := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			if test.encoding != "" {
				w.Header().Set("Content-Encoding", test.encoding)
			}
			_, _ = io.WriteString(w, test.body)
		}, urlRequest("GET", "/", ""))
		if !strings.Contains(got, test.want) {
			t.Errorf("%s: answer %s does not hold %s", name, got, test.want)
		}
	}
}

// HEAD has the headers of GET and no body; only there a handler's own length
// means something.
func TestHTTPHead(t *testing.T) {
	got := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "5")
		_, _ = io.WriteString(w, "hello")
	}, urlRequest("HEAD", "/", ""))
	want := `{"statusCode":200,"headers":{"Content-Length":"5","Content-Type":"text/plain; charset=utf-8"},"body":"","isBase64Encoded":false}`
	if got != want {
		t.Errorf("answer %s, want %s", got, want)
	}
}

// An answer that Lambda refuses would end the process.
func TestHTTPAnswerTooLarge(t *testing.T) {
	log := logged.Text(t)
	got := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(bytes.Repeat([]byte{'a'}, maxAnswer))
	}, urlRequest("GET", "/", ""))
	if !strings.HasPrefix(got, `{"statusCode":500,`) || len(got) > 1000 {
		t.Errorf("answer of %d bytes: %.200s", len(got), got)
	}
	if !strings.Contains(log.String(), "larger than Lambda allows") {
		t.Errorf("log %s", log)
	}
}

// A status that no client understands is the handler's fault.
func TestHTTPInvalidStatus(t *testing.T) {
	logged.Text(t)
	for _, status := range []int{0, -1, 42, 1000} {
		got := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }, urlRequest("GET", "/", ""))
		if !strings.HasPrefix(got, `{"statusCode":500,`) {
			t.Errorf("%d: answer %s", status, got)
		}
	}
}

// Every cookie of a list has a spelling of its own.
func TestSpelling(t *testing.T) {
	taken := map[string]bool{}
	for i := range 512 { // nine letters
		s := spelling("set-cookie", i)
		if taken[s] || !strings.EqualFold(s, "set-cookie") {
			t.Fatalf("spelling %d is %q", i, s)
		}
		taken[s] = true
	}
}

// The response is what net/http would have sent for the same handler.
func TestHTTPLikeNetHTTP(t *testing.T) {
	for name, h := range map[string]http.HandlerFunc{
		"implicit 200":  func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") },
		"nothing":       func(http.ResponseWriter, *http.Request) {},
		"second status": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(201); w.WriteHeader(500) },
		"informational": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(103); w.WriteHeader(202) },
		"late header":   func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(200); w.Header().Set("X-Late", "1") },
		"sniffed as text": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "a")
			_, _ = io.WriteString(w, "b")
		},
		"sniffed as binary": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte{0x89, 'P', 'N', 'G', 0xd, 0xa, 0x1a, 0xa})
		},
		"sniffing forbidden": func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Type"] = nil
			_, _ = io.WriteString(w, "a")
		},
		"encoded content": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "br")
			_, _ = io.WriteString(w, "a")
		},
		"several values":   func(w http.ResponseWriter, _ *http.Request) { w.Header()["Vary"] = []string{"A", "B"} },
		"two lines in one": func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-A", "1\r\nX-B: 2") },
		"a name that is none": func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["X B"] = []string{"1"}
			w.Header()["lower"] = []string{"2"}
		},
		"no body with 204": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(204)
			if _, err := w.Write([]byte("x")); !errors.Is(err, http.ErrBodyNotAllowed) {
				t.Errorf("write after 204: %v", err)
			}
		},
		"redirect":  func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/there", http.StatusSeeOther) },
		"not found": http.NotFound,
	} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			t.Run(name+" "+method, func(t *testing.T) {
				server := httptest.NewServer(h)
				defer server.Close()
				client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
				request, err := http.NewRequestWithContext(t.Context(), method, server.URL, nil)
				if err != nil {
					t.Fatal(err)
				}
				response, err := client.Do(request)
				if err != nil {
					t.Fatal(err)
				}
				defer response.Body.Close()
				body, err := io.ReadAll(response.Body)
				if err != nil {
					t.Fatal(err)
				}
				for _, framing := range []string{"Date", "Content-Length", "Connection"} {
					response.Header.Del(framing)
				}

				w := newResponse(&proxyRequest{method: method})
				h.ServeHTTP(w, httptest.NewRequest(method, "/", nil))
				w.WriteHeader(http.StatusOK)
				gotBody := w.Body()
				if w.isHead {
					gotBody = nil
				}
				gotHeader := http.Header{}
				for _, f := range w.fields() {
					gotHeader.Add(f.Name, f.Value)
				}
				if w.Status() != response.StatusCode || string(gotBody) != string(body) {
					t.Errorf("status %d, body %q; net/http: %d, %q", w.Status(), gotBody, response.StatusCode, body)
				}
				if diff := cmp.Diff(response.Header, gotHeader); diff != "" {
					t.Errorf("header (-net/http +got):\n%s", diff)
				}
			})
		}
	}
}
