package aws

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/jsonscan"
	"github.com/fngen/fngen/internal/portable"
)

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

	// Attributes as the record has them, and what stands in their place if the
	// message came in an envelope.
	attributes, messageAttributes string
	carried                       map[string]string

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
		return last(j, &m.id)
	case "eventSource":
		return last(j, &m.eventSource)
	case "eventSourceARN":
		return last(j, &m.arn)
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
		return last(j, &m.group)
	case "SentTimestamp":
		return last(j, &m.sent)
	case "ApproximateReceiveCount":
		return last(j, &m.receives)
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
			return last(j, &a.DataType)
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

// carry puts attributes in the place of those that the sender has set.
func (m *sqsMessage) carry(attributes map[string]string) {
	m.textAttributes, m.carried = textAttributes{}, attributes
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
	attributes := maps.Clone(m.carried)
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
