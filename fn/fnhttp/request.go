package fnhttp

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/cloudevents/sdk-go/v2/types"

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
		e, err = ce.Decode(body)
	case r.Header.Get("Ce-Specversion") != "":
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
	source := cmp.Or(platform.Source, "//"+r.Host)
	u, err := url.Parse(source)
	if err != nil {
		return event.Event{}, fmt.Errorf("source: %w", err)
	}
	subject := portable.Subject(cmp.Or(r.URL.Path, "/"))
	id := platform.ID
	if id == "" {
		id = rand.Text()
	}
	ctx := &event.EventContextV1{
		Type:    fn.TypeHTTPRequest,
		ID:      id,
		Source:  types.URIRef{URL: *u},
		Subject: &subject,
	}
	if t := r.Header.Get("Content-Type"); t != "" {
		ctx.DataContentType = &t
	}
	for _, name := range []string{"traceparent", "tracestate"} {
		if v := r.Header.Get(name); v != "" {
			if ctx.Extensions == nil {
				ctx.Extensions = map[string]any{}
			}
			ctx.Extensions[name] = v
		}
	}
	return event.Event{Context: ctx, DataEncoded: body}, nil
}
