package gcp_test

import (
	"bytes"
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/fnhttp"
	"github.com/fngen/fngen/internal/testkit/logged"
	"github.com/fngen/fngen/providers/gcp"
)

// Protects the event of a request on Google Cloud: the id is never one that
// the client sent, and the source says only what the environment tells.
func TestHTTPEvent(t *testing.T) {
	for _, tc := range []struct{ name, service, project, region, source string }{
		{"on Cloud Run", "orders", "", "", "//run.googleapis.com/projects/-/locations/-/services/orders"},
		{"project and region set", "orders", "acme", "europe-west1", "//run.googleapis.com/projects/acme/locations/europe-west1/services/orders"},
		{"elsewhere", "", "acme", "europe-west1", "//example.com"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Setenv("K_SERVICE", tc.service)
			t.Setenv("GOOGLE_CLOUD_PROJECT", tc.project)
			t.Setenv("GOOGLE_CLOUD_REGION", tc.region)
			var events recorder
			h := gcp.HTTPHandler(fnhttp.Handler(&events, "/shop/orders"), gcp.HTTP{Keep: []string{"X-Hub-Signature"}})
			for range 2 {
				r := httptest.NewRequest(http.MethodPut, "/orders/Z%C3%BCrich", strings.NewReader("body"))
				r.Header.Set("Content-Type", "text/plain")
				r.Header.Set("X-Cloud-Trace-Context", "client/1;o=1")
				r.Header.Set("Function-Execution-Id", "client")
				r.Header.Set("X-Request-Id", "client")
				r.Header.Set("Authorization", "Bearer secret")
				r.Header.Set("Cookie", "session=secret")
				r.Header.Set("X-Goog-Iap-Jwt-Assertion", "secret")
				r.Header.Set("X-Forwarded-Access-Token", "secret")
				r.Header.Set("X-Anything", "secret")
				r.Header.Set("X-Hub-Signature", "sha1=1")
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				if w.Code != http.StatusNoContent {
					t.Fatalf("status = %d, want 204", w.Code)
				}
			}
			got, d := events.seen[0], events.deliveries[0]
			if got.ID == events.seen[1].ID || got.ID != d.NativeID || len(got.ID) < 26 || strings.Contains(got.ID, "client") {
				t.Errorf("ids %q and %q, NativeID %q: want a random one for each request", got.ID, events.seen[1].ID, d.NativeID)
			}
			got.ID = ""
			want := occurrence{
				Type: "dev.fngen.http.request.v1", Source: tc.source, Subject: "/orders/Zürich", ContentType: "text/plain", Data: "body",
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("event (-want +got):\n%s", diff)
			}
			if d.Provider != "gcp" || d.Trigger != "http" {
				t.Errorf("delivery of %s %s, want gcp http", d.Provider, d.Trigger)
			}
			attributes := map[string]string{"content-type": "text/plain", "x-cloud-trace-context": "client/1;o=1", "x-request-id": "client", "host": "example.com", "x-hub-signature": "sha1=1"}
			if diff := cmp.Diff(attributes, d.Attributes); diff != "" {
				t.Errorf("attributes (-want +got):\n%s", diff)
			}
		})
	}
}

// Protects the delivery of a plain net/http handler, and the platform's
// deadline in it.
func TestHTTPDelivery(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
	defer cancel()
	want, _ := ctx.Deadline()
	h := gcp.HTTPHandler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if d, ok := fn.DeliveryFrom(r.Context()); !ok || !d.Deadline.Equal(want) {
			t.Errorf("Deadline = %v, %v, want %v", d.Deadline, ok, want)
		}
	}), gcp.HTTP{})
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil).WithContext(ctx))
}

// framework wraps a function as funcframework.Start does: it takes a panic and
// adds a text to whatever was written. It must not get to see one.
func framework(t *testing.T, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if p := recover(); p != nil {
				t.Errorf("the framework saw panic %v", p)
				w.WriteHeader(http.StatusInternalServerError)
				_, _ = io.WriteString(w, "A panic occurred during user function execution. Please see logs for more details.")
			}
		}()
		h.ServeHTTP(w, r)
	})
}

// onlyReader hides WriteTo, so that io.Copy asks the writer for ReadFrom.
type onlyReader struct{ io.Reader }

// again panics when it is printed, with what does so too.
type again struct{}

func (a again) Error() string { panic(a) }

