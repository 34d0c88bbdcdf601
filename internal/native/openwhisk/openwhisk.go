// Package openwhisk encodes the lines of the ActionLoop protocol that Apache
// OpenWhisk's runtimes send to an action.
package openwhisk

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/fngen/fngen/internal/native"
)

// A Platform is what surrounds an action.
type Platform struct {
	Namespace string // acme if empty
	Package   string // fngen if empty
	Action    string // the trigger's resource if empty
	Resource  string // physical name of the Kafka topic or database; the trigger's if empty
	APIKey    string // in the request; none if empty
}

var _ native.Platform = Platform{}

// Name implements native.Platform.
func (Platform) Name() string { return "openwhisk" }

// Envelopes implements native.Platform.
func (Platform) Envelopes(kind string) []string {
	switch kind {
	case "queue", "topic", "stream", "document", "event", "schedule", "http":
		return []string{""}
	}
	return nil
}

// A call is what an encoder is given.
type call struct {
	Platform
	native.Trigger
	native.Invocation
}

// Encode implements native.Platform: the Kafka feed brings several messages in
// one activation, all else has one for each.
func (p Platform) Encode(t native.Trigger, i native.Invocation, deliveries ...native.Delivery) ([]native.Payload, error) {
	c := call{p.complete(t), t, i}
	if i.ID == "" && len(deliveries) > 0 {
		c.ID = native.Digest(deliveries[0].Number, "activation", t.Kind, t.Name)[:32]
	}
	out, err := c.encode(deliveries)
	if err != nil {
		return nil, fmt.Errorf("%s on OpenWhisk: %w", t.Kind, err)
	}
	return out, nil
}

func (c call) encode(deliveries []native.Delivery) ([]native.Payload, error) {
	switch {
	case c.Kind == "object":
		return nil, native.NoObjects
	case c.Kind == "queue" && !c.Letters, c.Kind == "stream": // dead letters fire a trigger
		p, err := c.kafka(deliveries)
		return []native.Payload{p}, err
	}
	var out []native.Payload
	for n, d := range deliveries {
		one := c
		if n > 0 {
			one.ID = fmt.Sprintf("%s-%d", c.ID, n+1)
		}
		value, e, err := one.activation(d)
		if err != nil {
			return nil, err
		}
		out = append(out, one.payload(value, e))
	}
	return out, nil
}

// activation returns the parameters of one delivery.
func (c call) activation(d native.Delivery) (json.RawMessage, native.Entry, error) {
	if err := c.Check(d.Occurrence); err != nil {
		return nil, native.Entry{}, err
	}
	switch o := d.Occurrence.(type) {
	case native.Message:
		return c.message(o)
	case native.Event:
		return c.event(o)
	case native.Tick:
		value := native.JSON("name", o.Name)
		return value, native.Entry{ID: c.ID, Raw: value}, nil
	case native.Change:
		return c.change(o, d)
	}
	return c.request(d.Occurrence.(native.Request))
}

// complete fills in what is left out.
func (p Platform) complete(t native.Trigger) Platform {
	p.Namespace = cmp.Or(p.Namespace, "acme")
	p.Package = cmp.Or(p.Package, "fngen")
	p.Resource = cmp.Or(p.Resource, t.Name)
	p.Action = cmp.Or(p.Action, strings.ToLower(strings.NewReplacer(".", "-", " ", "-").Replace(t.Name)), "action")
	return p
}

// payload is the line of an activation.
func (c call) payload(value json.RawMessage, entries ...native.Entry) native.Payload {
	key, deadline := native.Omit, native.Omit
	if c.APIKey != "" {
		key = c.APIKey
	}
	if !c.Deadline.IsZero() {
		deadline = strconv.FormatInt(c.Deadline.UnixMilli(), 10)
	}
	return native.Payload{
		Kind: c.Kind, Envelope: c.Envelope, ID: c.ID, Entries: entries,
		Body: native.JSON(
			"value", value,
			"namespace", c.Namespace,
			"action_name", "/"+c.Namespace+"/"+c.Package+"/"+c.Action,
			"action_version", "0.0.1",
			"activation_id", c.ID,
			"transaction_id", native.Digest(0, "transaction", c.ID)[:32],
			"api_key", key,
			"deadline", deadline,
		),
	}
}

