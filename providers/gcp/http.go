package gcp

import (
	"cmp"
	"crypto/rand"
	"net/http"
	"os"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/headers"
	"github.com/fngen/fngen/internal/logging"
	"github.com/fngen/fngen/internal/portable"
	"github.com/fngen/fngen/internal/run"
)

// HTTP is the source of http triggers. Paths and methods are a matter of the
// handler, a ServeMux for instance.
type HTTP struct {
	// Keep names headers, besides those that [fn.Delivery] always has, that are
	// among its attributes: a webhook's signature for instance.
	Keep []string
}

// HTTPHandler returns what answers HTTP requests with h, in whose context
// [fn.DeliveryFrom] knows the delivery.
//
// The delivery's NativeID is random: X-Cloud-Trace-Context and traceparent may
// be the client's, and no other header is documented as one that Google's
// front end always writes itself. The attributes are the headers that a delivery
// has.
//
// The source of the events is
//
//	//run.googleapis.com/projects/P/locations/L/services/S
//
// with S from K_SERVICE, which Cloud Run sets, and P and L from
// GOOGLE_CLOUD_PROJECT and GOOGLE_CLOUD_REGION, which it does not: what is not
// set is "-", which Google's resource names have where a parent is left open.
// Without K_SERVICE there is no Cloud Run and no such source. All three are
// read once, here.
//
// A panic of h is logged with its stack. If no byte of the response is written
// yet the answer is 500, else the connection is broken, so that no client
// takes half a response for a whole one.
func HTTPHandler(h http.Handler, src HTTP) http.Handler {
	source := serviceSource()
	return hostedHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer run.Attend(r.Context())()
		native := &httpRequest{rand.Text(), r, src.Keep}
		guard(h, w, r.WithContext(run.WithRequest(r.Context(), native, run.Request{ID: native.id, Source: source})))
	}))
}

// httpRequest is a request with the id that it has been given.
type httpRequest struct {
	id      string
	request *http.Request
	keep    headers.Kept
}

// String implements run.Native.
func (r *httpRequest) String() string { return "HTTP request " + r.id }

// LogEvent implements logging.Subject.
func (r *httpRequest) LogEvent() logging.Event {
	return logging.Event{Traceparent: first(r.request.Header, "Traceparent"), Hop: hop(r.request.Header)}
}

// Raw implements run.Native: the body is the handler's to read.
func (r *httpRequest) Raw() []byte { return nil }

// Delivery implements run.Native.
func (r *httpRequest) Delivery() fn.Delivery {
	deadline, _ := r.request.Context().Deadline()
	shown := attributes(r.request.Header, r.keep)
	if r.request.Host != "" { // net/http takes it from the headers
		shown["host"] = r.request.Host
	}
	return fn.Delivery{
		Provider:   provider,
		Trigger:    portable.HTTP,
		NativeID:   r.id,
		Attributes: shown,
		Deadline:   deadline,
	}
}

// serviceSource returns the source of HTTP requests, or "" outside of Cloud Run.
func serviceSource() string {
	service := os.Getenv("K_SERVICE")
	if service == "" {
		return ""
	}
	return "//run.googleapis.com" + portable.Path(
		"projects", cmp.Or(os.Getenv("GOOGLE_CLOUD_PROJECT"), "-"),
		"locations", cmp.Or(os.Getenv("GOOGLE_CLOUD_REGION"), "-"),
		"services", service)
}
