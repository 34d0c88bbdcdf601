package gcp

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/internal/ce"
	"github.com/fngen/fngen/internal/portable"
)

// A push is one message as a push subscription sends it, and as the data of a
// messagePublished event: https://cloud.google.com/pubsub/docs/push. Two of
// its members stand there under two names.
type push struct {
	Message         *message `json:"message"`
	Subscription    string   `json:"subscription"`
	DeliveryAttempt int      `json:"deliveryAttempt"` // from 1; absent without a dead letter policy
}

type message struct {
	Data         string            `json:"data"` // base64
	Attributes   messageAttributes `json:"attributes"`
	ID           string            `json:"messageId"`
	SnakeID      string            `json:"message_id"`
	OrderingKey  string            `json:"orderingKey"`
	Published    string            `json:"publishTime"` // RFC 3339
	SnakePublish string            `json:"publish_time"`
}

// maxAttributes is the number of attributes above which a message is refused,
// so that a body of many tiny ones does not become a map many times its size.
// Pub/Sub's own limit is 100: https://cloud.google.com/pubsub/quotas.
const maxAttributes = 1000

type messageAttributes map[string]string

// UnmarshalJSON decodes an object of strings, or null.
func (a *messageAttributes) UnmarshalJSON(b []byte) error {
	// The caller has checked that b is one JSON value.
	d := json.NewDecoder(bytes.NewReader(b))
	switch t, err := d.Token(); {
	case err != nil:
		return err
	case t == nil:
		return nil
	case t != json.Delim('{'):
		return errors.New("attributes are not an object")
	}
	*a = messageAttributes{}
	for n := 0; d.More(); n++ {
		if n == maxAttributes {
			return fmt.Errorf("more than %d attributes", maxAttributes)
		}
		var value string
		name, err := d.Token()
		if err != nil {
			return err
		}
		if err := d.Decode(&value); err != nil {
			return fmt.Errorf("attribute %.40q: %w", name, err)
		}
		(*a)[name.(string)] = value
	}
	return nil
}

// decodePush reads the envelope. What is wrong with the message in it shows
// later, when the message is asked for.
func decodePush(b []byte) (*push, error) {
	var p push
	if err := json.Unmarshal(b, &p); err != nil {
		return nil, fmt.Errorf("decode Pub/Sub push: %w", err)
	}
	switch {
	case p.Message == nil:
		return nil, errors.New("decode Pub/Sub push: missing message")
	case p.id() == "":
		return nil, errors.New("decode Pub/Sub push: missing messageId")
	case p.Subscription == "":
		return nil, errors.New("decode Pub/Sub push: missing subscription")
	}
	return &p, nil
}

func (p *push) id() string { return cmp.Or(p.Message.ID, p.Message.SnakeID) }

// attributes returns a copy.
func (p *push) attributes() map[string]string { return maps.Clone(p.Message.Attributes) }

func (p *push) data() ([]byte, error) {
	b, err := base64.StdEncoding.DecodeString(p.Message.Data)
	if err != nil {
		return nil, fmt.Errorf("decode data: %w", err)
	}
	return b, nil
}

// contentType returns the attribute content-type. Google's binding writes it
// so, the CloudEvents SDK as Content-Type.
func (p *push) contentType() string {
	return cmp.Or(p.Message.Attributes["content-type"], p.Message.Attributes["Content-Type"])
}

// message returns the message for the portable model.
func (p *push) message() (portable.Message, error) {
	data, err := p.data()
	if err != nil {
		return portable.Message{}, err
	}
	m := portable.Message{
		Source:       "//pubsub.googleapis.com" + portable.Path(strings.Split(p.Subscription, "/")...),
		ID:           p.id(),
		ContentType:  p.contentType(),
		Body:         data,
		PartitionKey: p.Message.OrderingKey,
	}
	if s := cmp.Or(p.Message.Published, p.Message.SnakePublish); s != "" {
		if m.Time, err = time.Parse(time.RFC3339Nano, s); err != nil {
			return portable.Message{}, fmt.Errorf("publishTime: %w", err)
		}
	}
	// Pub/Sub's client libraries write the second pair.
	for _, prefix := range []string{"", "googclient_"} {
		if parent := p.Message.Attributes[prefix+"traceparent"]; parent != "" {
			m.TraceParent, m.TraceState = parent, p.Message.Attributes[prefix+"tracestate"]
			break
		}
	}
	return m, nil
}

// cloudEvent returns the CloudEvent that the message is and reports whether it
// is one: in structured mode by its content type, which wins, or in binary
// mode by attributes that begin with ce-. Their values are plain, unlike those
// of HTTP headers:
// https://github.com/googleapis/google-cloudevents/blob/main/docs/spec/pubsub.md.
func (p *push) cloudEvent() (e event.Event, ok bool, err error) {
	if ce.IsStructured(p.contentType()) {
		data, err := p.data()
		if err != nil {
			return event.Event{}, true, err
		}
		e, err = ce.Decode(data)
		return e, true, err
	}
	var a ce.Attributes
	for _, name := range slices.Sorted(maps.Keys(p.Message.Attributes)) {
		attribute, is := strings.CutPrefix(name, "ce-")
		if !is {
			continue
		}
		ok = true
		if err := a.Set(attribute, p.Message.Attributes[name]); err != nil {
			return event.Event{}, true, fmt.Errorf("attribute %s: %w", name, err)
		}
	}
	if !ok {
		return event.Event{}, false, nil
	}
	if t := p.contentType(); t != "" {
		if err := a.Set("datacontenttype", t); err != nil {
			return event.Event{}, true, err
		}
	}
	data, err := p.data()
	if err != nil {
		return event.Event{}, true, err
	}
	e, err = a.Event(data)
	return e, true, err
}
