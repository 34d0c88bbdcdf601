// Package cehttp reads and writes CloudEvents in the binary mode of the HTTP
// binding.
package cehttp

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/cloudevents/sdk-go/v2/types"

	"github.com/fngen/fngen/internal/ce"
)

// Decode returns the CloudEvent of a message in binary mode, which anybody may
// have sent. It keeps body. The header's keys are in canonical form, as http.Header's methods leave them.
func Decode(header http.Header, body []byte) (event.Event, error) {
	return decode(header, body, false)
}

// DecodeLoosely is Decode for senders that are known and do not keep to binary
// mode in every point: the content type may be named a second time, and a value
// that does not decode stands for itself.
func DecodeLoosely(header http.Header, body []byte) (event.Event, error) {
	return decode(header, body, true)
}

func decode(header http.Header, body []byte, loosely bool) (event.Event, error) {
	var a ce.Attributes
	contentType, extensions := "", 0
	if values := header["Content-Type"]; len(values) > 0 {
		contentType = values[0]
	}
	for name, values := range header {
		canonical, ok := strings.CutPrefix(name, "Ce-")
		if !ok {
			continue
		}
		if len(values) != 1 {
			return event.Event{}, fmt.Errorf("header %s appears %d times", name, len(values))
		}
		decoded := values[0]
		if !isPlain(decoded) {
			var err error
			decoded, err = percentDecode(values[0])
			if err != nil && loosely && utf8.ValidString(values[0]) {
				decoded, err = values[0], nil
			}
			if err != nil {
				return event.Event{}, fmt.Errorf("header %s: %w", name, err)
			}
		}
		if canonical == "Datacontenttype" {
			if !loosely {
				return event.Event{}, errors.New("header Ce-Datacontenttype: Content-Type takes its place")
			}
			contentType = cmp.Or(contentType, decoded)
			continue
		}
		name := attribute(canonical)
		if !ce.IsAttribute(name) {
			if extensions++; extensions > ce.MaxExtensions && !loosely {
				return event.Event{}, fmt.Errorf("more than %d extensions", ce.MaxExtensions)
			}
		}
		if err := a.Set(name, decoded); err != nil {
			return event.Event{}, fmt.Errorf("header Ce-%s: %w", canonical, err)
		}
	}
	if err := a.Set("datacontenttype", contentType); err != nil {
		return event.Event{}, err
	}
	return a.Event(body)
}

// attribute is strings.ToLower, at hand for what most events have.
func attribute(canonical string) string {
	switch canonical {
	case "Specversion":
		return "specversion"
	case "Id":
		return "id"
	case "Source":
		return "source"
	case "Type":
		return "type"
	case "Subject":
		return "subject"
	case "Time":
		return "time"
	case "Traceparent":
		return "traceparent"
	}
	return strings.ToLower(canonical)
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
// keeps text that holds no escape as it is, so a quoted value is taken too, and
// says nothing of a percent sign that begins no escape: senders that do not
// encode write 100%, which is itself.
func percentDecode(s string) (string, error) {
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		s = unquote(s[1 : len(s)-1])
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '%' && i+2 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				c, i = byte(n), i+2
			}
		}
		b.WriteByte(c)
	}
	decoded := b.String()
	if !utf8.ValidString(decoded) {
		return "", errors.New("not UTF-8")
	}
	return decoded, nil
}

// isPlain reports whether s is ASCII that stands for itself.
func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c == '%' || c == '"' || c >= utf8.RuneSelf {
			return false
		}
	}
	return true
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
