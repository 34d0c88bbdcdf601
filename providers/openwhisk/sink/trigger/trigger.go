// Package trigger is the sink topic or event on Apache OpenWhisk, and takes dead
// letters there. A queue is a topic of Kafka, to which no action publishes, and
// so is no sink.
package trigger

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"

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
//
// The certificate of the API host is verified with the authorities of the system,
// and those in the variable FNGEN_OPENWHISK_CA, as PEM. With
// FNGEN_OPENWHISK_INSECURE=true it is not, which is logged: whoever stands between
// gets the API key then. fngen.yaml has both, as targets.openwhisk.ca and insecure.
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
		return fmt.Errorf("fire trigger: %w", sinks.Failed(host, err))
	}
	user, password, _ := strings.Cut(key, ":")
	r.SetBasicAuth(user, password)
	r.Header.Set("Content-Type", "application/json")
	client, err := client()
	if err != nil {
		return fmt.Errorf("fire trigger: %w", err)
	}
	resp, err := client.Do(r)
	if err != nil {
		return fmt.Errorf("fire trigger: %w", sinks.Failed(host, err))
	}
	defer resp.Body.Close()
	answer, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10)) // so that the connection is used again
	return outcome(name, resp.StatusCode, answer)
}

// client keeps connections from one invocation to the next.
var client = sync.OnceValues(func() (*http.Client, error) {
	return newClient(os.Getenv("FNGEN_OPENWHISK_CA"), os.Getenv("FNGEN_OPENWHISK_INSECURE") == "true")
})

// newClient returns a client that also trusts what the certificates in PEM have
// signed, or everybody.
func newClient(ca string, insecure bool) (*http.Client, error) {
	var verify tls.Config
	switch {
	case insecure:
		slog.Warn("the certificate of the API host is not verified, so that whoever stands between gets the API key and every event; set targets.openwhisk.ca in the place of insecure")
		verify.InsecureSkipVerify = true
	case ca == "":
		return sinks.Client(), nil
	default:
		authorities, err := x509.SystemCertPool()
		if err != nil {
			authorities = x509.NewCertPool()
		}
		if !authorities.AppendCertsFromPEM([]byte(ca)) {
			return nil, errors.New("FNGEN_OPENWHISK_CA holds no certificate in PEM")
		}
		verify.RootCAs = authorities
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &verify
	own := *sinks.Client() // but for whom it trusts
	own.Transport = transport
	return &own, nil
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
	err := fmt.Errorf("fire trigger %s: status %d: %.200q", name, status, sinks.Words(string(answer)))
	if status == http.StatusBadRequest || status == http.StatusRequestEntityTooLarge {
		return fn.Permanent(err)
	}
	return err
}
