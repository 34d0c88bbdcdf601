package gcp

import (
	"encoding/binary"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/fngen/fngen/internal/native"
)

// documentEventData encodes a google.events.cloud.firestore.v1.DocumentEventData
// in the wire format of protocol buffers.
//
// https://github.com/googleapis/google-cloudevents/blob/main/proto/google/events/cloud/firestore/v1/data.proto
func (c call) documentEventData(change native.Change) ([]byte, error) {
	var out []byte
	for _, image := range []struct {
		number int
		fields native.Map
	}{{1, change.After}, {2, change.Before}} {
		if image.fields == nil {
			continue
		}
		document := appendBytes(nil, 1, c.documents()+c.Resource+"/"+change.Key[0])
		fields, err := mapFields(image.fields, 2, c.documents())
		if err != nil {
			return nil, err
		}
		document = append(document, fields...)
		document = appendBytes(document, 3, timestamp(c.Time)) // created
		document = appendBytes(document, 4, timestamp(c.Time)) // updated
		out = appendBytes(out, image.number, string(document))
	}
	if change.Kind == native.Updated {
		mask := []byte{}
		for _, name := range changed(change.Before, change.After) {
			mask = appendBytes(mask, 1, name)
		}
		out = appendBytes(out, 3, string(mask))
	}
	if change.Damaged {
		out = append(out, 0x0a, 0x7f) // a document of 127 bytes of which none arrives
	}
	return out, nil
}

// documents is the path of the database, in front of a document's.
func (c call) documents() string {
	return "projects/" + c.Project + "/databases/" + database + "/documents/"
}

// changed returns the names of the fields that differ.
func changed(before, after native.Map) []string {
	all := map[string]bool{}
	for _, fields := range []native.Map{before, after} {
		for name := range fields {
			b, inBefore := before[name]
			a, inAfter := after[name]
			if inBefore != inAfter || !reflect.DeepEqual(a, b) {
				all[name] = true
			}
		}
	}
	return native.Names(all)
}

func appendTag(b []byte, number, wireType int) []byte {
	return binary.AppendUvarint(b, uint64(number<<3|wireType))
}

func appendBytes(b []byte, number int, value string) []byte {
	b = binary.AppendUvarint(appendTag(b, number, 2), uint64(len(value)))
	return append(b, value...)
}

func appendVarint(b []byte, number int, value uint64) []byte {
	return binary.AppendUvarint(appendTag(b, number, 0), value)
}

func appendDouble(b []byte, number int, value float64) []byte {
	return binary.LittleEndian.AppendUint64(appendTag(b, number, 1), math.Float64bits(value))
}

func timestamp(t time.Time) string {
	return string(appendVarint(appendVarint(nil, 1, uint64(t.Unix())), 2, uint64(t.Nanosecond())))
}

// mapFields encodes a map<string, Value> that has the number.
func mapFields(fields native.Map, number int, documents string) ([]byte, error) {
	var out []byte
	for _, name := range native.Names(fields) {
		v, err := value(fields[name], documents)
		if err != nil {
			return nil, err
		}
		entry := appendBytes(appendBytes(nil, 1, name), 2, string(v))
		out = appendBytes(out, number, string(entry))
	}
	return out, nil
}

// value encodes a google.events.cloud.firestore.v1.Value.
func value(v native.Value, documents string) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return appendVarint(nil, 11, 0), nil
	case bool:
		if v {
			return appendVarint(nil, 1, 1), nil
		}
		return appendVarint(nil, 1, 0), nil
	case string:
		return appendBytes(nil, 17, v), nil
	case native.Bytes:
		return appendBytes(nil, 18, string(v)), nil
	case native.Number:
		return number(string(v))
	case native.Double:
		return appendDouble(nil, 3, float64(v)), nil
	case native.Timestamp:
		return appendBytes(nil, 10, timestamp(time.Time(v))), nil
	case native.Reference:
		return appendBytes(nil, 5, documents+string(v)), nil
	case native.Point:
		return appendBytes(nil, 8, string(appendDouble(appendDouble(nil, 1, v.Latitude), 2, v.Longitude))), nil
	case native.List:
		var array []byte
		for _, element := range v {
			b, err := value(element, documents)
			if err != nil {
				return nil, err
			}
			array = appendBytes(array, 1, string(b))
		}
		return appendBytes(nil, 9, string(array)), nil
	case native.Map:
		fields, err := mapFields(v, 1, documents)
		return appendBytes(nil, 6, string(fields)), err
	case native.Unknown:
		return appendBytes(nil, 99, "?"), nil
	}
	return nil, native.NoSuchValue
}

// number is an integer of 64 bits, or a double if the token is that of one.
func number(token string) ([]byte, error) {
	if strings.ContainsAny(token, ".eE") {
		double, err := strconv.ParseFloat(token, 64)
		if err != nil {
			return nil, fmt.Errorf("%w: %s", native.NoSuchValue, token)
		}
		return appendDouble(nil, 3, double), nil
	}
	integer, err := strconv.ParseInt(token, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("%w: %s", native.NoSuchValue, token)
	}
	return appendVarint(nil, 2, uint64(integer)), nil
}
