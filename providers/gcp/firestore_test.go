package gcp_test

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/internal/testkit/logged"
	"github.com/fngen/fngen/providers/gcp"
)

// The document that Firestore's emulator encoded, and what it is as JSON.
const firestoreGolden = `{"big":1e+21,"bytes":"AP8i","empty":"","epoch":"1970-01-01T00:00:00Z","half":0.5,"inf":"-Infinity",` +
	`"int":9007199254740993,"list":[1,{"a":"b"}],"map":{"a":{},"z":1},"min":-9223372036854775808,"nan":"NaN","no":false,` +
	`"none":[],"null":null,"null island":{"latitude":0,"longitude":0},"point":{"latitude":52.5,"longitude":-13},` +
	`"ref":"shops/berlin","text":"Zürcher <Käse>\u2028","time":"2026-01-02T03:04:05.678901Z","whole":3,"yes":true,"zero":0}`

// Protects the decoding of what Firestore really writes: a document with a
// value of every kind, as its emulator encoded it.
func TestFirestoreEncoded(t *testing.T) {
	encoded, err := os.ReadFile(filepath.Join("testdata", "firestore_document.pb"))
	if err != nil {
		t.Fatal(err)
	}
	got, _ := one(t, gcp.Firestore{Collection: "purchases"}, changed("created", "orders/Z%C3%BCrich%2042", after(encoded)))
	want := occurrence{
		Type: "dev.fngen.document.created.v1", Source: "//firestore.googleapis.com/projects/acme/databases/(default)",
		ID: "6ad0a2ae-3b5c-4d3a-8f0c-2d5c1f0a7b11", Subject: "purchases/Z%C3%BCrich%2042", ContentType: "application/json",
		Time: "2026-01-02T03:04:05.678901Z", Extensions: map[string]any{"partitionkey": "Z%C3%BCrich%2042"},
		Data: `{"collection":"purchases","key":"Z%C3%BCrich%2042","before":null,"after":` + firestoreGolden + `,"partial":false}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Protects the kinds of change, told by the type or, of written events, by the
// images, and the images that each kind has. An image that is too large for an
// event is left out, which makes the change partial.
func TestFirestoreChange(t *testing.T) {
	first, second := count("orders/1", 1), count("orders/1", 2)
	for _, tc := range []struct {
		eventType string
		body      []byte
		want      string // the kind, before, after, partial
	}{
		{"created", after(first), `created null {"count":1} false`},
		{"updated", bytes.Join([][]byte{after(second), before(first), mask()}, nil), `updated {"count":1} {"count":2} false`},
		{"deleted", before(first), `deleted {"count":1} null false`},
		{"written", after(first), `created null {"count":1} false`},
		{"written", bytes.Join([][]byte{mask(), before(first), after(second)}, nil), `updated {"count":1} {"count":2} false`},
		{"written", before(first), `deleted {"count":1} null false`},
		{"created.withAuthContext", after(first), `created null {"count":1} false`},
		{"written.withAuthContext", before(first), `deleted {"count":1} null false`},
		{"created", nil, `created null null true`},
		{"updated", nil, `updated null null true`},
		{"updated", after(second), `updated null {"count":2} true`},
		{"updated", before(first), `updated {"count":1} null true`},
		{"deleted", nil, `deleted null null true`},
		{"created", bytes.Join([][]byte{before(first), after(second)}, nil), `created null {"count":2} false`},
		{"deleted", bytes.Join([][]byte{before(first), after(second)}, nil), `deleted {"count":1} null false`},
		{"created", after(image("orders/1")), `created null {} false`},
		{"written", bytes.Join([][]byte{before(nil), after(first)}, nil), `created null {"count":1} false`},
		{"written", bytes.Join([][]byte{after(nil), before(first)}, nil), `deleted {"count":1} null false`},
		{"created", after(nil), `created null null true`},
		{"updated", bytes.Join([][]byte{before(nil), after(second)}, nil), `updated null {"count":2} true`},
	} {
		got, _ := one(t, gcp.Firestore{Collection: "orders", Before: true}, changed(tc.eventType, "orders/1", tc.body))
		w := strings.Fields(tc.want)
		data := fmt.Sprintf(`{"collection":"orders","key":"1","before":%s,"after":%s,"partial":%s}`, w[1], w[2], w[3])
		if got.Type != "dev.fngen.document."+w[0]+".v1" || got.Data != data || got.Subject != "orders/1" {
			t.Errorf("%s %x: got %s %s %s", tc.eventType, tc.body, got.Type, got.Subject, got.Data)
		}
	}
}

// Protects the key: the document's path below its collection, each segment
// escaped, which the subject tells where the images do not.
func TestFirestoreKey(t *testing.T) {
	for _, tc := range []struct {
		name string
		r    *http.Request
		key  string
	}{
		{"plain", changed("created", "x/y", after(count("orders/a-1", 1))), "a-1"},
		{"escaped", changed("created", "x/y", after(count("orders/a b%?é", 1))), "a%20b%25%3F%C3%A9"},
		{"deeper", changed("created", "x/y", after(count("shops/berlin/orders/7", 1))), "berlin/orders/7"},
		{"by the subject", changed("created", "orders/a%20b"), "a%20b"},
	} {
		got, _ := one(t, gcp.Firestore{Collection: "purchases", Before: true}, tc.r)
		if got.Subject != "purchases/"+tc.key || got.Extensions["partitionkey"] != tc.key || !strings.Contains(got.Data, `"key":"`+tc.key+`"`) {
			t.Errorf("%s: got %s %v %s, want the key %s", tc.name, got.Subject, got.Extensions, got.Data, tc.key)
		}
	}
}

// A machine's own zone shows nowhere.
func init() { time.Local = time.FixedZone("", 3600) }

// Protects documents as plain JSON at the ends of what a value can be.
func TestFirestoreValue(t *testing.T) {
	for _, tc := range []struct {
		name  string
		value []byte
		want  string
	}{
		{"the largest integer", varintField(2, math.MaxInt64), `9223372036854775807`},
		{"-1", varintField(2, math.MaxUint64), `-1`},
		{"integral double", doubleField(3, 1e20), `100000000000000000000`},
		{"small double", doubleField(3, 1e-7), `1e-7`},
		{"the shortest that reads back", doubleField(3, 0.1), `0.1`},
		{"negative zero", doubleField(3, math.Copysign(0, -1)), `0`},
		{"NaN", doubleField(3, math.NaN()), `"NaN"`},
		{"infinity", doubleField(3, math.Inf(1)), `"Infinity"`},
		{"the first time", bytesField(10, varintField(1, 1<<64-62135596800)), `"0001-01-01T00:00:00Z"`},
		{"the last time", bytesField(10, varintField(1, 253402300799), varintField(2, 999999999)), `"9999-12-31T23:59:59.999999999Z"`},
		{"a quote", stringField(17, "\"\\\n<"), `"\"\\\n<"`},
		{"no bytes", stringField(18, ""), `""`},
		{"bytes in the standard alphabet", bytesField(18, []byte{0xfb, 0xff}), `"+/8="`},
		{"a project named documents", stringField(5, "projects/documents/databases/d/documents/a/b/documents/c"), `"a/b/documents/c"`},
		{"NaN in a point", bytesField(8, doubleField(1, math.NaN())), `{"latitude":"NaN","longitude":0}`},
		{"keys sorted", bytesField(6, entry(1, "b", varintField(1, 1)), entry(1, "", varintField(11, 0))), `{"":null,"b":true}`},
		{"unknown fields of messages", bytesField(9, varintField(9, 1), bytesField(1, varintField(1, 1))), `[true]`},
		{"100 levels", nested(100, varintField(1, 1)), strings.Repeat("[", 100) + "true" + strings.Repeat("]", 100)},
	} {
		got, _ := one(t, gcp.Firestore{Collection: "orders"}, document(tc.value))
		want := `{"collection":"orders","key":"1","before":null,"after":{"v":` + tc.want + `},"partial":false}`
		if got.Data != want {
			t.Errorf("%s: got %s, want %s", tc.name, got.Data, want)
		}
	}
}

// Protects documents from being handed over with a part lost or guessed: what
// is not understood fails the record and says where.
func TestFirestoreErrors(t *testing.T) {
	value := func(name string, v []byte, log string) [3]any {
		return [3]any{name, document(v), `decode document: value: fields: \"v\": ` + log}
	}
	ok := count("orders/1", 1)
	header := func(name, v string) *http.Request {
		r := changed("created", "orders/1")
		r.Header.Set(name, v)
		return r
	}
	for _, tc := range [][3]any{
		value("unknown kind", stringField(19, "a"), `the kind of value 19 is not known`),
		value("no kind", nil, `the value has no kind`),
		value("two kinds", bytes.Join([][]byte{varintField(1, 1), varintField(2, 1)}, nil), `the value has more than one kind`),
		value("boolean of the wrong type", stringField(1, "a"), `field 1 is length-delimited, want varint`),
		value("double of the wrong type", varintField(3, 1), `field 3 is varint, want 64 bits`),
		value("string of the wrong type", varintField(17, 1), `field 17 is varint, want length-delimited`),
		value("string that is not UTF-8", stringField(17, "\xff"), `a string is not UTF-8`),
		value("reference to no document", stringField(5, "documents/a"), `the document's name \"documents/a\" is not projects/P`),
		value("time before the first", bytesField(10, varintField(1, 1<<64-62135596801)), `the timestamp -62135596801 s 0 ns is not`),
		value("time after the last", bytesField(10, varintField(1, 253402300800)), `the timestamp 253402300800 s 0 ns is not in the years 1 to 9999`),
		value("too many nanoseconds", bytesField(10, varintField(2, 1e9)), `the timestamp 0 s 1000000000 ns is not in the years 1 to 9999`),
		value("point of the wrong type", bytesField(8, varintField(1, 1)), `field 1 is varint, want 64 bits`),
		value("group", []byte{0x0b}, `field 1: wire type 3 is not understood`),
		value("array of the wrong type", bytesField(9, varintField(1, 1)), `field 1 is varint, want length-delimited`),
		value("in an array", bytesField(9, bytesField(1, varintField(1, 1)), bytesField(1, varintField(4, 1))), `[1]: the kind of value 4 is not known`),
		value("in a map", bytesField(6, entry(1, "a", varintField(4, 1))), `\"a\": the kind of value 4 is not known`),
		value("entry without a value", bytesField(6, bytesField(1, stringField(1, "a"))), `\"a\": the value has no kind`),
		value("entry twice", bytesField(6, repeat(2, entry(1, "a", varintField(1, 1)))), `field \"a\" is there twice`),
		value("long name", bytesField(6, entry(1, strings.Repeat("a", 1000), nil)), `\"`+strings.Repeat("a", 40)+`\": the value`),
		value("101 levels", nested(101, varintField(1, 1)), strings.Repeat("[0]: ", 100)+`values are nested more than 100 levels deep`),
		value("101 levels of maps", func() (v []byte) {
			for range 101 {
				v = bytesField(6, entry(1, "m", v))
			}
			return v
		}(), strings.Repeat(`\"m\": `, 100)+`values are nested more than 100 levels deep`),
		value("too many values", bytesField(9, repeat(1<<20, bytesField(1, varintField(1, 1)))), `[1048575]: the document has more than 1048576 values`),
		{"truncated", changed("created", "orders/1", after(ok)[:20]), `decode document: field 1: truncated`},
		{"no message", changed("created", "orders/1", []byte(`{"value":{}}`)), `decode document: `},
		{"image of the wrong type", changed("created", "orders/1", varintField(1, 1)), `value: field 1 is varint, want length-delimited`},
		{"image twice", changed("created", "orders/1", after(ok), after(ok)), `value: the image is there twice`},
		{"image without a name", changed("deleted", "orders/1", before(entry(2, "a", varintField(1, 1)))), `old_value: missing name`},
		{"images of two documents", changed("updated", "orders/1", before(ok), after(count("orders/2", 1))), `the images are of \"orders/1\" and \"orders/2\"`},
		{"path of a collection", changed("created", "orders/1", after(count("orders", 1))), `the path \"orders\" is not that of a document`},
		{"empty segment", changed("created", "orders/1", after(count("orders/", 1))), `the path \"orders/\" has an empty segment`},
		{"written without images", changed("written", "orders/1"), `an event of the type written has no image`},
		{"another change", changed("renamed", "orders/1"), `received a CloudEvent of type \"google.cloud.firestore.document.v1.renamed\"`},
		{"no subject", header("Ce-Subject", "orders/1"), `the subject \"orders/1\" is not documents/PATH`},
		{"another source", header("Ce-Source", "//firestore.googleapis.com/projects/acme"), `is not //firestore.googleapis.com/projects/P/databases/D`},
		{"a source without its service", header("Ce-Source", "projects/acme/databases/d"), `the source \"projects/acme/databases/d\" is not`},
		{"JSON", header("Content-Type", "application/json"), `content type \"application/json\" is not application/protobuf`},
	} {
		t.Run(tc[0].(string), func(t *testing.T) {
			log := logged.Text(t)
			var h recorder
			if w := serve(&h, gcp.Firestore{Collection: "orders"}, tc[1].(*http.Request)); w.Code != http.StatusInternalServerError {
				t.Errorf("status = %d, want 500", w.Code)
			}
			if len(h.seen) > 0 {
				t.Error("the handler was called")
			}
			if want := tc[2].(string); !strings.Contains(log.String(), want) || !strings.Contains(log.String(), `document \"orders\": `) {
				t.Errorf("log does not say %s:\n%.2000s", want, log)
			}
		})
	}
}

