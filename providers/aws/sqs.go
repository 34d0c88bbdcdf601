package aws

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/emit"
	"github.com/fngen/fngen/internal/jsonscan"
	"github.com/fngen/fngen/internal/portable"
	"github.com/fngen/fngen/internal/run"
)

// SQS feeds a function from a queue. Its event source mapping must have the
// function response type ReportBatchItemFailures.
//
// A queue whose ARN ends in .fifo is handled in order within each message
// group.
//
// Of dead letters, those that a function has written are the events that it gave
// up, of every type, with the extensions that say why. Those that AWS itself has
// moved or written, for a redrive policy, a subscription, a rule, a schedule or
// as the record of a failed invocation, are messages of the queue whose data is
// the body as it stands, in no envelope's place; the attribute
// DeadLetterQueueSourceArn of the delivery names the queue that they come from,
// if they do from one.
type SQS struct {
	Queue        string           // the name in the directive
	Content      string           // the content type of messages that state none; "" is JSON
	Envelope     Envelope         // what other services wrap every message in; "" is none
	Letters      bool             // the messages are dead letters, taken as they are
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
	d := declared{"SQS queue", s.Queue}
	messages, err := readSQS(d, payload)
	if err != nil {
		return nil, err
	}
	if len(messages) > 0 && isForeign(messages[0].eventSource, sqsEventSource, messages[0].err) {
		return nil, mismatch(d.String(), payload)
	}
	records := make([]run.Record, len(messages))
	for i := range messages {
		m, r := &messages[i], &records[i]
		m.number = i + 1
		if m.id == "" {
			// Its failure could not be reported, so the queue would delete it.
			return nil, fmt.Errorf("decode SQS record %d: missing messageId%s", m.number, because(m.err))
		}
		if strings.HasSuffix(m.arn, ".fifo") {
			r.Group = m.group
			r.NoRedelivery = s.Receives > 0 && m.attempt() >= s.Receives
		}
		err := m.err
		if err == nil {
			r.Skip, err = s.unwrap(m)
		}
		if err == nil {
			r.Event, err = s.event(m)
		}
		if err != nil {
			r.Skip, r.Err = false, fmt.Errorf("decode SQS record %d: %w", m.number, err)
		}
		r.Native = m
	}
	return records, nil
}

// encode names the messages that the queue has to keep.
func (s SQS) encode(records []run.Record, results []run.Result) ([]byte, error) {
	var failed []string
	for i, r := range results {
		if r.Outcome == run.Retry {
			failed = append(failed, records[i].Native.(*sqsMessage).id)
		}
	}
	if failed == nil {
		return []byte(nothingFailed), nil
	}
	return json.Marshal(failures(failed...))
}

func (s SQS) event(m *sqsMessage) (event.Event, error) {
	var sent time.Time
	if m.sent != "" {
		ms, err := strconv.ParseInt(m.sent, 10, 64)
		if err != nil {
			return event.Event{}, fmt.Errorf("attribute SentTimestamp: %w", err)
		}
		sent = time.UnixMilli(ms)
	}
	message := portable.Message{
		Source:       m.arn,
		ID:           m.id,
		Name:         s.Queue,
		Time:         sent,
		ContentType:  m.contentType,
		Content:      s.Content,
		Body:         m.body,
		PartitionKey: m.group,
		TraceParent:  m.traceParent,
		TraceState:   m.traceState,
		Letter:       s.Letters,
	}
	return message.Event(portable.Queue)
}

// sqsMessage is a record of the batch. Its strings are parts of the payload.
//
// https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
type sqsMessage struct {
	number                int    // in the batch, from 1
	text                  string // the record
	id, eventSource, arn  string
	body                  []byte // nil if there is none
	group, sent, receives string // of the attributes
	textAttributes

	// Attributes as the record has them, and those of the message in the
	// envelope, which stand in their place; nil without an envelope.
	attributes, messageAttributes string
	enveloped                     map[string]string

	partial // why the message does not decode; what does is there
}

// textAttributes are the message attributes of type String that an event shows.
type textAttributes struct{ contentType, traceParent, traceState string }

func (a *textAttributes) set(name, value string) {
	switch name {
	case "content-type":
		a.contentType = value
	case "traceparent":
		a.traceParent = value
	case "tracestate":
		a.traceState = value
	}
}

