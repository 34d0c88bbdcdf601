// Package ce reads and writes CloudEvents: the structured JSON format and
// attributes as strings, as binary modes have them.
//
// The SDK's own JSON codec is not used on received bytes. Its encoder copies
// data unchecked, so that a body of `1,"type":"forged"` becomes another event;
// its decoder refuses object data of a +json type and integers above 32 bits.
package ce

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/cloudevents/sdk-go/v2/types"

	"github.com/fngen/fngen/internal/retain"
)

// MediaType is the content type of an event in structured JSON mode.
const MediaType = "application/cloudevents+json"

// batchType begins the content types of a batch, of whatever format.
const batchType = "application/cloudevents-batch"

// IsStructured reports whether a body of the content type is one event in
// structured mode, of whatever format; only JSON has a decoder.
func IsStructured(contentType string) bool {
	if contentType == event.ApplicationJSON {
		return false
	}
	m := mediaType(contentType)
	return strings.HasPrefix(m, "application/cloudevents") && !strings.HasPrefix(m, batchType)
}

// IsBatch reports whether a body of the content type is a batch of events.
func IsBatch(contentType string) bool {
	return strings.HasPrefix(mediaType(contentType), batchType)
}

// IsJSON reports whether data of the content type is JSON, as data without a
// content type is (CloudEvents JSON format, section 3.1).
func IsJSON(contentType string) bool {
	if contentType == "" || contentType == event.ApplicationJSON {
		return true
	}
	m := mediaType(contentType)
	return m == event.ApplicationJSON || m == event.TextJSON || strings.HasSuffix(m, "+json")
}

// mediaType returns the content type without its parameters, which are not
// looked at: a broken one must not turn an event into plain data.
func mediaType(contentType string) string {
	m, _, _ := strings.Cut(contentType, ";")
	return strings.ToLower(strings.TrimSpace(m))
}

// Attributes assembles an event from its attributes, one Set at a time. It
// copies what it is given, so that an event never keeps alive the payload that
// it was read from.
type Attributes struct {
	ctx         event.EventContextV1
	specversion bool

	// What ctx points to, in one piece with it.
	subject, contentType string
	time                 types.Timestamp

	copies retain.Strings
}

// Set sets the attribute name, in lower case and without a prefix such as ce-.
func (a *Attributes) Set(name, value string) error {
	var err error
	switch name {
	case "specversion":
		if value != event.CloudEventsVersionV1 {
			return fmt.Errorf("specversion is %q, only %s is understood", value, event.CloudEventsVersionV1)
		}
		a.specversion = true
	case "id":
		a.ctx.ID = a.copies.Copy(value)
	case "type":
		a.ctx.Type = a.copies.Copy(value)
	case "source":
		a.ctx.Source, err = ParseSource(a.copies.Copy(value))
	case "subject":
		if a.subject = a.copies.Copy(value); value != "" {
			a.ctx.Subject = &a.subject
		}
	case "datacontenttype":
		if a.contentType = a.copies.Copy(value); value != "" {
			a.ctx.DataContentType = &a.contentType
		}
	case "dataschema":
		if value == "" {
			break
		}
		var u *url.URL
		if u, err = url.Parse(a.copies.Copy(value)); err == nil {
			a.ctx.DataSchema = &types.URI{URL: *u}
		}
	case "time":
		a.time.Time, err = ParseTime(value)
		a.ctx.Time = &a.time
	default:
		return a.setExtension(name, a.copies.Copy(value))
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// SetTime sets the time attribute. The zero time is none.
func (a *Attributes) SetTime(t time.Time) {
	if t.IsZero() {
		a.ctx.Time = nil
		return
	}
	a.time.Time = t.UTC()
	a.ctx.Time = &a.time
}

// Context returns what has been set, whether or not it is an event.
func (a *Attributes) Context() *event.EventContextV1 { return &a.ctx }

// setExtension keeps the value in place.
func (a *Attributes) setExtension(name string, value any) error {
	if err := CheckExtension(name); err != nil {
		return err
	}
	if a.ctx.Extensions == nil {
		a.ctx.Extensions = map[string]any{}
	}
	a.ctx.Extensions[a.copies.Copy(name)] = value
	return nil
}

// Event returns the event with the data, or says which required attribute is
// missing.
func (a *Attributes) Event(data []byte) (event.Event, error) {
	if a.specversion && a.ctx.ID != "" && a.ctx.Type != "" && a.hasSource() {
		return event.Event{Context: &a.ctx, DataEncoded: data}, nil
	}
	var missing []string
	for _, m := range []struct {
		name string
		ok   bool
	}{{"specversion", a.specversion}, {"id", a.ctx.ID != ""}, {"source", a.hasSource()}, {"type", a.ctx.Type != ""}} {
		if !m.ok {
			missing = append(missing, m.name)
		}
	}
	return event.Event{}, errors.New("required attribute missing: " + strings.Join(missing, ", "))
}

func (a *Attributes) hasSource() bool {
	u := &a.ctx.Source
	return u.Path != "" || u.Opaque != "" || u.String() != ""
}

// CheckExtension says why an extension cannot have the name: it holds more than
// a-z and 0-9 (specification, section 3), or another attribute or the data has
// it.
func CheckExtension(name string) error {
	if IsAttribute(name) || name == "data" {
		return fmt.Errorf("attribute name %q is not an extension's", name)
	}
	for i := range len(name) {
		if c := name[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return fmt.Errorf("attribute name %q: only a-z and 0-9 are allowed", name)
		}
	}
	if name == "" {
		return errors.New("attribute name is empty")
	}
	return nil
}

// IsAttribute reports whether the specification itself defines the attribute.
func IsAttribute(name string) bool {
	switch name {
	case "specversion", "id", "type", "source", "subject", "datacontenttype", "dataschema", "time":
		return true
	}
	return false
}
