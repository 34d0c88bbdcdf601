package gcp_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
)

// What follows writes protocol buffers as far as the tests need them, knowing
// nothing of what reads them.

// varintField and the others return one field of a message.
func varintField(number int, v uint64) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(nil, uint64(number)<<3), v)
}

func doubleField(number int, v float64) []byte {
	return binary.LittleEndian.AppendUint64(binary.AppendUvarint(nil, uint64(number)<<3|1), math.Float64bits(v))
}

func bytesField(number int, parts ...[]byte) []byte {
	b := slices.Concat(parts...)
	return append(binary.AppendUvarint(binary.AppendUvarint(nil, uint64(number)<<3|2), uint64(len(b))), b...)
}

func stringField(number int, s string) []byte { return bytesField(number, []byte(s)) }

// entry is a field of a document or, as one of a MapValue's, of a map.
func entry(number int, name string, value []byte) []byte {
	return bytesField(number, stringField(1, name), bytesField(2, value))
}

// image is a Document at the path with its fields, each an entry 2.
func image(path string, fields ...[]byte) []byte {
	name := stringField(1, "projects/acme/databases/(default)/documents/"+path)
	createTime := bytesField(3, varintField(1, 1700000000))
	return slices.Concat(name, slices.Concat(fields...), createTime, bytesField(4, varintField(1, 1700000000)))
}

// count is an image with one field.
func count(path string, n uint64) []byte { return image(path, entry(2, "count", varintField(2, n))) }

// changed is the request of an event of Firestore.
func changed(eventType, path string, body ...[]byte) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(slices.Concat(body...)))
	for name, value := range map[string]string{
		"Content-Type":   "application/protobuf",
		"Authorization":  "Bearer secret",
		"Ce-Specversion": "1.0",
		"Ce-Id":          "6ad0a2ae-3b5c-4d3a-8f0c-2d5c1f0a7b11",
		"Ce-Type":        "google.cloud.firestore.document.v1." + eventType,
		"Ce-Source":      "//firestore.googleapis.com/projects/acme/databases/(default)",
		"Ce-Subject":     "documents/" + path,
		"Ce-Time":        "2026-01-02T03:04:05.678901Z",
		"Ce-Dataschema":  "https://github.com/googleapis/google-cloudevents/blob/main/proto/google/events/cloud/firestore/v1/data.proto",
		"Ce-Project":     "acme",
		"Ce-Database":    "(default)",
		"Ce-Namespace":   "(default)",
		"Ce-Location":    "eur3",
		"Ce-Document":    path,
	} {
		r.Header.Set(name, value)
	}
	return r
}

// after and before are the images of a DocumentEventData, mask its update_mask.
func after(image []byte) []byte  { return bytesField(1, image) }
func before(image []byte) []byte { return bytesField(2, image) }
func mask() []byte               { return bytesField(3, stringField(1, "count")) }

// document is the created event of a document with one field, of the value.
func document(value []byte) *http.Request {
	return changed("created", "orders/1", after(image("orders/1", entry(2, "v", value))))
}

// nested is a value inside of n arrays.
func nested(n int, value []byte) []byte {
	for range n {
		value = bytesField(9, bytesField(1, value))
	}
	return value
}

func repeat(n int, part []byte) []byte { return bytes.Repeat(part, n) }
