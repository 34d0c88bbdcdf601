package aws

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/emit"
	"github.com/fngen/fngen/internal/jsonscan"
	"github.com/fngen/fngen/internal/portable"
	"github.com/fngen/fngen/internal/run"
)

// SNS feeds a function with the messages of a topic.
//
// SNS does not say how often it has delivered a message, and a FIFO topic
// delivers to queues only, so that a message has no partition key.
type SNS struct {
	Topic        string           // the name in the directive
	Content      string           // the content type of messages that state none; "" is JSON
	NoDeadLetter bool             // what can never succeed is logged whole and given up
	DeadLetter   *emit.DeadLetter // takes what can never succeed; nil leaves it to the platform
}

var _ Source = SNS{}

// snsEventSource marks the records of a topic.
const snsEventSource = "aws:sns"

func (s SNS) policy() run.Policy {
	return run.Policy{NoDeadLetter: s.NoDeadLetter, DeadLetter: s.DeadLetter}
}

func (s SNS) encode(records []run.Record, results []run.Result) ([]byte, error) {
	return answerWhole(records, results)
}

func (s SNS) decode(payload []byte) ([]run.Record, error) {
	b, err := splitBatch(declared{"SNS topic", s.Topic}, snsEventSource, payload)
	if err != nil {
		return nil, err
	}
	records := make([]run.Record, len(b.Records))
	for i, raw := range b.Records {
		var n snsRecord
		err := n.fields().Read(raw) // with an error what decodes is there
		n.number, n.raw = i+1, raw
		r := run.Record{Native: &n}
		if err == nil {
			r.Event, err = s.event(&n)
		}
		if err != nil {
			r.Err = fmt.Errorf("decode SNS record %d: %w", i+1, err)
		}
		records[i] = r
	}
	return records, nil
}

func (s SNS) event(n *snsRecord) (event.Event, error) {
	m := &n.Message
	switch {
	case n.EventSource != snsEventSource:
		return event.Event{}, fmt.Errorf("EventSource is %q, not %s", n.EventSource, snsEventSource)
	case m.ID == "":
		return event.Event{}, errors.New("missing MessageId")
	case m.TopicARN == "":
		return event.Event{}, errors.New("missing TopicArn")
	case m.Body == nil:
		return event.Event{}, errors.New("missing Message")
	}
	at, err := parseTime("Timestamp", m.Timestamp)
	if err != nil {
		return event.Event{}, err
	}
	message := portable.Message{
		Source:      m.TopicARN,
		ID:          m.ID,
		Name:        s.Topic,
		Time:        at,
		ContentType: m.text("content-type"),
		Content:     s.Content,
		Body:        []byte(*m.Body),
		TraceParent: m.text("traceparent"),
		TraceState:  m.text("tracestate"),
	}
	return message.Event(portable.Topic)
}

// snsRecord is a record of an invocation by SNS.
//
// https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html
type snsRecord struct {
	number int             // in the payload, from 1
	raw    json.RawMessage // the record

	EventSource, SubscriptionARN string

	Message published
}

func (n *snsRecord) fields() jsonscan.Fields {
	return jsonscan.Fields{"EventSource": &n.EventSource, "EventSubscriptionArn": &n.SubscriptionARN, "Sns": n.Message.fields()}
}

// String implements run.Native.
func (n *snsRecord) String() string { return fmt.Sprintf("SNS record %d (%s)", n.number, n.Message.ID) }

// Raw implements run.Native.
func (n *snsRecord) Raw() []byte { return n.raw }

// Delivery implements run.Native. What SNS says of the message wins over a
// message attribute of that name, which the publisher chose.
func (n *snsRecord) Delivery() fn.Delivery {
	attributes := make(map[string]string, len(n.Message.Attributes)+2)
	for name := range n.Message.Attributes {
		setAll(attributes, name, n.Message.text(name))
	}
	delete(attributes, "Subject")
	delete(attributes, "EventSubscriptionArn")
	setAll(attributes, "Subject", n.Message.Subject, "EventSubscriptionArn", n.SubscriptionARN)
	return fn.Delivery{
		Provider:   provider,
		Trigger:    portable.Topic,
		NativeID:   n.Message.ID,
		Attributes: attributes,
	}
}
