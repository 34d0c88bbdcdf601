// Package cehttp reads and writes CloudEvents in the binary mode of the HTTP
// binding.
package cehttp

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/cloudevents/sdk-go/v2/types"

	"github.com/fngen/fngen/internal/ce"
)

// Decode returns the CloudEvent of a message in binary mode. It keeps body.
// The header's keys are in canonical form, as http.Header's methods leave them.
func Decode(header http.Header, body []byte) (event.Event, error) {
	var a ce.Attributes
	for name, values := range header {
		attribute, ok := strings.CutPrefix(name, "Ce-")
		if !ok {
			continue
		}
		if len(values) != 1 {
			return event.Event{}, fmt.Errorf("header %s appears %d times", name, len(values))
		}
		value, err := percentDecode(values[0])
		if err != nil {
			return event.Event{}, fmt.Errorf("header %s: %w", name, err)
		}
		if attribute == "Datacontenttype" {
			return event.Event{}, errors.New("header Ce-Datacontenttype: Content-Type takes its place")
		}
		if err := a.Set(strings.ToLower(attribute), value); err != nil {
			return event.Event{}, fmt.Errorf("header %s: %w", name, err)
		}
	}
	if err := a.Set("datacontenttype", header.Get("Content-Type")); err != nil {
		return event.Event{}, err
	}
	return a.Event(body)
}

// SetHeaders writes the event's attributes, with this id and source, as binary
// mode has them. The content type is left to the caller. On an error h is as it
// was.
func SetHeaders(h http.Header, e event.Event, id, source string) error {
	extensions := map[string]string{}
	for name, v := range e.Extensions() {
		if err := ce.CheckExtension(name); err != nil {
			return err
		}
		s, err := types.Format(v)
		if err != nil {
			return fmt.Errorf("attribute %s: %w", name, err)
		}
		extensions[name] = s
	}
	h.Set("Ce-Specversion", event.CloudEventsVersionV1)
	for _, a := range []struct{ name, value string }{
		{"id", id}, {"source", source}, {"type", e.Type()}, {"subject", e.Subject()}, {"dataschema", e.DataSchema()},
	} {
		if a.value != "" {
			h.Set("Ce-"+a.name, percentEncode(a.value))
		}
	}
	if t := e.Time(); !t.IsZero() {
		h.Set("Ce-Time", types.FormatTime(t))
	}
	for name, value := range extensions {
		h.Set("Ce-"+name, percentEncode(value))
	}
	return nil
}

// percentDecode and percentEncode are section 3.1.3.2 of the HTTP binding. It
// keeps text that holds no escape as it is, so a quoted value is taken too.
func percentDecode(s string) (string, error) {
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		s = unquote(s[1 : len(s)-1])
	}
	decoded, err := url.PathUnescape(s) // as it is where nothing is encoded
	if err != nil {
		return "", err
	}
	if !utf8.ValidString(decoded) {
		return "", errors.New("not UTF-8")
	}
	return decoded, nil
}

func unquote(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func percentEncode(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if c <= ' ' || c >= 0x7f || c == '"' || c == '%' {
			fmt.Fprintf(&b, "%%%02X", c)
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}
