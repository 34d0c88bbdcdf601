package gcp

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/fngen/fngen/internal/documents"
)

// The limits of a document that is decoded. Firestore's own are narrower, 20
// levels, and 1 MiB in which every value counts at least one byte:
// https://cloud.google.com/firestore/quotas.
const (
	maxValues = 1 << 20 // values, those inside of arrays and maps included
	maxLevels = 100     // arrays and maps inside of each other
)

// A valueDecoder decodes the values of one document to what
// [portable.EncodeDocument] takes.
type valueDecoder struct{ values int }

// value decodes a google.events.cloud.firestore.v1.Value. It has one kind; a
// kind that is not known fails the document, since a part of it would be lost.
func (d *valueDecoder) value(b []byte, level int) (v any, err error) {
	if d.values++; d.values > maxValues {
		return nil, fmt.Errorf("the document has more than %d values", maxValues)
	}
	if len(b) == 0 {
		return nil, errors.New("the value has no kind")
	}
	f, rest, err := nextField(b)
	if err != nil {
		return nil, err
	}
	if len(rest) > 0 {
		return nil, errors.New("the value has more than one kind")
	}
	var want wireType
	switch f.number {
	case 1, 2, 11:
		want = wireVarint
	case 3:
		want = wireFixed64
	case 5, 6, 8, 9, 10, 17, 18:
		want = wireBytes
	default:
		return nil, fmt.Errorf("the kind of value %d is not known", f.number)
	}
	if err := f.want(want); err != nil {
		return nil, err
	}
	switch f.number {
	case 1: // boolean_value
		return f.bits != 0, nil
	case 2: // integer_value
		return json.Number(strconv.FormatInt(f.int64(), 10)), nil
	case 3: // double_value
		return number(f.float64()), nil
	case 5: // reference_value
		return reference(f.bytes)
	case 6: // map_value
		return d.mapValue(f.bytes, level+1)
	case 8: // geo_point_value
		return geoPoint(f.bytes)
	case 9: // array_value
		return d.array(f.bytes, level+1)
	case 10: // timestamp_value
		return timestamp(f.bytes)
	case 17: // string_value
		return text(f.bytes)
	case 18: // bytes_value
		return base64.StdEncoding.EncodeToString(f.bytes), nil
	}
	return nil, nil // null_value
}

func checkLevel(level int) error {
	if level > maxLevels {
		return fmt.Errorf("values are nested more than %d levels deep", maxLevels)
	}
	return nil
}

// array decodes an ArrayValue.
func (d *valueDecoder) array(b []byte, level int) (any, error) {
	if err := checkLevel(level); err != nil {
		return nil, err
	}
	values := []any{} // an empty array is not null
	err := fields(b, func(f wireField) error {
		if f.number != 1 {
			return nil
		}
		if err := f.want(wireBytes); err != nil {
			return err
		}
		v, err := d.value(f.bytes, level)
		if err != nil {
			return fmt.Errorf("[%d]: %w", len(values), err)
		}
		values = append(values, v)
		return nil
	})
	return values, err
}

// mapValue decodes a MapValue.
func (d *valueDecoder) mapValue(b []byte, level int) (any, error) {
	if err := checkLevel(level); err != nil {
		return nil, err
	}
	values := map[string]any{}
	err := fields(b, func(f wireField) error {
		if f.number != 1 {
			return nil
		}
		return d.entry(values, f, level)
	})
	return values, err
}

// entry decodes one entry of a map<string, Value>.
func (d *valueDecoder) entry(values map[string]any, entry wireField, level int) error {
	if err := entry.want(wireBytes); err != nil {
		return err
	}
	var name string
	var value []byte
	err := fields(entry.bytes, func(f wireField) (err error) {
		switch f.number {
		case 1:
			if err := f.want(wireBytes); err != nil {
				return err
			}
			name, err = text(f.bytes)
		case 2:
			err = f.want(wireBytes)
			value = f.bytes
		}
		return err
	})
	if err != nil {
		return err
	}
	if _, ok := values[name]; ok {
		return fmt.Errorf("field %.40q is there twice", name)
	}
	if values[name], err = d.value(value, level); err != nil {
		return fmt.Errorf("%.40q: %w", name, err)
	}
	return nil
}

// number returns a double, which may be what JSON does not have: the string NaN,
// Infinity or -Infinity.
func number(v float64) any {
	switch {
	case math.IsNaN(v):
		return "NaN"
	case math.IsInf(v, 1):
		return "Infinity"
	case math.IsInf(v, -1):
		return "-Infinity"
	}
	return documents.Double(v)
}

func text(b []byte) (string, error) {
	if !utf8.Valid(b) {
		return "", errors.New("a string is not UTF-8")
	}
	return string(b), nil
}

// reference returns the path of the document below the database.
func reference(b []byte) (any, error) {
	name, err := text(b)
	if err != nil {
		return nil, err
	}
	path, err := documentPath(name)
	return path, err
}

// documentPath returns the part after /documents/ of a document's name,
// projects/P/databases/D/documents/PATH.
func documentPath(name string) (string, error) {
	parts := strings.SplitN(name, "/", 6)
	if len(parts) != 6 || parts[0] != "projects" || parts[2] != "databases" || parts[4] != "documents" || parts[5] == "" {
		return "", fmt.Errorf("the document's name %.100q is not projects/P/databases/D/documents/PATH", name)
	}
	return parts[5], nil
}

// geoPoint decodes a google.type.LatLng, in which 0 is left out.
func geoPoint(b []byte) (any, error) {
	var latitude, longitude float64
	err := fields(b, func(f wireField) error {
		if f.number != 1 && f.number != 2 {
			return nil
		}
		if f.number == 1 {
			latitude = f.float64()
		} else {
			longitude = f.float64()
		}
		return f.want(wireFixed64)
	})
	if err != nil {
		return nil, err
	}
	return map[string]any{"latitude": number(latitude), "longitude": number(longitude)}, nil
}

// timestamp decodes a google.protobuf.Timestamp, which is in the years 1 to
// 9999.
func timestamp(b []byte) (any, error) {
	var seconds, nanos int64
	err := fields(b, func(f wireField) error {
		if f.number != 1 && f.number != 2 {
			return nil
		}
		if f.number == 1 {
			seconds = f.int64()
		} else {
			nanos = f.int64()
		}
		return f.want(wireVarint)
	})
	if err != nil {
		return nil, err
	}
	const first, last = -62135596800, 253402300799
	if seconds < first || seconds > last || nanos < 0 || nanos > 999999999 {
		return nil, fmt.Errorf("the timestamp %d s %d ns is not in the years 1 to 9999", seconds, nanos)
	}
	return time.Unix(seconds, nanos).UTC().Format(time.RFC3339Nano), nil
}
