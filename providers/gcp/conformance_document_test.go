package gcp_test

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/fngen/fngen/providers/providertest"
)

// documentEventData encodes a google.events.cloud.firestore.v1.DocumentEventData
// in the wire format of protocol buffers.
func documentEventData(c providertest.Change) ([]byte, providertest.Reason) {
	var out []byte
	for _, image := range []struct {
		number int
		fields map[string]providertest.Value
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
func mapFields(fields map[string]providertest.Value, number int) ([]byte, providertest.Reason) {
	var out []byte
	for _, name := range providertest.Names(fields) {
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
func value(v providertest.Value) ([]byte, providertest.Reason) {
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
	case providertest.Bytes:
		return appendBytes(nil, 18, string(v)), ""
	case providertest.Number:
		if strings.Contains(string(v), ".") {
			double, err := strconv.ParseFloat(string(v), 64)
			if err != nil {
				return nil, providertest.NoSuchValue
			}
			return appendDouble(nil, 3, double), ""
		}
		integer, err := strconv.ParseInt(string(v), 10, 64)
		if err != nil {
			return nil, providertest.NoSuchValue
		}
		return appendVarint(nil, 2, uint64(integer)), ""
	case providertest.Double:
		return appendDouble(nil, 3, float64(v)), ""
	case providertest.Timestamp:
		at := time.Time(v)
		return appendBytes(nil, 10, string(appendVarint(appendVarint(nil, 1, uint64(at.Unix())), 2, uint64(at.Nanosecond())))), ""
	case providertest.Reference:
		return appendBytes(nil, 5, "projects/acme/databases/(default)/documents/"+string(v)), ""
	case providertest.Point:
		return appendBytes(nil, 8, string(appendDouble(appendDouble(nil, 1, v.Latitude), 2, v.Longitude))), ""
	case providertest.List:
		var array []byte
		for _, element := range v {
			b, reason := value(element)
			if reason != "" {
				return nil, reason
			}
			array = appendBytes(array, 1, string(b))
		}
		return appendBytes(nil, 9, string(array)), ""
	case providertest.Map:
		fields, reason := mapFields(v, 1)
		return appendBytes(nil, 6, string(fields)), reason
	case providertest.Unknown:
		return appendBytes(nil, 99, "?"), ""
	}
	return nil, providertest.NoSuchValue
}

// quote returns s as a JSON string.
func quote(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}