// A panicking handler and what its client must see; status 0 is a broken
// connection.
type panicking struct {
	name    string
	handler http.HandlerFunc
	status  int
}

func panickings() []panicking {
	return []panicking{
		{"before anything is written", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Set-Cookie", "half=1")
			panic("secret")
		}, 500},
		{"with what panics again", func(http.ResponseWriter, *http.Request) { panic(again{}) }, 500},
		{"after an informational response", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusEarlyHints)
			panic("secret")
		}, 500},
		{"after the first byte", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "half")
			panic("secret")
		}, 0},
		{"after a flush", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "half")
			w.(http.Flusher).Flush()
			panic("secret")
		}, 0},
		{"after a flush of nothing", func(w http.ResponseWriter, _ *http.Request) {
			w.(http.Flusher).Flush()
			panic("secret")
		}, 0},
		{"after a copy", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.Copy(w, onlyReader{strings.NewReader(strings.Repeat("half", 4096))})
			panic("secret")
		}, 0},
		{"after a status without a body", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusNoContent)
			panic("secret")
		}, 0},
		{"after a whole body that is not sent yet", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "4")
			_, _ = io.WriteString(w, "half")
			panic("secret")
		}, 0},
		{"abort", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 0},
	}
}

// checkPanic asks the server at url for what h answers.
func checkPanic(t *testing.T, url string, tc panicking) {
	t.Helper()
	resp, err := http.Post(url, "text/plain", nil) // a POST is not sent again on a broken connection
	if err != nil {
		if tc.status != 0 {
			t.Errorf("no response, want %d: %v", tc.status, err)
		}
		return
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	switch {
	case tc.status == 0 && err == nil:
		t.Errorf("a whole response, status %d, body %.100q; want a broken connection", resp.StatusCode, body)
	case tc.status != 0 && (err != nil || resp.StatusCode != tc.status || string(body) != "Internal Server Error\n" || resp.Header.Get("Set-Cookie") != ""):
		t.Errorf("status %d, headers %v, body %.100q, error %v; want %d and its text alone", resp.StatusCode, resp.Header, body, err, tc.status)
	}
	if strings.Contains(string(body), "panic") || strings.Contains(string(body), "secret") {
		t.Errorf("body %.200q tells of the panic", body)
	}
}

// Protects clients from half a response that looks whole, and the process from
// a panic, under net/http and under a server that takes panics itself.
func TestHTTPPanic(t *testing.T) {
	for _, tc := range panickings() {
		t.Run(tc.name, func(t *testing.T) {
			log := logged.Text(t)
			h := gcp.HTTPHandler(tc.handler, gcp.HTTP{})
			for _, server := range []*httptest.Server{httptest.NewServer(h), httptest.NewServer(framework(t, h))} {
				checkPanic(t, server.URL, tc)
				server.Close() // waits for the handler, so that the log is complete
			}
			if stack := strings.Count(log.String(), "stack="); tc.name != "abort" && stack != 2 || tc.name == "abort" && stack != 0 {
				t.Errorf("%d stacks in the log:\n%s", stack, log)
			}
		})
	}
}

// Protects handlers that use more of the ResponseWriter than its interface, and
// a connection that a handler took from a response of ours.
func TestHTTPWriter(t *testing.T) {
	var complaints bytes.Buffer // of the server
	server := httptest.NewUnstartedServer(framework(t, gcp.HTTPHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/hijack" {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = io.WriteString(conn, "HTTP/1.1 299 Mine\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
			_ = conn.Close()
			panic("the connection is not the server's any more")
		}
		if err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Error(err)
		}
		_, _ = io.WriteString(w, "first,")
		w.(http.Flusher).Flush()
		_, _ = io.Copy(w, onlyReader{strings.NewReader("second")})
	}), gcp.HTTP{})))
	server.Config.ErrorLog = log.New(&complaints, "", 0)
	server.Start()
	logged.Text(t)

	for path, want := range map[string]struct {
		status int
		body   string
	}{"/": {200, "first,second"}, "/hijack": {299, ""}} {
		resp, err := http.Get(server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.StatusCode != want.status || string(body) != want.body {
			t.Errorf("%s: %d %q, %v, want %d %q", path, resp.StatusCode, body, err, want.status, want.body)
		}
	}
	server.Close()
	if complaints.Len() > 0 {
		t.Errorf("the server complains: %s", &complaints)
	}
}
