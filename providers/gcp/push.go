package gcp

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/internal/ce"
	"github.com/fngen/fngen/internal/portable"
)

// A push is one message as a push subscription sends it, and as the data of a
// messagePublished event: https://cloud.google.com/pubsub/docs/push. Its
// strings are parts of one text.
type push struct {
	Message         *message
	Subscription    string
	DeliveryAttempt int // from 1; 0 without a dead letter policy
}

// Two members of a message stand there under two names.
type message struct {
	Data                    string // base64
	Attributes              map[string]string
	ID, SnakeID             string
	OrderingKey             string
	Published, SnakePublish string // RFC 3339
}

// decodePush reads the envelope. What is wrong with the message in it shows
// later, when the message is asked for.
func decodePush(b []byte) (*push, error) {
	var p push
	if err := p.read(b); err != nil {
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
		if m.Time, err = ce.ParseTime(s); err != nil {
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
	var names []string
	for name := range p.Message.Attributes {
		if strings.HasPrefix(name, "ce-") {
			names = append(names, name)
		}
	}
	if names == nil {
		return event.Event{}, false, nil
	}
	slices.Sort(names)
	var a ce.Attributes
	for _, name := range names {
		if err := a.Set(name[len("ce-"):], p.Message.Attributes[name]); err != nil {
			return event.Event{}, true, fmt.Errorf("attribute %s: %w", name, err)
		}
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
