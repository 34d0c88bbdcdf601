package store

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/fngen/fngen/internal/native"
)

// parseValue reads a value of Firestore.
//
// https://cloud.google.com/firestore/docs/reference/rest/Shared.Types/ArrayValue#Value
func parseValue(raw json.RawMessage, level int) (native.Value, error) {
	bad := func(err error) error { return because(errBad, "%.100s is no value: %v", raw, err) }
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return nil, bad(err)
	}
	if len(members) != 1 || level > maxLevels {
		return nil, because(errBad, "%.100s is no value", raw)
	}
	for kind, raw := range members {
		var text string
		_ = json.Unmarshal(raw, &text) // "" of what is no string
		switch kind {
		case "nullValue":
			return nil, nil
		case "booleanValue":
			var v bool
			if err := json.Unmarshal(raw, &v); err != nil {
				return nil, bad(err)
			}
			return v, nil
		case "stringValue":
			if err := json.Unmarshal(raw, &text); err != nil {
				return nil, bad(err)
			}
			return text, nil
		case "integerValue":
			i, err := strconv.ParseInt(strings.Trim(string(raw), `"`), 10, 64)
			if err != nil {
				return nil, bad(err)
			}
			return native.Number(strconv.FormatInt(i, 10)), nil
		case "doubleValue":
			f, err := strconv.ParseFloat(strings.Trim(string(raw), `"`), 64)
			if err != nil {
				return nil, bad(err)
			}
			return native.Double(f), nil
		case "bytesValue":
			v, err := base64.StdEncoding.DecodeString(text)
			if err != nil {
				return nil, bad(err)
			}
			return native.Bytes(v), nil
		case "timestampValue":
			at, err := time.Parse(time.RFC3339, text)
			if err != nil {
				return nil, bad(err)
			}
			return native.Timestamp(at.UTC().Truncate(time.Microsecond)), nil
		case "referenceValue":
			_, path, ok := strings.Cut(text, "/documents/")
			if !ok {
				return nil, because(errBad, "%q is no name of a document", text)
			}
			return native.Reference(path), nil
		case "geoPointValue":
			var v native.Point
			if err := json.Unmarshal(raw, &v); err != nil {
				return nil, bad(err)
			}
			return v, nil
		case "arrayValue":
			var v struct{ Values []json.RawMessage }
			if err := json.Unmarshal(raw, &v); err != nil {
				return nil, bad(err)
			}
			list := make(native.List, len(v.Values))
			for i := range v.Values {
				element, err := parseValue(v.Values[i], level+1)
				if err != nil {
					return nil, err
				}
				if _, isList := element.(native.List); isList {
					return nil, because(errBad, "Cannot convert an array value in an array value")
				}
				list[i] = element
			}
			return list, nil
		case "mapValue":
			var v struct{ Fields map[string]json.RawMessage }
			if err := json.Unmarshal(raw, &v); err != nil {
				return nil, bad(err)
			}
			return byName(v.Fields, level+1, parseValue)
		}
	}
	return nil, because(errBad, "%.100s is no value", raw)
}

// values are the fields as Firestore has them.
func values(of native.Map) json.RawMessage {
	var members []any
	for _, name := range native.Names(of) {
		members = append(members, name, value(of[name]))
	}
	return native.JSON(members...)
}

// value is the value as Firestore has it.
func value(v native.Value) json.RawMessage {
	switch v := v.(type) {
	case bool:
		return native.JSON("booleanValue", v)
	case string:
		return native.JSON("stringValue", v)
	case native.Number:
		return native.JSON("integerValue", string(v))
	case native.Double:
		f := float64(v)
		switch {
		case math.IsNaN(f):
			return native.JSON("doubleValue", "NaN")
		case math.IsInf(f, 0):
			return native.JSON("doubleValue", strings.TrimPrefix(fmt.Sprintf("%fnity", f), "+"))
		}
		return native.JSON("doubleValue", f)
	case native.Bytes:
		return native.JSON("bytesValue", []byte(v))
	case native.Timestamp:
		return native.JSON("timestampValue", time.Time(v).Format(time.RFC3339Nano))
	case native.Reference:
		return native.JSON("referenceValue", "projects/"+project+"/databases/(default)/documents/"+string(v))
	case native.Point:
		return native.JSON("geoPointValue", native.JSON("latitude", v.Latitude, "longitude", v.Longitude))
	case native.List:
		elements := make([]json.RawMessage, len(v))
		for i := range v {
			elements[i] = value(v[i])
		}
		return native.JSON("arrayValue", native.JSON("values", native.Array(elements)))
	case native.Map:
		return native.JSON("mapValue", native.JSON("fields", values(v)))
	}
	return native.JSON("nullValue", nil)
}
