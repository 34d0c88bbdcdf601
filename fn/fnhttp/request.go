package fnhttp

import (
	"cmp"
	"crypto/rand"
	"net/http"
	"slices"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/ce"
	"github.com/fngen/fngen/internal/ce/cehttp"
	"github.com/fngen/fngen/internal/portable"
	"github.com/fngen/fngen/internal/run"
)

// decode returns the event that the request is, or that it becomes.
func decode(r *http.Request, body []byte) (event.Event, error) {
	var e event.Event
	var err error
	switch {
	case ce.IsStructured(r.Header.Get("Content-Type")):
		e, err = ce.DecodePublic(body)
	case slices.ContainsFunc(r.Header["Ce-Specversion"], func(v string) bool { return v != "" }):
		e, err = cehttp.Decode(r.Header, body)
	default:
		return request(r, body)
	}
	if err != nil {
		return event.Event{}, err
	}
	return portable.Received(e, portable.HTTP)
}

// request makes an event of a request that is none.
func request(r *http.Request, body []byte) (event.Event, error) {
	platform := run.RequestFrom(r.Context())
	id := platform.ID
	if id == "" {
		id = rand.Text()
	}
	attributes := [...]struct{ name, value string }{
		{"type", fn.TypeHTTPRequest},
		{"id", id},
		{"source", cmp.Or(platform.Source, "//"+r.Host)},
		{"subject", portable.Subject(cmp.Or(r.URL.Path, "/"))},
		{"datacontenttype", r.Header.Get("Content-Type")},
		{"traceparent", r.Header.Get("traceparent")},
		{"tracestate", r.Header.Get("tracestate")},
	}
	var a ce.Attributes
	for _, attribute := range attributes {
		if attribute.value == "" {
			continue
		}
		if err := a.Set(attribute.name, attribute.value); err != nil {
			return event.Event{}, err
		}
	}
	return event.Event{Context: a.Context(), DataEncoded: body}, nil
}
