package aws

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/ce"
)

// An Envelope is what another service wraps every message of a queue in. A
// handler gets what is in it, under the id and with the time of the queue's
// own message, and an envelope in the envelope is an error.
//
// A message without the declared envelope, or with one that is not declared,
// stays in the queue with an error that names the setting: it never reaches a
// handler as something else.
type Envelope string

const (
	// EnvelopeSNS is a topic's notification. The event is the same as with raw
	// message delivery: the data is the published message, and its attributes
	// are those of the message.
	EnvelopeSNS Envelope = "sns"

	// EnvelopeEventBridge is the event of a rule. The data is its detail, as
	// JSON, or the event is the CloudEvent that the detail is. The delivery's
	// attributes have what stands beside the detail.
	EnvelopeEventBridge Envelope = "eventbridge"

	// EnvelopeS3 is a bucket's notification, which is the data as it stands:
	// JSON with a list of Records. An s3:TestEvent is acknowledged without a
	// call.
	EnvelopeS3 Envelope = "s3"

	// EnvelopeSNSS3 is a bucket's notification that a topic has passed on.
	EnvelopeSNSS3 Envelope = "sns+s3"
)

// unwrap takes the message out of the declared envelope. It reports whether the
// message is to be acknowledged without a call.
func (s SQS) unwrap(m *sqsMessage) (skip bool, err error) {
	if m.eventSource != sqsEventSource {
		return false, fmt.Errorf("eventSource is %q, not %s", m.eventSource, sqsEventSource)
	}
	if m.body == nil {
		return false, errors.New("missing body")
	}
	if s.Letters {
		return false, nil // what a service gave up may be its envelope, and has to reach the handler
	}
	received := envelopeOf(m.body)
	if (s.Envelope == EnvelopeSNS || s.Envelope == EnvelopeSNSS3) && received == EnvelopeSNS {
		if err := m.unwrapSNS(); err != nil {
			return false, err
		}
		if inner := envelopeOf(m.body); inner != "" {
			received += "+" + inner
		}
	}
	switch {
	case received == s.Envelope && s.Envelope == EnvelopeEventBridge:
		return false, m.unwrapEventBridge()
	case received == s.Envelope:
		if s.Envelope == EnvelopeS3 || s.Envelope == EnvelopeSNSS3 {
			m.setNotification()
		}
		return false, nil
	case received == s3TestEvent && s.Envelope == EnvelopeS3, received == snsTestEvent && s.Envelope == EnvelopeSNSS3:
		m.setNotification()
		return true, nil
	case received == "" || received == EnvelopeSNS && s.Envelope == EnvelopeSNSS3:
		err = fmt.Errorf("the body is no %s envelope, which resources.%s.aws.envelope declares; give the queue what it declares, or change the setting", s.Envelope, s.Queue)
	default:
		err = s.undeclared(received)
	}
	return false, fn.RetryAfter(err, 0) // the setting is at fault, not the message
}

// undeclared is the error for a message that another service has put into its
// own envelope. The envelope is not the message, so it never reaches a
// handler.
func (s SQS) undeclared(received Envelope) error {
	switch received {
	case s3TestEvent, snsTestEvent:
		setting := EnvelopeS3
		if received != s3TestEvent {
			setting = EnvelopeSNSS3
		}
		return fmt.Errorf("the body is an %s: it is no message; set resources.%s.aws.envelope to %s to have the queue carry S3 notifications", s3TestEvent, s.Queue, setting)
	case EnvelopeSNS, EnvelopeEventBridge, EnvelopeS3, EnvelopeSNSS3:
		return fmt.Errorf("the body is an undeclared %s envelope; set resources.%s.aws.envelope to %s to unwrap it", received, s.Queue, received)
	}
	return fmt.Errorf("the body is an envelope in an envelope, %s, which no setting of resources.%s.aws.envelope unwraps; have the inner service feed the queue itself", received, s.Queue)
}

// unwrapSNS puts the published message in the place of the notification.
func (m *sqsMessage) unwrapSNS() error {
	var n published
	if err := n.fields().Read(m.body); err != nil {
		return fmt.Errorf("sns envelope: %w", err)
	}
	if n.Body == nil {
		return errors.New("sns envelope: missing Message")
	}
	m.body = []byte(*n.Body)
	attributes := make(map[string]string, len(n.Attributes))
	for name, a := range n.Attributes {
		if isStringType(a.Type) {
			attributes[name] = a.Value
		}
	}
	m.replaceAttributes(attributes)
	return nil
}

// unwrapEventBridge puts the detail in the place of the event.
func (m *sqsMessage) unwrapEventBridge() error {
	e, err := readBusEvent(m.body)
	if err == nil && !e.hasDetail() {
		err = errNoDetail
	}
	if err != nil {
		return fmt.Errorf("eventbridge envelope: %w", err)
	}
	attributes := e.attributes()
	attributes["content-type"] = event.ApplicationJSON
	if isCloudEvent(e.Detail) {
		attributes["content-type"] = ce.MediaType
	}
	m.body = e.Detail
	m.replaceAttributes(attributes)
	return nil
}

// setNotification notes that the body is a notification of S3, which is JSON
// whatever the directive says.
func (m *sqsMessage) setNotification() {
	m.replaceAttributes(map[string]string{"content-type": event.ApplicationJSON})
}

// snsTestEvent is an s3TestEvent in a topic's notification.
const snsTestEvent = EnvelopeSNS + "+" + s3TestEvent

// envelopeOf returns the envelope that the body is, or s3TestEvent; "" for a
// message.
func envelopeOf(body []byte) Envelope {
	if !mayBeEnvelope(body) {
		return ""
	}
	var members map[string]json.RawMessage // the case of names matters
	if json.Unmarshal(body, &members) != nil {
		return ""
	}
	has := func(names ...string) bool {
		for _, name := range names {
			if members[name] == nil {
				return false
			}
		}
		return true
	}
	is := func(name, want string) bool {
		var got string
		return json.Unmarshal(members[name], &got) == nil && got == want
	}
	switch {
	case is("Type", "Notification") && has("TopicArn", "Message"):
		return EnvelopeSNS
	case has("detail-type", "detail", "source"):
		return EnvelopeEventBridge
	case is("Event", s3TestEvent):
		return s3TestEvent
	}
	var records []struct {
		EventSource string `json:"eventSource"`
	}
	_ = json.Unmarshal(members["Records"], &records) // what decodes is enough
	if len(records) > 0 && records[0].EventSource == s3EventSource {
		return EnvelopeS3
	}
	return ""
}

// mayBeEnvelope spares ordinary messages a second decoding.
func mayBeEnvelope(body []byte) bool {
	first := body
	if len(body) > 0 && body[0] <= ' ' {
		first = bytes.TrimLeft(body, " \t\r\n")
	}
	if len(first) == 0 || first[0] != '{' {
		return false
	}
	for _, mark := range []string{"TopicArn", "-type", "TestEvent", "Records"} { // each begins with what is rare in JSON
		if bytes.Contains(body, []byte(mark)) {
			return true
		}
	}
	return false
}
