// Package httpsink is the sink http on every platform.
package httpsink

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/emit"
	"github.com/fngen/fngen/internal/ce"
	"github.com/fngen/fngen/internal/ce/cehttp"
	"github.com/fngen/fngen/internal/sinks"
)

// HTTP posts each event in binary mode to the URL in the environment:
// FNGEN_SINK_NAME, or K_SINK where Knative binds one. What Knative asks for beside
// it, the extensions in K_CE_OVERRIDES, are the event's then.
//
// https://github.com/knative/specs/blob/main/specs/eventing/control-plane.md
type HTTP struct {
	Name string // in the directive
	Type string // of events that have none
}

var _ emit.Sink = HTTP{}

// Declared implements emit.Sink.
func (h HTTP) Declared() (name, eventType string) { return h.Name, h.Type }

// Send implements emit.Sink. Each event is a call.
func (h HTTP) Send(ctx context.Context, events []event.Event) []error {
	return sinks.InOrder(events, func(e event.Event) error { return h.post(ctx, e) })
}

func (h HTTP) post(ctx context.Context, e event.Event) error {
	url := os.Getenv(sinks.Variable(h.Name))
	if url == "" {
		if url = os.Getenv("K_SINK"); url == "" {
			return fmt.Errorf("neither %s nor K_SINK is set; it holds the URL of the sink %s", sinks.Variable(h.Name), h.Name)
		}
		var err error
		if e, err = override(e); err != nil {
			return fmt.Errorf("post event: K_CE_OVERRIDES: %w", err)
		}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(e.Data()))
	if err != nil {
		return fmt.Errorf("post event: %w", sinks.Failed(url, err))
	}
	if err := cehttp.SetHeaders(r.Header, e, e.ID(), e.Source()); err != nil {
		return fn.Permanent(fmt.Errorf("post event: %w", err))
	}
	if t := e.DataContentType(); t != "" || len(e.Data()) > 0 {
		r.Header.Set("Content-Type", cmp.Or(t, event.ApplicationJSON))
	}
	resp, err := sinks.Client().Do(r)
	if err != nil {
		return fmt.Errorf("post event: %w", sinks.Failed(url, err))
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)) // so that the connection is used again
	return outcome(resp.StatusCode)
}

// override returns the event with the extensions that K_CE_OVERRIDES asks for.
func override(e event.Event) (event.Event, error) {
	text := os.Getenv("K_CE_OVERRIDES")
	if text == "" {
		return e, nil
	}
	var overrides struct {
		Extensions map[string]string `json:"extensions"`
	}
	if err := json.Unmarshal([]byte(text), &overrides); err != nil {
		return e, err
	}
	e = e.Clone()
	for name, value := range overrides.Extensions {
		if err := ce.CheckExtension(name); err != nil {
			return e, err
		}
		e.SetExtension(name, value)
	}
	return e, nil
}

// outcome is the error for a status. What the receiver refuses for good is what
// Knative's delivery does not try again; what somebody may put right passes.
//
// https://github.com/knative/specs/blob/main/specs/eventing/data-plane.md
func outcome(status int) error {
	if status >= 200 && status < 300 {
		return nil
	}
	err := fmt.Errorf("post event: status %d", status)
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusRequestTimeout, http.StatusConflict, http.StatusTooManyRequests:
		return err
	}
	if status >= 400 && status < 500 {
		return fn.Permanent(err)
	}
	return err
}
