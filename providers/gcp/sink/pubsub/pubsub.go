// Package pubsub is the sink queue, topic or event on Google Cloud.
package pubsub

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/emit"
	"github.com/fngen/fngen/internal/sinks"
	"github.com/fngen/fngen/providers/gcp/internal/api"
)

// Topic publishes events to a Pub/Sub topic, by the CloudEvents binding for
// Pub/Sub. Its name, projects/PROJECT/topics/TOPIC, is in the environment, under
// FNGEN_SINK_NAME. The extension partitionkey is the ordering key.
type Topic struct {
	Name string // in the directive
	Type string // of events that have none
}

var _ emit.Sink = Topic{}

// Declared implements emit.Sink.
func (t Topic) Declared() (name, eventType string) { return t.Name, t.Type }

// Limits of a request: https://cloud.google.com/pubsub/quotas.
const (
	maxMessages = 1000
	maxBytes    = 10 << 20 // of a message too, as it is sent
)

// Send implements emit.Sink. A request is taken as a whole or not at all; what
// follows one that failed is not sent, so that the order is kept.
func (t Topic) Send(ctx context.Context, events []event.Event) []error {
	errs := make([]error, len(events))
	topic, err := sinks.Address(t.Name)
	if err != nil {
		return fill(errs, 0, err)
	}
	var batch []json.RawMessage
	var of []int // index of each in events
	size := 0
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		err := publish(ctx, topic, batch)
		if err != nil {
			for _, i := range of {
				errs[i] = err
			}
		}
		batch, of, size = nil, nil, 0
		return err
	}
	for i, e := range events {
		m, err := encode(e)
		if err == nil && len(m) > maxBytes-envelope {
			err = fmt.Errorf("the event %s has %d bytes as a message, more than %d, the limit of Pub/Sub", e.ID(), len(m), maxBytes-envelope)
		}
		if err != nil {
			errs[i] = fn.Permanent(err)
			continue
		}
		if len(batch) == maxMessages || size+len(m)+envelope > maxBytes {
			if err := flush(); err != nil {
				return fill(errs, i, fmt.Errorf("not sent, since an event before it was not: %s", err))
			}
		}
		batch, of, size = append(batch, m), append(of, i), size+len(m)+1
	}
	_ = flush() // its error is in errs
	return errs
}

// envelope is the size of what a request holds besides its messages.
const envelope = len(`{"messages":[]}`)

// fill sets the error of every event from i on that has none.
func fill(errs []error, i int, err error) []error {
	for ; i < len(errs); i++ {
		if errs[i] == nil {
			errs[i] = err
		}
	}
	return errs
}

// publish makes one call of projects.topics.publish.
func publish(ctx context.Context, topic string, messages []json.RawMessage) error {
	body, err := json.Marshal(map[string]any{"messages": messages})
	if err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	status, answer, err := google.Post(ctx, topic+":publish", body)
	if err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	if status == http.StatusOK {
		return nil
	}
	var said struct {
		Error struct{ Status, Message string }
	}
	_ = json.Unmarshal(answer, &said) // without it the status says it all
	err = fmt.Errorf("publish to %s: status %d %s: %s", topic, status, said.Error.Status, sinks.Words(said.Error.Message))
	if status == http.StatusBadRequest || status == http.StatusRequestEntityTooLarge {
		return fn.Permanent(err)
	}
	return err
}

// google is called with the function's own identity.
var google = api.Service{Name: "pubsub", Emulator: "PUBSUB_EMULATOR_HOST"}

// message is a message as a request holds it.
type message struct {
	Data        string            `json:"data,omitempty"`
	Attributes  map[string]string `json:"attributes"`
	OrderingKey string            `json:"orderingKey,omitempty"`
}

func newMessage(data []byte, attributes map[string]string, key string) ([]byte, error) {
	return json.Marshal(message{base64.StdEncoding.EncodeToString(data), attributes, key})
}
