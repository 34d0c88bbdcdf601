package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/bench/payload"
	"github.com/fngen/fngen/providers/gcp"
)

// eventOnGoogle compares a binary-mode event with the CloudEvent function of
// Google's framework.
func eventOnGoogle() (comparison, error) {
	protocol, err := cloudevents.NewHTTP()
	if err != nil {
		return comparison{}, err
	}
	// What the framework's CloudEvent function is, without the framework around it.
	theirs, err := cloudevents.NewHTTPReceiveHandler(context.Background(), protocol, func(_ context.Context, e event.Event) error { return checkObject(e) })
	if err != nil {
		return comparison{}, err
	}
	ours := gcp.Handler(fn.On(func(_ context.Context, e event.Event) error { return checkObject(e) }), gcp.Event{Type: payload.EventType})
	request := binaryRequest()
	request = request.WithContext(context.WithValue(request.Context(), http.ServerContextKey, new(http.Server))) // as from a server
	serve := func(h http.Handler) func() ([]byte, error) {
		return func() ([]byte, error) {
			r := *request
			r.Body = io.NopCloser(strings.NewReader(payload.Order))
			w := discard{header: http.Header{}}
			h.ServeHTTP(&w, &r)
			if w.status >= 300 {
				return nil, fmt.Errorf("status %d", w.status)
			}
			return nil, nil
		}
	}
	return comparison{what: "Google: one event in binary mode", time: 0.35, subjects: []subject{
		{"fngen `gcp.Handler`", serve(ours)},
		{"the handler in functions-framework-go's CloudEvent function", serve(theirs)},
	}}, nil
}

// discard is a server's ResponseWriter that keeps the status alone.
type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }
func (d *discard) WriteHeader(status int)      { d.status = status }
func (d *discard) Flush()                      {}

func checkObject(e event.Event) error {
	if e.ID() == "" || len(e.Data()) == 0 {
		return fmt.Errorf("no event: %v", e)
	}
	return nil
}

func binaryRequest() *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(payload.Order))
	for name, value := range payload.EventHeader {
		r.Header.Set(name, value)
	}
	return r
}
