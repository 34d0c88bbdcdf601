package openwhisk

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/portable"
	"github.com/fngen/fngen/internal/run"
	"github.com/fngen/fngen/providers/openwhisk/internal/actionloop"
)

// Kafka is a queue that the feed /messaging/kafkaFeed delivers. The feed must
// have isBinaryValue and isBinaryKey set. Messages of one partition are handled
// in order.
type Kafka struct {
	Queue        string // the name in the directive
	Content      string // the content type of the messages; application/json if empty
	Retries      int    // tries in the process after the first
	NoDeadLetter bool   // deadletter none
}

func (k Kafka) policy() run.Policy { return policy(k.Retries, k.NoDeadLetter) }

func (k Kafka) decode(r *actionloop.Request) ([]run.Record, error) {
	var messages []json.RawMessage
	if err := json.Unmarshal(r.Value["messages"], &messages); err != nil || messages == nil {
		return nil, fmt.Errorf("queue %s is fed by Kafka, but the activation has no list of messages; its parameters: %s", k.Queue, r.Value.Names())
	}
	if r.Namespace == "" {
		return nil, errors.New("decode request: missing namespace")
	}
	records := make([]run.Record, len(messages))
	for i, raw := range messages {
		records[i] = k.record(r, i, raw)
	}
	return records, nil
}

// record decodes one message of the feed.
func (k Kafka) record(r *actionloop.Request, i int, raw json.RawMessage) run.Record {
	m, err := decodeKafka(raw)
	record := run.Record{Name: fmt.Sprintf("Kafka message %d", i)}
	if err == nil {
		record.Name = fmt.Sprintf("Kafka message %s %s", m.Topic, m.id())
		record.Group = m.Topic + " " + strconv.FormatInt(*m.Partition, 10)
		record.Event, err = k.event(r, m)
	}
	if err != nil {
		record.Err = fmt.Errorf("decode %s: %w", record.Name, err)
	}
	record.Describe = func() (fn.Delivery, []byte) {
		d := r.Delivery(portable.Queue)
		if m != nil {
			d.NativeID = m.id()
			d.Attributes["topic"] = m.Topic
		}
		return d, raw
	}
	return record
}

func (k Kafka) event(r *actionloop.Request, m *kafkaMessage) (event.Event, error) {
	body, err := decodeBase64(m.Value, "value", "isBinaryValue")
	if err != nil {
		return event.Event{}, err
	}
	key, err := decodeBase64(m.Key, "key", "isBinaryKey")
	if err != nil {
		return event.Event{}, err
	}
	if !utf8.Valid(key) {
		key = nil
	}
	return portable.Message{
		Source:       portable.Path("namespaces", r.Namespace, "kafka", m.Topic),
		ID:           m.id(),
		Name:         k.Queue,
		Content:      k.Content,
		Body:         body,
		PartitionKey: string(key),
	}.Event(portable.Queue)
}

// A kafkaMessage is one message as the feed writes it. The feed knows neither
// headers nor times.
type kafkaMessage struct {
	Topic     string          `json:"topic"`
	Partition *int64          `json:"partition"`
	Offset    *int64          `json:"offset"`
	Key       json.RawMessage `json:"key"`
	Value     json.RawMessage `json:"value"`
}

func decodeKafka(raw json.RawMessage) (*kafkaMessage, error) {
	var m kafkaMessage
	if err := json.Unmarshal(raw, &m); err != nil {
		return nil, err
	}
	switch {
	case m.Topic == "":
		return nil, errors.New("missing topic")
	case m.Partition == nil:
		return nil, errors.New("missing partition")
	case m.Offset == nil:
		return nil, errors.New("missing offset")
	case m.Value == nil:
		return nil, errors.New("missing value")
	}
	return &m, nil
}

// id names the message within its topic.
func (m *kafkaMessage) id() string { return fmt.Sprintf("%d:%d", *m.Partition, *m.Offset) }

// decodeBase64 decodes the key or the value, which the feed encodes, with line
// breaks, if the setting is on. Null, which Kafka knows too, is nil.
func decodeBase64(encoded json.RawMessage, member, setting string) ([]byte, error) {
	var text *string
	if len(encoded) > 0 {
		if err := json.Unmarshal(encoded, &text); err != nil {
			return nil, notBase64(member, setting)
		}
	}
	if text == nil {
		return nil, nil
	}
	b, err := base64.StdEncoding.DecodeString(*text) // passes over line breaks
	if err != nil {
		return nil, notBase64(member, setting)
	}
	return b, nil
}

func notBase64(member, setting string) error {
	return fmt.Errorf("the %s is not base64: set %s to true on the trigger's feed", member, setting)
}
