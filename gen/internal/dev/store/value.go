package store

import (
	"encoding/base64"
	"encoding/json"
	"errors"
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
	members, err := decode[map[string]json.RawMessage](raw)
	if err == nil && (len(members) != 1 || level > maxLevels) {
		return nil, because(errBad, "%.100s is no value", raw)
	}
	var v native.Value
	for kind, member := range members {
		v, err = parseKind(kind, member, level)
	}
	switch {
	case errors.Is(err, errUnknown):
		return nil, because(errBad, "%.100s is no value", raw)
	case err != nil && !errors.Is(err, errBad):
		return nil, because(errBad, "%.100s is no value: %v", raw, err)
	}
	return v, err
}

// parseKind reads what a value of the kind has; errUnknown says that there is no
// such kind.
func parseKind(kind string, raw json.RawMessage, level int) (native.Value, error) {
	var text string
	_ = json.Unmarshal(raw, &text) // "" of what is no string
	switch kind {
	case "nullValue":
		return nil, nil
	case "booleanValue":
		return decode[bool](raw)
	case "stringValue":
		return decode[string](raw)
	case "integerValue":
		i, err := strconv.ParseInt(strings.Trim(string(raw), `"`), 10, 64)
		return native.Number(strconv.FormatInt(i, 10)), err
	case "doubleValue":
		f, err := strconv.ParseFloat(strings.Trim(string(raw), `"`), 64)
		return native.Double(f), err
	case "bytesValue":
		v, err := base64.StdEncoding.DecodeString(text)
		return native.Bytes(v), err
	case "timestampValue":
		at, err := time.Parse(time.RFC3339, text)
		return native.Timestamp(at.UTC().Truncate(time.Microsecond)), err
	case "referenceValue":
		_, path, ok := strings.Cut(text, "/documents/")
		if !ok {
			return nil, because(errBad, "%q is no name of a document", text)
		}
		return native.Reference(path), nil
	case "geoPointValue":
		return decode[native.Point](raw)
	case "arrayValue":
		v, err := decode[struct{ Values []json.RawMessage }](raw)
		list := make(native.List, len(v.Values))
		for i := 0; err == nil && i < len(list); i++ {
			list[i], err = parseValue(v.Values[i], level+1)
			if _, isList := list[i].(native.List); isList && err == nil {
				return nil, because(errBad, "Cannot convert an array value in an array value")
			}
		}
		return list, err
	case "mapValue":
		v, err := decode[struct{ Fields map[string]json.RawMessage }](raw)
		if err != nil {
			return nil, err
		}
		return byName(v.Fields, level+1, parseValue)
	}
	return nil, errUnknown
}

func decode[T any](raw json.RawMessage) (v T, err error) {
	err = json.Unmarshal(raw, &v)
	return v, err
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
