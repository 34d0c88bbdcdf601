package item

import (
	"encoding/json"

	"github.com/fngen/fngen/internal/documents"
)

// Key is the key attribute of tables that fngen creates. No document has a field
// of the name.
const Key = "_id"

// Encode returns the document as a map of attribute values.
func Encode(d documents.Document) map[string]any {
	values := make(map[string]any, len(d))
	for name, v := range d {
		values[name] = Value(v)
	}
	return values
}

// Value returns a value as an attribute value, which encodes to JSON.
func Value(v any) any {
	switch v := v.(type) {
	case bool:
		return map[string]bool{"BOOL": v}
	case string:
		return map[string]string{"S": v}
	case json.Number:
		return map[string]string{"N": string(v)}
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = Value(v[i])
		}
		return map[string]any{"L": list}
	case documents.Document:
		return map[string]any{"M": Encode(v)}
	}
	return map[string]bool{"NULL": true}
}