// readSQS returns the messages of a payload.
func readSQS(d declared, payload []byte) ([]sqsMessage, error) {
	messages := make([]sqsMessage, 0, 1)
	list := recordList{
		begin: func() { messages = messages[:0] },
		record: func(j *jsonscan.Reader) error {
			if len(messages) == 1 { // the others may be as long
				const fewest = 600 // bytes that a record has besides its body
				messages = slices.Grow(messages, max(len(payload)-j.Offset(), 0)/max(len(messages[0].text), fewest)+1)
			}
			messages = append(messages, sqsMessage{})
			return messages[len(messages)-1].read(j)
		},
	}
	err := list.read(d, payload)
	return messages, err
}

// read reads a record.
func (m *sqsMessage) read(j *jsonscan.Reader) error {
	start := j.Offset()
	err := m.object(j, "record", m.member)
	m.text = j.Since(start)
	return err
}

func (m *sqsMessage) member(j *jsonscan.Reader, name string) (err error) {
	switch name {
	case "messageId":
		return readString(j, &m.id)
	case "eventSource":
		return readString(j, &m.eventSource)
	case "eventSourceARN":
		return readString(j, &m.arn)
	case "body":
		m.body, err = j.Bytes()
		return err
	case "attributes":
		m.group, m.sent, m.receives = "", "", ""
		start := j.Offset()
		err = m.object(j, name, m.attribute)
		m.attributes = j.Since(start)
		return err
	case "messageAttributes":
		m.textAttributes = textAttributes{}
		start := j.Offset()
		err = m.object(j, name, m.messageAttribute)
		m.messageAttributes = j.Since(start)
		return err
	}
	return j.Skip()
}

// attribute reads an attribute that the queue has set.
func (m *sqsMessage) attribute(j *jsonscan.Reader, name string) error {
	switch name {
	case "MessageGroupId":
		return readString(j, &m.group)
	case "SentTimestamp":
		return readString(j, &m.sent)
	case "ApproximateReceiveCount":
		return readString(j, &m.receives)
	}
	var other string
	return j.String(&other)
}

// sqsAttribute is an attribute of a message.
type sqsAttribute struct {
	DataType    string  `json:"dataType"`
	StringValue *string `json:"stringValue"`
}

// messageAttribute reads an attribute that the sender has set.
func (m *sqsMessage) messageAttribute(j *jsonscan.Reader, name string) error {
	var a sqsAttribute
	err := m.object(j, name, func(j *jsonscan.Reader, name string) error {
		switch name {
		case "dataType":
			return readString(j, &a.DataType)
		case "stringValue":
			if a.StringValue = nil; !j.IsNull() {
				a.StringValue = new(string)
			}
			return j.String(a.StringValue)
		}
		return j.Skip()
	})
	if a.isText() {
		m.textAttributes.set(name, *a.StringValue)
	}
	return err
}

// isText reports whether the attribute is of type String, with or without a
// custom label behind it.
func (a sqsAttribute) isText() bool { return a.StringValue != nil && isStringType(a.DataType) }

func isStringType(dataType string) bool {
	return dataType == "String" || strings.HasPrefix(dataType, "String.")
}

// because continues an error's text with its cause, if there is one.
func because(err error) string {
	if err == nil {
		return ""
	}
	return ": " + err.Error()
}

// attempt returns how often the queue has delivered the message, this time
// counted; 0 if it does not say.
func (m *sqsMessage) attempt() int {
	n, _ := strconv.Atoi(m.receives)
	return max(n, 0)
}

// replaceAttributes puts the attributes of the message in the envelope in the
// place of those that the sender of the envelope has set.
func (m *sqsMessage) replaceAttributes(attributes map[string]string) {
	m.textAttributes, m.enveloped = textAttributes{}, attributes
	for name, value := range attributes {
		m.textAttributes.set(name, value)
	}
}

// String implements run.Native.
func (m *sqsMessage) String() string { return fmt.Sprintf("SQS record %d (%s)", m.number, m.id) }

// Raw implements run.Native.
func (m *sqsMessage) Raw() []byte { return []byte(m.text) }

// Delivery implements run.Native. An attribute that the queue has set wins over
// one of its name that the sender chose.
func (m *sqsMessage) Delivery() fn.Delivery {
	attributes := maps.Clone(m.enveloped)
	if attributes == nil {
		attributes = map[string]string{}
		var sent map[string]sqsAttribute
		_ = json.Unmarshal([]byte(m.messageAttributes), &sent) // what decodes is enough
		for name, a := range sent {
			if a.isText() {
				attributes[name] = *a.StringValue
			}
		}
	}
	var own map[string]string
	_ = json.Unmarshal([]byte(m.attributes), &own)
	maps.Copy(attributes, own)
	return fn.Delivery{
		Provider:   provider,
		Trigger:    portable.Queue,
		NativeID:   m.id,
		Attempt:    m.attempt(),
		Attributes: attributes,
	}
}
