package native

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Value is a value of a document: nil, bool, string, or one of the types below.
type Value any

// The values that are not of Go's own types.
type (
	Number    string // a decimal number's token
	Bytes     []byte
	List      []Value
	Map       map[string]Value
	Set       []Value // of strings, numbers or bytes
	Double    float64 // a number that is a double whatever its value
	Timestamp time.Time
	Reference string // the path of a document in the same database
	Point     struct{ Latitude, Longitude float64 }
	Unknown   struct{} // of a kind that is invented later
)

// Document returns the JSON object as a document; nil for null and for nothing.
func Document(object []byte) (Map, error) {
	if len(bytes.TrimSpace(object)) == 0 {
		return nil, nil
	}
	d := json.NewDecoder(bytes.NewReader(object))
	d.UseNumber()
	var m map[string]any
	if err := d.Decode(&m); err != nil {
		return nil, fmt.Errorf("read the document: %w", err)
	}
	if d.More() {
		return nil, fmt.Errorf("read the document: more than one object")
	}
	if m == nil {
		return nil, nil
	}
	return document(m).(Map), nil
}

func document(v any) Value {
	switch v := v.(type) {
	case json.Number:
		return Number(v)
	case []any:
		list := List{}
		for _, element := range v {
			list = append(list, document(element))
		}
		return list
	case map[string]any:
		m := Map{}
		for name, value := range v {
			m[name] = document(value)
		}
		return m
	}
	return v
}

// Names returns the names of a document's fields, or of anything else that has
// names, sorted.
func Names[M ~map[string]V, V any](fields M) []string { return slices.Sorted(maps.Keys(fields)) }
