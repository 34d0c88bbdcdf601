// Package ce reads and writes CloudEvents: the structured JSON format and
// attributes as strings, as binary modes carry them.
//
// The SDK's own JSON codec is not used on received bytes. Its encoder copies
// data unchecked, so that a body of `1,"type":"forged"` becomes another event;
// its decoder refuses object data of a +json type and integers above 32 bits.
package ce

import (
	"errors"
	"fmt"
	"mime"
	"net/url"
	"strings"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/cloudevents/sdk-go/v2/types"
)

// MediaType is the content type of an event in structured JSON mode.
const MediaType = "application/cloudevents+json"

// IsStructured reports whether a body of the content type is one event in
// structured mode, of whatever format; only JSON has a decoder.
func IsStructured(contentType string) bool {
	m := mediaType(contentType)
	return strings.HasPrefix(m, "application/cloudevents") && !IsBatch(contentType)
}

// IsBatch reports whether a body of the content type is a batch of events.
func IsBatch(contentType string) bool {
	return strings.HasPrefix(mediaType(contentType), "application/cloudevents-batch")
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

func mediaType(contentType string) string {
	m, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return ""
	}
	return m
}

// Attributes assembles an event from its attributes, one Set at a time.
type Attributes struct {
	ctx         event.EventContextV1
	specversion bool
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
		a.ctx.ID = value
	case "type":
		a.ctx.Type = value
	case "source":
		a.ctx.Source, err = parseSource(value)
	case "subject":
		if value != "" {
			a.ctx.Subject = &value
		}
	case "datacontenttype":
		if value != "" {
			a.ctx.DataContentType = &value
		}
	case "dataschema":
		var u *url.URL
		if u, err = url.Parse(value); err == nil {
			a.ctx.DataSchema = &types.URI{URL: *u}
		}
	case "time":
		var t time.Time
		if t, err = time.Parse(time.RFC3339Nano, value); err == nil {
			a.ctx.Time = &types.Timestamp{Time: t}
		}
	default:
		return a.setExtension(name, value)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func (a *Attributes) setExtension(name string, value any) error {
	if !validName(name) {
		return fmt.Errorf("attribute name %q: only a-z and 0-9 are allowed", name)
	}
	if a.ctx.Extensions == nil {
		a.ctx.Extensions = map[string]any{}
	}
	a.ctx.Extensions[name] = value
	return nil
}

// Event returns the event with the data, or says which required attribute is
// missing.
func (a *Attributes) Event(data []byte) (event.Event, error) {
	var missing []string
	for _, m := range []struct {
		name string
		ok   bool
	}{{"specversion", a.specversion}, {"id", a.ctx.ID != ""}, {"source", a.ctx.Source.String() != ""}, {"type", a.ctx.Type != ""}} {
		if !m.ok {
			missing = append(missing, m.name)
		}
	}
	if missing != nil {
		return event.Event{}, errors.New("required attribute missing: " + strings.Join(missing, ", "))
	}
	return event.Event{Context: &a.ctx, DataEncoded: data}, nil
}

// parseSource parses a URI-reference. The escaped form is kept as it stands.
func parseSource(s string) (types.URIRef, error) {
	u, err := url.Parse(s)
	if err != nil {
		return types.URIRef{}, err
	}
	return types.URIRef{URL: *u}, nil
}

// validName reports whether name is a CloudEvents attribute name, section 3
// of the specification.
func validName(name string) bool {
	if name == "" || name == "data" {
		return false
	}
	for i := range len(name) {
		if c := name[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}
