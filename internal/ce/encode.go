package ce

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/cloudevents/sdk-go/v2/types"

	"github.com/fngen/fngen/internal/jsonscan"
)

// Encode writes one event in structured JSON mode, its extensions sorted.
//
// Data goes under data if it is one valid JSON value of a JSON content type,
// or UTF-8 of another content type, then as a string. All else goes under
// data_base64. So Decode returns the same bytes in every case, but for the
// white space around a JSON value, which is no part of it.
func Encode(e event.Event) ([]byte, error) {
	if e.Context == nil {
		return nil, errNoAttributes
	}
	b := make([]byte, 0, 256+len(e.DataEncoded)+len(e.DataEncoded)/2)
	b = append(b, `{"specversion":"1.0"`...)
	b = appendMember(b, "id", e.ID())
	b = appendMember(b, "source", e.Source())
	b = appendMember(b, "type", e.Type())
	for _, optional := range []struct{ name, value string }{
		{"datacontenttype", e.DataContentType()},
		{"dataschema", e.DataSchema()},
		{"subject", e.Subject()},
	} {
		if optional.value != "" {
			b = appendMember(b, optional.name, optional.value)
		}
	}
	if t := e.Time(); !t.IsZero() {
		b = appendMember(b, "time", types.FormatTime(t))
	}
	extensions := e.Extensions()
	names := make([]string, 0, 8)
	for name := range extensions {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		text, err := formatExtension(name, extensions[name])
		if err != nil {
			return nil, err
		}
		switch extensions[name].(type) {
		case bool, int32:
			b = append(append(append(append(b, `,"`...), name...), `":`...), text...)
		default:
			b = appendMember(b, name, text)
		}
	}
	b = appendData(b, e)
	return append(b, '}'), nil
}

// Check says why [Encode] cannot write the event.
func Check(e event.Event) error {
	if e.Context == nil {
		return errNoAttributes
	}
	for name, value := range e.Extensions() {
		if _, err := formatExtension(name, value); err != nil {
			return err
		}
	}
	return nil
}

var errNoAttributes = errors.New("encode CloudEvent: no attributes")

func formatExtension(name string, value any) (string, error) {
	if err := CheckExtension(name); err != nil {
		return "", fmt.Errorf("encode CloudEvent: %w", err)
	}
	text, err := types.Format(value)
	if err != nil {
		return "", fmt.Errorf("encode CloudEvent: %s: %w", name, err)
	}
	return text, nil
}

func appendData(b []byte, e event.Event) []byte {
	data := e.DataEncoded
	isJSON := IsJSON(e.DataContentType())
	switch {
	case data == nil || isJSON && len(data) == 0:
		return b
	case isJSON && utf8.Valid(data) && jsonscan.IsText(data):
		b = append(b, `,"data":`...)
		return append(b, data...)
	case !isJSON && utf8.Valid(data):
		b = append(b, `,"data":`...)
		return append(jsonscan.AppendEscaped(append(b, '"'), data), '"')
	}
	b = append(b, `,"data_base64":"`...)
	b = base64.StdEncoding.AppendEncode(b, data)
	return append(b, '"')
}

func appendMember(b []byte, name, value string) []byte {
	b = append(b, ',', '"')
	b = append(b, name...)
	b = append(b, '"', ':')
	return jsonscan.AppendString(b, value)
}
