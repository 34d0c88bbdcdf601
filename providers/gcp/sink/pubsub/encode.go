package pubsub

import (
	"fmt"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/cloudevents/sdk-go/v2/types"

	"github.com/fngen/fngen/internal/ce"
)

// Limits of a message's attributes: https://cloud.google.com/pubsub/quotas.
const (
	maxAttributes = 100
	maxName       = 256 // bytes
	maxValue      = 1024
)

// encode returns the event as a message: in binary mode, its attributes with
// plain values, or in structured mode where they are too many or too long for
// that. Filters of subscriptions see the type in either.
//
// https://github.com/googleapis/google-cloudevents/blob/main/docs/spec/pubsub.md
func encode(e event.Event) ([]byte, error) {
	key, _ := e.Extensions()["partitionkey"].(string)
	if len(key) > maxValue {
		return nil, fmt.Errorf("the event %s has a partitionkey of %d bytes, more than %d, the limit of an ordering key", e.ID(), len(key), maxValue)
	}
	attributes, err := attributes(e)
	if err != nil {
		return nil, err
	}
	if fit(attributes) {
		return newMessage(e.Data(), attributes, key)
	}
	structured, err := ce.Encode(e)
	if err != nil {
		return nil, err
	}
	short := map[string]string{"content-type": ce.MediaType}
	if len(e.Type()) <= maxValue {
		short["ce-type"] = e.Type()
	}
	return newMessage(structured, short, key)
}

// fit reports whether a message can have the attributes.
func fit(attributes map[string]string) bool {
	for name, value := range attributes {
		if len(name) > maxName || len(value) > maxValue {
			return false
		}
	}
	return len(attributes) <= maxAttributes
}

func attributes(e event.Event) (map[string]string, error) {
	out := map[string]string{"ce-specversion": event.CloudEventsVersionV1}
	for name, value := range map[string]string{
		"ce-id": e.ID(), "ce-source": e.Source(), "ce-type": e.Type(), "ce-subject": e.Subject(), "ce-dataschema": e.DataSchema(),
		"content-type": e.DataContentType(),
	} {
		if value != "" {
			out[name] = value
		}
	}
	if t := e.Time(); !t.IsZero() {
		out["ce-time"] = types.FormatTime(t)
	}
	for name, value := range e.Extensions() {
		if err := ce.CheckExtension(name); err != nil {
			return nil, err
		}
		text, err := types.Format(value)
		if err != nil {
			return nil, fmt.Errorf("attribute %s: %w", name, err)
		}
		out["ce-"+name] = text
	}
	return out, nil
}