// kafka is the activation of the Kafka feed with isBinaryKey and isBinaryValue.
// An order group is a partition.
//
// https://github.com/apache/openwhisk-package-kafka#creating-a-trigger-that-listens-to-a-kafka-instance
func (c call) kafka(deliveries []native.Delivery) (native.Payload, error) {
	var keys []string
	var messages []json.RawMessage
	var entries []native.Entry
	for _, d := range deliveries {
		if err := c.Check(d.Occurrence); err != nil {
			return native.Payload{}, err
		}
		m, _ := d.Occurrence.(native.Message)
		if r, ok := d.Occurrence.(native.Record); ok {
			m = native.Message{Body: r.Data, Key: r.Key, Damaged: r.Damaged}
		}
		switch {
		case m.Binary != nil:
			return native.Payload{}, native.NoBinaryMode
		case !utf8.Valid(m.Body):
			return native.Payload{}, native.TextOnly // the feed repairs values to UTF-8
		case len(m.All()) > 0:
			return native.Payload{}, native.NoAttributes
		}
		if !slices.Contains(keys, m.Key) {
			keys = append(keys, m.Key)
		}
		var key any
		if m.Key != "" {
			key = []byte(m.Key)
		}
		value := base64.StdEncoding.EncodeToString(m.Body)
		if m.Damaged {
			value = "%"
		}
		partition, offset := slices.Index(keys, m.Key), d.Number
		raw := native.JSON("topic", c.Resource, "partition", partition, "offset", offset, "key", key, "value", value)
		messages = append(messages, raw)
		entries = append(entries, native.Entry{ID: fmt.Sprintf("%d:%d", partition, offset), Raw: raw})
	}
	return c.payload(native.JSON("messages", native.Array(messages)), entries...), nil
}

// message are the parameters with which the trigger of a topic, or of a queue of
// dead letters, is fired.
func (c call) message(m native.Message) (json.RawMessage, native.Entry, error) {
	e := native.Entry{ID: c.ID, Raw: m.Body}
	contentType, _, _ := strings.Cut(m.ContentType, ";")
	isEvent := strings.TrimSpace(contentType) == "application/cloudevents+json"
	others := m.All()
	if isEvent {
		delete(others, "content-type")
	}
	var members map[string]json.RawMessage
	switch {
	case m.Binary != nil:
		return nil, e, native.NoBinaryMode
	case len(others) > 0:
		return nil, e, native.NoAttributes
	case m.Damaged:
		e.Raw = []byte("1")
		return native.JSON("cloudevent", 1), e, nil
	case json.Unmarshal(m.Body, &members) != nil || members == nil:
		return nil, e, native.ObjectsOnly
	case isEvent:
		return native.JSON("cloudevent", native.RawJSON(m.Body)), e, nil
	}
	return native.RawJSON(m.Body), e, nil
}

// event are the parameters with which a trigger is fired for an event.
func (c call) event(e native.Event) (json.RawMessage, native.Entry, error) {
	if e.Native {
		return nil, native.Entry{}, native.NoNativeEvent
	}
	e, err := e.Complete()
	if err != nil {
		return nil, native.Entry{}, err
	}
	return native.JSON("cloudevent", native.RawJSON(e.Structured)), native.Entry{ID: c.ID, Raw: []byte(e.Structured)}, nil
}

// change is a change as the feed of package cloudant tells it, without the
// document.
//
// https://github.com/apache/openwhisk-package-cloudant
func (c call) change(change native.Change, d native.Delivery) (json.RawMessage, native.Entry, error) {
	if len(change.Key) != 1 {
		return nil, native.Entry{}, native.OneKey
	}
	rev, deleted := cmp.Or(change.Revision, [...]string{"1-", "2-", "3-"}[change.Kind]+native.Digest(d.Number, "revision", change.Key[0])[:32]), native.Omit
	if change.Kind == native.Deleted {
		deleted = true
	}
	changes := native.Array([]json.RawMessage{native.JSON("rev", rev)})
	if change.Damaged {
		changes = native.RawJSON("[]")
	}
	value := native.JSON( // sorted, as the adapter gives it back
		"changes", changes,
		"dbname", c.Resource,
		"deleted", deleted,
		"id", change.Key[0],
		"seq", fmt.Sprintf("%d-g1AAAACbeJzLYWBgYMpgTmHgz8tPSTV0MDQy1zMAQsMcoARTIkOS", d.Number),
	)
	return value, native.Entry{ID: rev, Raw: value}, nil
}
