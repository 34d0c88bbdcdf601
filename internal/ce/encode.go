package ce

import (
	"encoding/base64"
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
		return nil, fmt.Errorf("encode CloudEvent: no attributes")
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
		if err := CheckExtension(name); err != nil {
			return nil, fmt.Errorf("encode CloudEvent: %w", err)
		}
		switch v := extensions[name].(type) {
		case bool, int32:
			b = fmt.Appendf(append(b, ','), "%q:%v", name, v)
		default:
			s, err := types.Format(v)
			if err != nil {
				return nil, fmt.Errorf("encode CloudEvent: %s: %w", name, err)
			}
			b = appendMember(b, name, s)
		}
	}
	b = appendData(b, e)
	return append(b, '}'), nil
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
