// Package portable makes the events of the portable model: wherever the
// occurrence is the same, type, subject, datacontenttype and data are the same
// bytes on every cloud, because every provider makes them here.
package portable

import (
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/ce"
	"github.com/fngen/fngen/internal/documents"
)

// The kinds of trigger, as directives and [fn.Delivery] name them.
const (
	HTTP     = "http"
	Schedule = "schedule"
	Queue    = "queue"
	Topic    = "topic"
	Object   = "object"
	Document = "document"
	Stream   = "stream"
	Event    = "event"
)

// A Message is what a queue or a topic delivers.
type Message struct {
	Source       string    // a URI-reference, its segments escaped
	ID           string    // the platform's message id
	Name         string    // the logical queue or topic
	Time         time.Time // when it was published; zero if the platform does not say
	ContentType  string    // the message's own; "" if it says none
	Content      string    // the directive's content= for messages that say none
	Body         []byte    // verbatim; kept by the event
	PartitionKey string
	TraceParent  string
	TraceState   string
	Letter       bool // a CloudEvent is a dead letter: of every type, and with what it says of the failure
}

// Event returns the message as an event, or the CloudEvent that it is.
func (m Message) Event(trigger string) (event.Event, error) {
	contentType := m.ContentType
	if contentType == "" {
		contentType = m.Content
	}
	if contentType == "" {
		contentType = event.ApplicationJSON
	}
	if ce.IsStructured(contentType) {
		e, err := ce.Decode(m.Body)
		if err != nil {
			return event.Event{}, err
		}
		if m.Letter {
			return e, nil
		}
		return Received(e, trigger)
	}
	ctx, err := attributes(fn.TypeMessageReceived, m.Source, m.ID, m.Name, m.Time, contentType,
		"partitionkey", m.PartitionKey, "traceparent", m.TraceParent, "tracestate", m.TraceState)
	if err != nil {
		return event.Event{}, err
	}
	return event.Event{Context: ctx, DataEncoded: m.Body}, nil
}

// Received returns an event that arrived as one. Types under dev.fngen. are
// refused, since only adapters make those; a forwarded message is the
// exception on queues and topics. Extensions of a dead letter are taken off.
func Received(e event.Event, trigger string) (event.Event, error) {
	isMessage := e.Type() == fn.TypeMessageReceived && (trigger == Queue || trigger == Topic)
	if strings.HasPrefix(e.Type(), "dev.fngen.") && !isMessage {
		return event.Event{}, fmt.Errorf("received a CloudEvent of type %q: types under dev.fngen. are made by adapters only", e.Type())
	}
	if ctx, ok := e.Context.(*event.EventContextV1); ok {
		for _, name := range []string{"deadletterreason", "deadletterattempts", "deadletterfunction", "deadlettertruncated"} {
			delete(ctx.Extensions, name)
		}
	}
	return e, nil
}

// attributes returns what every event has, and extensions: pairs of name and
// value, of those with a value, encoded as subjects are. The source may be
// absent. It keeps no part of what it is given.
func attributes(eventType, source, id, subject string, at time.Time, contentType string, extensions ...string) (*event.EventContextV1, error) {
	all := [...]string{
		"type", eventType, "source", source, "id", id, "subject", Subject(subject), "datacontenttype", contentType,
	}
	var a ce.Attributes
	for i := 0; i < len(all); i += 2 {
		if err := a.Set(all[i], all[i+1]); err != nil {
			return nil, err
		}
	}
	for i := 0; i < len(extensions); i += 2 {
		if extensions[i+1] == "" {
			continue
		}
		if err := a.Set(extensions[i], Subject(extensions[i+1])); err != nil {
			return nil, err
		}
	}
	a.SetTime(at)
	return a.Context(), nil
}

// jsonEvent returns the event with v as JSON.
func jsonEvent(ctx *event.EventContextV1, v any) (event.Event, error) {
	data, err := documents.JSON(v)
	return event.Event{Context: ctx, DataEncoded: data}, err
}

// Subject percent-encodes the characters of s that a CloudEvents string must
// not hold (specification, section 3.1): controls, noncharacters and what is
// not UTF-8.
func Subject(s string) string {
	if isPlain(s) || utf8.ValidString(s) && !strings.ContainsFunc(s, forbidden) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		if forbidden(r) || r == utf8.RuneError && size == 1 {
			for _, c := range []byte(s[:size]) {
				fmt.Fprintf(&b, "%%%02X", c)
			}
		} else {
			b.WriteString(s[:size])
		}
		s = s[size:]
	}
	return b.String()
}

// isPlain reports whether s is printable ASCII.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// forbidden reports whether no CloudEvents string holds r.
func forbidden(r rune) bool {
	return r < 0x20 || r >= 0x7f && r <= 0x9f || r >= 0xfdd0 && r <= 0xfdef || r&0xfffe == 0xfffe
}

// Path joins segments to a path, each of them escaped.
func Path(segments ...string) string {
	var b strings.Builder
	for _, s := range segments {
		b.WriteByte('/')
		b.WriteString(url.PathEscape(s))
	}
	return b.String()
}