// Protects what a directive does not ask for: acknowledged without a call.
func TestFirestoreSkipped(t *testing.T) {
	for _, tc := range []struct {
		src  gcp.Firestore
		want string
	}{
		{gcp.Firestore{}, "created updated deleted"},
		{gcp.Firestore{Created: true}, "created"},
		{gcp.Firestore{Updated: true, Deleted: true}, "updated deleted"},
		{gcp.Firestore{Created: true, Updated: true, Deleted: true}, "created updated deleted"},
	} {
		var called []string
		for _, kind := range []string{"created", "updated", "deleted"} {
			var h recorder
			image := count("orders/1", 1)
			r := changed("written", "orders/1", map[string][]byte{
				"created": after(image), "deleted": before(image), "updated": append(after(image), before(image)...),
			}[kind])
			if w := serve(&h, tc.src, r); w.Code != http.StatusNoContent {
				t.Errorf("%+v: status = %d, want 204", tc.src, w.Code)
			}
			if len(h.seen) == 1 {
				called = append(called, kind)
			}
		}
		if got := strings.Join(called, " "); got != tc.want {
			t.Errorf("%+v: called for %s, want %s", tc.src, got, tc.want)
		}
	}
}

// Protects the delivery: who made a change is there, the token is not, and Raw
// is the body; and with deadletter none what cannot be decoded is logged whole.
func TestFirestoreDelivery(t *testing.T) {
	r := changed("deleted.withAuthContext", "orders/1", before(count("orders/1", 1)))
	r.Header.Set("Ce-Authtype", "service_account")
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	_, d := one(t, gcp.Firestore{Collection: "orders"}, r)
	if d.Trigger != "document" || d.NativeID != "6ad0a2ae-3b5c-4d3a-8f0c-2d5c1f0a7b11" || !bytes.Equal(d.Raw(), body) {
		t.Errorf("delivery = %+v, raw %x", d, d.Raw())
	}
	if d.Attributes["ce-authtype"] != "service_account" || d.Attributes["ce-document"] != "orders/1" || d.Attributes["authorization"] != "" {
		t.Errorf("attributes = %v", d.Attributes)
	}

	log := logged.Text(t)
	w := serve(&recorder{}, gcp.Firestore{Collection: "orders", NoDeadLetter: true}, changed("created", "orders/1", []byte{0x0b, 0xff}))
	if w.Code != http.StatusNoContent || !strings.Contains(log.String(), `event dropped`) || !strings.Contains(log.String(), `raw_base64="C/8="`) {
		t.Errorf("status %d, log %s", w.Code, log)
	}
}

// Protects the function from events of other services.
func TestFirestoreRefuses(t *testing.T) {
	log := logged.Text(t)
	w := serve(&recorder{}, gcp.Firestore{Collection: "orders"}, fixture(t, "storage_finalized.http"))
	want := `document \"orders\": received a CloudEvent of type \"google.cloud.storage.object.v1.finalized\", want google.cloud.firestore.document.v1.created`
	if w.Code != http.StatusBadRequest || !strings.Contains(log.String(), want) {
		t.Errorf("status %d, log %s", w.Code, log)
	}
}

// Protects one meaning everywhere: the image before is there only where the
// directive asks for it, though Firestore always sends it.
func TestFirestoreBefore(t *testing.T) {
	updated := bytes.Join([][]byte{after(count("orders/1", 2)), before(count("orders/1", 1))}, nil)
	got, _ := one(t, gcp.Firestore{Collection: "orders"}, changed("updated", "orders/1", updated))
	if want := `{"collection":"orders","key":"1","before":null,"after":{"count":2},"partial":false}`; got.Data != want {
		t.Errorf("got %s", got.Data)
	}
}
