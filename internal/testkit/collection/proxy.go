package collection

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"
)

// A Proxy is before a service, and has things happen to calls.
type Proxy struct {
	URL string

	lose, throttle, broken atomic.Int64
}

var _ Faults = (*Proxy)(nil)

// LoseAnswer implements Faults.
func (p *Proxy) LoseAnswer() { p.lose.Store(1) }

// Throttle implements Faults.
func (p *Proxy) Throttle(n int) { p.throttle.Store(int64(n)) }

// Break implements Faults.
func (p *Proxy) Break(n int) { p.broken.Store(int64(n)) }

func take(n *atomic.Int64) bool { return n.Load() > 0 && n.Add(-1) >= 0 }

// Before returns a proxy before the service at the address, until the test's end.
// throttled is how the service answers that it is called too often.
func Before(t testing.TB, service string, throttled http.HandlerFunc) *Proxy {
	t.Helper()
	target, err := url.Parse(service)
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{}
	forward := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) },
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			t.Errorf("the service behind the proxy: %v", err)
			w.WriteHeader(http.StatusBadGateway)
		},
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case take(&p.throttle):
			_, _ = io.Copy(io.Discard, r.Body)
			throttled(w, r)
		case take(&p.broken):
			_, _ = io.Copy(io.Discard, r.Body)
			http.Error(w, "not today", http.StatusServiceUnavailable)
		case take(&p.lose):
			forward.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		default:
			forward.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(func() {
		server.Close()
		if p.lose.Load()+p.throttle.Load()+p.broken.Load() > 0 {
			t.Error("what was to happen to calls did not")
		}
	})
	p.URL = server.URL
	return p
}
