package openwhisk

import (
	"encoding/json"
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/emit"
	"github.com/fngen/fngen/internal/jsonscan"
	"github.com/fngen/fngen/internal/portable"
	"github.com/fngen/fngen/internal/run"
	"github.com/fngen/fngen/providers/openwhisk/internal/actionloop"
)

// Kafka is a queue or a stream that the feed /messaging/kafkaFeed delivers.
// The feed must have isBinaryValue and isBinaryKey set. Messages of one
// partition are handled in order.
//
// A stream's record is the value verbatim and never another CloudEvent. A
// message without a value, which Kafka calls a tombstone, has empty data. The
// feed itself repairs values to UTF-8, starts at the latest message and skips
// those that are longer than its payload limit, 900,000 bytes by default.
type Kafka struct {
	Queue        string           // the name in the directive; exactly one of Queue and Stream is set
	Stream       string           // the name in the directive
	Content      string           // the content type of a queue's messages; application/json if empty
	Retries      int              // tries in the process after the first
	NoDeadLetter bool             // deadletter none
	DeadLetter   *emit.DeadLetter // takes what failed for good; nil leaves it to the log
}

var _ Source = Kafka{}

// maxMessages is the number of messages of one activation above which none is
// handled. The default limits of the feed and of the platform allow less than
// 20,000.
const maxMessages = 100_000

func (Kafka) read(line []byte) (*actionloop.Request, error) { return actionloop.Decode(line) }

func (k Kafka) policy() run.Policy { return policy(k.Retries, k.NoDeadLetter, k.DeadLetter) }

// trigger is the kind of the trigger and its name in the directive.
func (k Kafka) trigger() (kind, name string) {
	if k.Stream != "" {
		return portable.Stream, k.Stream
	}
	return portable.Queue, k.Queue
}

func (k Kafka) decode(r *actionloop.Request) ([]run.Record, error) {
	r.Identify()
	kind, name := k.trigger()
	list := r.Value["messages"]
	if len(list) == 0 || list[0] != '[' {
		return nil, fmt.Errorf("%s %s is fed by Kafka, but the activation has no list of messages; its parameters: %s", kind, name, r.Value.Names())
	}
	messages, err := splitMessages(list, maxMessages)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", kind, name, err)
	}
	records := make([]run.Record, len(messages))
	for i, text := range messages {
		records[i] = k.record(r, i, text)
	}
	return records, nil
}

// splitMessages splits a JSON array of at most limit messages.
func splitMessages(list json.RawMessage, limit int) ([]string, error) {
	var messages []string
	j := jsonscan.NewReader(string(list), actionloop.MaxNesting)
	err := j.Array(func() error {
		if len(messages) == limit {
			return fmt.Errorf("the activation has more than %d Kafka messages", limit)
		}
		var message string
		err := j.Keep(&message)
		messages = append(messages, message)
		return err
	})
	return messages, err
}

// record decodes one message of the feed.
func (k Kafka) record(r *actionloop.Request, i int, text string) run.Record {
	m, err := decodeKafka(text)
	kind, _ := k.trigger()
	record := run.Record{Native: &feedMessage{r, kind, i, text, m}}
	if err == nil {
		record.Group = m.Topic + " " + strconv.FormatInt(*m.Partition, 10)
		record.Event, err = k.event(r, m)
	}
	if err != nil {
		record.Err = fmt.Errorf("decode %s: %w", record.Native, err)
	}
	return record
}

// feedMessage is a message of an activation.
type feedMessage struct {
	request *actionloop.Request
	trigger string
	index   int
	text    string
	message *kafkaMessage // nil if it does not decode
}

// String implements run.Native.
func (f *feedMessage) String() string {
	if f.message == nil {
		return fmt.Sprintf("Kafka message %d", f.index)
	}
	return "Kafka message " + f.message.Topic + " " + f.message.id()
}

// Raw implements run.Native.
func (f *feedMessage) Raw() []byte { return []byte(f.text) }

// Delivery implements run.Native.
func (f *feedMessage) Delivery() fn.Delivery {
	d := f.request.Delivery(f.trigger)
	if f.message != nil {
		d.NativeID = f.message.id()
		d.Attributes["topic"] = f.message.Topic
	}
	return d
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
	source := portable.Path("namespaces", r.Namespace, "kafka", m.Topic)
	kind, name := k.trigger()
	if kind == portable.Stream {
		return portable.Record{
			Source:       source + "#" + strconv.FormatInt(*m.Partition, 10),
			ID:           m.id(),
			Name:         name,
			Body:         body,
			PartitionKey: string(key),
			Sequence:     strconv.FormatInt(*m.Offset, 10),
		}.Event()
	}
	return portable.Message{
		Source:       source,
		ID:           m.id(),
		Name:         name,
		Content:      k.Content,
		Body:         body,
		PartitionKey: string(key),
	}.Event(kind)
}
