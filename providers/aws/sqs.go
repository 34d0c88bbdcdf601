package aws

import (
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/emit"
	"github.com/fngen/fngen/internal/portable"
	"github.com/fngen/fngen/internal/run"
)

// SQS feeds a function from a queue. Its event source mapping must have the
// function response type ReportBatchItemFailures.
//
// A queue whose ARN ends in .fifo is handled in order within each message
// group.
type SQS struct {
	Queue        string           // the name in the directive
	Content      string           // the content type of messages that state none; "" is JSON
	Envelope     Envelope         // what other services wrap every message in; "" is none
	Concurrency  int              // messages, or groups of a FIFO queue, handled at once; below 1 means 1
	Receives     int              // of the redrive policy: at the last a FIFO queue's message goes to the dead letters, so that its group goes on; 0 is unknown
	NoDeadLetter bool             // what can never succeed is logged whole and deleted
	DeadLetter   *emit.DeadLetter // takes what can never succeed; nil leaves it to the platform
}

var _ Source = SQS{}

// sqsEventSource marks the records of a queue.
const sqsEventSource = "aws:sqs"

func (s SQS) policy() run.Policy {
	return run.Policy{Concurrency: s.Concurrency, NoDeadLetter: s.NoDeadLetter, DeadLetter: s.DeadLetter}
}

func (s SQS) decode(payload []byte) ([]run.Record, error) {
	b, err := splitBatch(fmt.Sprintf("SQS queue %q", s.Queue), sqsEventSource, payload)
	if err != nil {
		return nil, err
	}
	records := make([]run.Record, len(b.Records))
	for i, raw := range b.Records {
		m, err := decodeSQSMessage(raw)
		if m.MessageID == "" {
			// Its failure could not be reported, so the queue would delete it.
			return nil, fmt.Errorf("decode SQS record %d: missing messageId%s", i+1, because(err))
		}
		r := run.Record{Name: fmt.Sprintf("SQS record %d (%s)", i+1, m.MessageID)}
		if strings.HasSuffix(m.EventSourceARN, ".fifo") {
			r.Group = m.Attributes["MessageGroupId"]
			r.Last = s.Receives > 0 && m.receives() >= s.Receives
		}
		if err == nil {
			r.Skip, err = s.unwrap(&m)
		}
		if err == nil {
			r.Event, err = s.event(&m)
		}
		if err != nil {
			r.Skip, r.Err = false, fmt.Errorf("decode SQS record %d: %w", i+1, err)
		}
		r.Describe = m.describe(raw)
		records[i] = r
	}
	return records, nil
}

// encode names the messages that the queue has to keep.
func (s SQS) encode(records []run.Record, results []run.Result) ([]byte, error) {
	var kept []string
	for i, r := range results {
		if r.Outcome == run.Retry {
			d, _ := records[i].Delivery()
			kept = append(kept, d.NativeID)
		}
	}
	return json.Marshal(failures(kept...))
}

func (s SQS) event(m *sqsMessage) (event.Event, error) {
	var sent time.Time
	if s := m.Attributes["SentTimestamp"]; s != "" {
		ms, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return event.Event{}, fmt.Errorf("attribute SentTimestamp: %w", err)
		}
		sent = time.UnixMilli(ms)
	}
	message := portable.Message{
		Source:       m.EventSourceARN,
		ID:           m.MessageID,
		Name:         s.Queue,
		Time:         sent,
		ContentType:  m.text("content-type"),
		Content:      s.Content,
		Body:         []byte(*m.Body),
		PartitionKey: m.Attributes["MessageGroupId"],
		TraceParent:  m.text("traceparent"),
		TraceState:   m.text("tracestate"),
	}
	return message.Event(portable.Queue)
}

// sqsMessage is a record of the batch.
//
// https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
type sqsMessage struct {
	MessageID         string                  `json:"messageId"`
	Body              *string                 `json:"body"`
	EventSource       string                  `json:"eventSource"`
	EventSourceARN    string                  `json:"eventSourceARN"`
	Attributes        map[string]string       `json:"attributes"`
	MessageAttributes map[string]sqsAttribute `json:"messageAttributes"`
}

type sqsAttribute struct {
	DataType    string  `json:"dataType"`
	StringValue *string `json:"stringValue"`
}

// decodeSQSMessage decodes as much as it can: with an error the id and the
// attributes are there, if only another member is of the wrong type.
func decodeSQSMessage(raw []byte) (m sqsMessage, err error) {
	err = json.Unmarshal(raw, &m)
	return m, err
}

// because continues an error's text with its cause, if there is one.
func because(err error) string {
	if err == nil {
		return ""
	}
	return ": " + err.Error()
}

// text returns a message attribute of type String, or "".
func (m *sqsMessage) text(name string) string {
	a := m.MessageAttributes[name]
	if a.StringValue == nil || !isStringType(a.DataType) {
		return ""
	}
	return *a.StringValue
}

// isStringType reports whether the data type is String, with or without a
// custom label behind it.
func isStringType(dataType string) bool {
	return dataType == "String" || strings.HasPrefix(dataType, "String.")
}

// receives returns how often the queue has delivered the message, this time
// counted; 0 if it does not say.
func (m *sqsMessage) receives() int {
	n, _ := strconv.Atoi(m.Attributes["ApproximateReceiveCount"])
	return max(n, 0)
}

// describe returns the delivery of the message. A system attribute wins over a
// message attribute of its name, which the sender chose.
func (m *sqsMessage) describe(raw []byte) func() (fn.Delivery, []byte) {
	return func() (fn.Delivery, []byte) {
		attributes := make(map[string]string, len(m.Attributes)+len(m.MessageAttributes))
		for name, a := range m.MessageAttributes {
			if a.StringValue != nil && isStringType(a.DataType) {
				attributes[name] = *a.StringValue
			}
		}
		maps.Copy(attributes, m.Attributes)
		return fn.Delivery{
			Provider:   provider,
			Trigger:    portable.Queue,
			NativeID:   m.MessageID,
			Attempt:    m.receives(),
			Attributes: attributes,
		}, raw
	}
}
