// Package trigger is the sink topic or event on Apache OpenWhisk, and takes dead
// letters there. A queue is a topic of Kafka, to which no action publishes, and
// so is no sink.
package trigger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/emit"
	"github.com/fngen/fngen/internal/ce"
	"github.com/fngen/fngen/internal/sinks"
	"github.com/fngen/fngen/providers/openwhisk/internal/actionloop"
)

// Trigger fires a trigger of the action's namespace with each event, in
// structured mode as the parameter cloudevent. The trigger's name is in the
// environment, under FNGEN_SINK_NAME. The action needs the annotation
// provide-api-key.
type Trigger struct {
	Name string // in the directive
	Type string // of events that have none
}

var _ emit.Sink = Trigger{}

// Declared implements emit.Sink.
func (t Trigger) Declared() (name, eventType string) { return t.Name, t.Type }

// maxPayload is the platform's limit for parameters, in bytes.
//
// https://github.com/apache/openwhisk/blob/master/docs/reference.md
const maxPayload = 1 << 20

// Send implements emit.Sink. Each event is a call.
func (t Trigger) Send(ctx context.Context, events []event.Event) []error {
	return sinks.InOrder(events, func(e event.Event) error { return t.fire(ctx, e) })
}

func (t Trigger) fire(ctx context.Context, e event.Event) error {
	structured, err := ce.Encode(e)
	if err != nil {
		return fn.Permanent(err)
	}
	body := append(append([]byte(`{"cloudevent":`), structured...), '}')
	if len(body) > maxPayload {
		return fn.Permanent(fmt.Errorf("the event %s has %d bytes, more than %d, the limit of the platform", e.ID(), len(body), maxPayload))
	}
	name, err := sinks.Address(t.Name)
	if err != nil {
		return err
	}
	host, key := os.Getenv("__OW_API_HOST"), actionloop.APIKey(ctx)
	if host == "" || key == "" {
		return errors.New("fire trigger: the platform has sent no API key; set the annotation provide-api-key of the action to true")
	}
	if !strings.Contains(host, "://") {
		host = "https://" + host
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, host+"/api/v1/namespaces/_/triggers/"+url.PathEscape(name), bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("fire trigger: %w", err)
	}
	user, password, _ := strings.Cut(key, ":")
	r.SetBasicAuth(user, password)
	r.Header.Set("Content-Type", "application/json")
	resp, err := sinks.Client().Do(r)
	if err != nil {
		return fmt.Errorf("fire trigger: %w", err)
	}
	defer resp.Body.Close()
	answer, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10)) // so that the connection is used again
	return outcome(name, resp.StatusCode, answer)
}

// outcome is the error for the platform's answer. A fired trigger without an
// active rule is one: nobody gets the event.
func outcome(name string, status int, answer []byte) error {
	switch status {
	case http.StatusOK, http.StatusAccepted:
		return nil
	case http.StatusNoContent:
		return fmt.Errorf("fire trigger %s: it has no active rule, so that nobody would get the event", name)
	}
	err := fmt.Errorf("fire trigger %s: status %d: %.200q", name, status, answer)
	if status == http.StatusBadRequest || status == http.StatusRequestEntityTooLarge {
		return fn.Permanent(err)
	}
	return err
}
