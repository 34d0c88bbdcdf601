package gcp_test

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/fngen/fngen/providers/internal/conformance"
)

// documentEventData encodes a google.events.cloud.firestore.v1.DocumentEventData
// in the wire format of protocol buffers.
func documentEventData(c conformance.Change) ([]byte, conformance.Reason) {
	var out []byte
	for _, image := range []struct {
		number int
		fields map[string]conformance.Value
	}{{1, c.After}, {2, c.Before}} {
		if image.fields == nil {
			continue
		}
		document := appendBytes(nil, 1, "projects/acme/databases/(default)/documents/orders/"+c.Key[0])
		fields, reason := mapFields(image.fields, 2)
		if reason != "" {
			return nil, reason
		}
		out = appendBytes(out, image.number, string(append(document, fields...)))
	}
	if c.Damaged {
		out = append(out, 0x0a, 0x7f) // a document of 127 bytes of which none arrives
	}
	return out, ""
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

// mapFields encodes a map<string, Value> that has the number.
func mapFields(fields map[string]conformance.Value, number int) ([]byte, conformance.Reason) {
	var out []byte
	for _, name := range conformance.Names(fields) {
		v, reason := value(fields[name])
		if reason != "" {
			return nil, reason
		}
		entry := appendBytes(appendBytes(nil, 1, name), 2, string(v))
		out = appendBytes(out, number, string(entry))
	}
	return out, ""
}

// value encodes a google.events.cloud.firestore.v1.Value.
func value(v conformance.Value) ([]byte, conformance.Reason) {
	switch v := v.(type) {
	case nil:
		return appendVarint(nil, 11, 0), ""
	case bool:
		if v {
			return appendVarint(nil, 1, 1), ""
		}
		return appendVarint(nil, 1, 0), ""
	case string:
		return appendBytes(nil, 17, v), ""
	case conformance.Bytes:
		return appendBytes(nil, 18, string(v)), ""
	case conformance.Number:
		if strings.Contains(string(v), ".") {
			double, err := strconv.ParseFloat(string(v), 64)
			if err != nil {
				return nil, conformance.NoSuchValue
			}
			return appendDouble(nil, 3, double), ""
		}
		integer, err := strconv.ParseInt(string(v), 10, 64)
		if err != nil {
			return nil, conformance.NoSuchValue
		}
		return appendVarint(nil, 2, uint64(integer)), ""
	case conformance.Double:
		return appendDouble(nil, 3, float64(v)), ""
	case conformance.Timestamp:
		at := time.Time(v)
		return appendBytes(nil, 10, string(appendVarint(appendVarint(nil, 1, uint64(at.Unix())), 2, uint64(at.Nanosecond())))), ""
	case conformance.Reference:
		return appendBytes(nil, 5, "projects/acme/databases/(default)/documents/"+string(v)), ""
	case conformance.Point:
		return appendBytes(nil, 8, string(appendDouble(appendDouble(nil, 1, v.Latitude), 2, v.Longitude))), ""
	case conformance.List:
		var array []byte
		for _, element := range v {
			b, reason := value(element)
			if reason != "" {
				return nil, reason
			}
			array = appendBytes(array, 1, string(b))
		}
		return appendBytes(nil, 9, string(array)), ""
	case conformance.Map:
		fields, reason := mapFields(v, 1)
		return appendBytes(nil, 6, string(fields)), reason
	case conformance.Unknown:
		return appendBytes(nil, 99, "?"), ""
	}
	return nil, conformance.NoSuchValue
}

// quote returns s as a JSON string.
func quote(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}
