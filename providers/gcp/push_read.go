package gcp

import (
	"errors"
	"fmt"

	"github.com/fngen/fngen/internal/jsonscan"
)

const (
	// maxAttributes is the number of attributes above which a message is
	// refused, so that a body of many tiny ones does not become a map many
	// times its size. Pub/Sub's own limit is 100:
	// https://cloud.google.com/pubsub/quotas.
	maxAttributes = 1000

	// maxNesting is the number of objects and arrays inside of each other,
	// that of encoding/json.
	maxNesting = 10_000
)

// read reads a push, of whose bytes it keeps none. Names are taken in their
// exact spelling, and of members with one name the last counts.
func (p *push) read(b []byte) error {
	j := jsonscan.NewReader(jsonscan.Valid(string(b)), maxNesting)
	err := j.Object(func(name string) error { return p.member(j, name) })
	if err == nil {
		err = j.End()
	}
	if err != nil {
		return jsonscan.Explain(b, err)
	}
	return nil
}

func (p *push) member(j *jsonscan.Reader, name string) error {
	switch name {
	case "message":
		return p.readMessage(j)
	case "subscription":
		p.Subscription = ""
		return in(name, j.String(&p.Subscription))
	case "deliveryAttempt":
		var n int64
		err := j.Int(&n)
		p.DeliveryAttempt = int(n)
		return in(name, err)
	}
	return j.Skip()
}

// readMessage reads a message, or null.
func (p *push) readMessage(j *jsonscan.Reader) error {
	p.Message = nil
	if j.IsNull() {
		return j.Skip()
	}
	if j.Next() != '{' {
		return errors.New("message is not an object")
	}
	p.Message = new(message)
	return j.Object(func(name string) error { return p.Message.member(j, name) })
}

func (m *message) member(j *jsonscan.Reader, name string) error {
	if name == "attributes" {
		return m.readAttributes(j)
	}
	text := m.text(name)
	if text == nil {
		return j.Skip()
	}
	*text = ""
	return in(name, j.String(text))
}

// text returns the member of the name, if it is a string.
func (m *message) text(name string) *string {
	switch name {
	case "data":
		return &m.Data
	case "messageId":
		return &m.ID
	case "message_id":
		return &m.SnakeID
	case "orderingKey":
		return &m.OrderingKey
	case "publishTime":
		return &m.Published
	case "publish_time":
		return &m.SnakePublish
	}
	return nil
}

// readAttributes reads an object of strings, or null.
func (m *message) readAttributes(j *jsonscan.Reader) error {
	m.Attributes = nil
	if j.IsNull() {
		return j.Skip()
	}
	if j.Next() != '{' {
		return errors.New("attributes are not an object")
	}
	m.Attributes = map[string]string{}
	n := 0
	return j.Object(func(name string) error {
		if n++; n > maxAttributes {
			return fmt.Errorf("more than %d attributes", maxAttributes)
		}
		var value string
		if err := j.String(&value); err != nil {
			return fmt.Errorf("attribute %.40q: %w", name, err)
		}
		m.Attributes[name] = value
		return nil
	})
}
