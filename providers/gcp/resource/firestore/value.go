package firestore

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/fngen/fngen/internal/documents"
)

// encode returns the fields of a document as Firestore's.
func encode(d documents.Document) object {
	fields := make(object, len(d))
	for name, v := range d {
		fields[name] = encodeValue(v)
	}
	return fields
}

// encodeValue returns a value: a number is an integer if an int64 holds it, and
// else a double.
//
// https://cloud.google.com/firestore/docs/reference/rest/v1/Value
func encodeValue(v any) object {
	switch v := v.(type) {
	case bool:
		return object{"booleanValue": v}
	case string:
		return object{"stringValue": v}
	case json.Number:
		if _, err := strconv.ParseInt(string(v), 10, 64); err == nil {
			return object{"integerValue": string(v)}
		}
		return object{"doubleValue": v}
	case []any:
		values := make([]object, len(v))
		for i := range v {
			values[i] = encodeValue(v[i])
		}
		return object{"arrayValue": object{"values": values}}
	case documents.Document:
		return object{"mapValue": object{"fields": encode(v)}}
	}
	return object{"nullValue": nil}
}

// fieldsOf decodes fields as the events of a collection have them. An error's
// text goes on with the path of the value.
func fieldsOf(fields object) (documents.Document, error) {
	d := make(documents.Document, len(fields))
	for name, v := range fields {
		var err error
		if d[name], err = decodeValue(v); err != nil {
			return nil, fmt.Errorf(".%.40s%w", name, err)
		}
	}
	return d, nil
}

// decodeValue decodes a value, which has one kind. One that is not known fails
// the document, since a part of it would be lost.
func decodeValue(raw any) (any, error) {
	kinds, _ := raw.(object)
	if len(kinds) != 1 {
		return nil, errors.New(": the value has not one kind")
	}
	for kind, v := range kinds {
		return typed(kind, v)
	}
	return nil, nil
}

func typed(kind string, v any) (any, error) {
	switch v := v.(type) {
	case nil:
		if kind == "nullValue" {
			return nil, nil
		}
	case bool:
		if kind == "booleanValue" {
			return v, nil
		}
	case json.Number:
		if kind == "doubleValue" || kind == "integerValue" {
			return number(v)
		}
	case string:
		return text(kind, v)
	case object:
		return structure(kind, v)
	}
	return nil, fmt.Errorf(": no value of the kind %.40q is known of this form", kind)
}

// number spells a number, or refuses what no double holds.
func number(v json.Number) (any, error) {
	if n, holds := documents.Number(string(v)); holds {
		return n, nil
	}
	f, err := v.Float64() // as some write a double, with more digits than it needs
	if err != nil {
		return nil, fmt.Errorf(": %w", err)
	}
	return documents.Double(f), nil
}

// text decodes what stands in a string.
func text(kind, v string) (any, error) {
	switch kind {
	case "stringValue":
		return v, nil
	case "nullValue": // NULL_VALUE
		return nil, nil
	case "integerValue":
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil {
			return nil, fmt.Errorf(": %w", err)
		}
		return json.Number(strconv.FormatInt(n, 10)), nil
	case "doubleValue":
		if v == "NaN" || v == "Infinity" || v == "-Infinity" {
			return v, nil
		}
	case "timestampValue":
		t, err := time.Parse(time.RFC3339Nano, v)
		if err != nil {
			return nil, fmt.Errorf(": %w", err)
		}
		return t.UTC().Format(time.RFC3339Nano), nil
	case "bytesValue":
		b, err := base64.StdEncoding.DecodeString(v)
		if err != nil {
			return nil, fmt.Errorf(": %w", err)
		}
		return base64.StdEncoding.EncodeToString(b), nil
	case "referenceValue":
		if _, path, ok := strings.Cut(v, "/documents/"); ok {
			return path, nil
		}
	}
	return nil, fmt.Errorf(": no value of the kind %.40q is known of this form", kind)
}

// structure decodes what stands in an object.
func structure(kind string, v object) (any, error) {
	switch kind {
	case "mapValue":
		fields, ok := v["fields"].(object)
		if !ok && v["fields"] != nil {
			return nil, errors.New(": the fields of a map are no object")
		}
		return fieldsOf(fields)
	case "arrayValue":
		values, ok := v["values"].([]any)
		if !ok && v["values"] != nil {
			return nil, errors.New(": the values of an array are no array")
		}
		list := make([]any, len(values))
		for i := range values {
			var err error
			if list[i], err = decodeValue(values[i]); err != nil {
				return nil, fmt.Errorf("[%d]%w", i, err)
			}
		}
		return list, nil
	case "geoPointValue":
		point := object{}
		for _, name := range []string{"latitude", "longitude"} { // 0 is left out
			n, _ := v[name].(json.Number)
			if n == "" {
				n = "0"
			}
			var err error
			if point[name], err = number(n); err != nil {
				return nil, err
			}
		}
		return point, nil
	}
	return nil, fmt.Errorf(": the kind of value %.40q is not known", kind)
}
