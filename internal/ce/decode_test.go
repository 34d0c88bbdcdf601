package ce

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/google/go-cmp/cmp"
)

// structured returns an event in structured mode with further members, each
// with its comma in front.
func structured(members string) string {
	return `{"specversion":"1.0","id":"1","source":"/s","type":"t"` + members + `}`
}

// What each member of a structured event becomes.
func TestDecode(t *testing.T) {
	tests := []struct {
		name, in string
		want     attributes // without id, source and type where they are structured's
	}{
		{"required only", structured(""), attributes{}},
		{"all attributes", structured(`,"subject":"a b","datacontenttype":"application/json","dataschema":"https://example.com/s","time":"2026-01-02T03:04:05.000000006+02:00","data":[]`),
			attributes{Subject: "a b", DataContentType: "application/json", DataSchema: "https://example.com/s", Time: time.Date(2026, 1, 2, 1, 4, 5, 6, time.UTC), Data: "[]"}},
		{"white space around", " \n" + structured("") + "\n ", attributes{}},
		{"escaped names and values", `{"specversion":"1.0","\u0069d":"\u0031","source":"\/s","type":"t"}`, attributes{}},
		{"escaped source", `{"specversion":"1.0","id":"1","source":"//h/a%2Fb","type":"t"}`, attributes{Source: "//h/a%2Fb"}},

		{"object", structured(`,"data":{"a": [1, 2 ]}`), attributes{Data: `{"a": [1, 2 ]}`}},
		{"object under +json", structured(`,"datacontenttype":"application/vnd.x+json","data":{"a":1}`), attributes{DataContentType: "application/vnd.x+json", Data: `{"a":1}`}},
		{"type after the data", structured(`,"data":"a\"b","datacontenttype":"text/plain"`), attributes{DataContentType: "text/plain", Data: `a"b`}},
		{"text under text/plain", structured(`,"datacontenttype":"text/plain","data":"é\u00e9\n"`), attributes{DataContentType: "text/plain", Data: "éé\n"}},
		{"no text", structured(`,"datacontenttype":"text/plain","data":""`), attributes{DataContentType: "text/plain"}},
		{"object under text/plain", structured(`,"datacontenttype":"text/plain","data":{"a":1}`), attributes{DataContentType: "text/plain", Data: `{"a":1}`}},
		{"string is JSON", structured(`,"data":"a"`), attributes{Data: `"a"`}},
		{"null is JSON", structured(`,"data":null`), attributes{Data: `null`}},
		{"null under text/plain", structured(`,"datacontenttype":"text/plain","data":null`), attributes{DataContentType: "text/plain"}},
		{"big number", structured(`,"data":9007199254740993`), attributes{Data: `9007199254740993`}},
		{"number verbatim", structured(`,"data":1.50e+3`), attributes{Data: `1.50e+3`}},
		{"duplicates inside the data", structured(`,"data":{"a":1,"a":2}`), attributes{Data: `{"a":1,"a":2}`}},
		{"bytes", structured(`,"data_base64":"AP8="`), attributes{Data: "\x00\xff"}},
		{"bytes that are JSON", structured(`,"datacontenttype":"application/json","data_base64":"e30="`), attributes{DataContentType: "application/json", Data: "{}"}},
		{"escaped bytes", structured(`,"data_base64":"\u0041P8\u003d"`), attributes{Data: "\x00\xff"}},

		{"extensions", structured(`,"s":"a","t":true,"f":false,"i":-2147483648,"j":2147483647,"e":""`),
			attributes{Extensions: map[string]any{"s": "a", "t": true, "f": false, "i": int32(-2147483648), "j": int32(2147483647), "e": ""}}},
		{"numbers that CloudEvents does not have", structured(`,"a":2147483648,"b":-2147483649,"c":1.5,"d":1e2,"e":9007199254740993`),
			attributes{Extensions: map[string]any{"a": "2147483648", "b": "-2147483649", "c": "1.5", "d": "1e2", "e": "9007199254740993"}}},
		{"null is absent", structured(`,"subject":null,"time":null,"ext":null,"data_base64":null,"datacontenttype":null`), attributes{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			in := []byte(test.in)
			e, err := Decode(in)
			if err != nil {
				t.Fatal(err)
			}
			clear(in) // the event keeps no part of it
			want := test.want
			want.ID, want.Type = "1", "t"
			if want.Source == "" {
				want.Source = "/s"
			}
			if diff := cmp.Diff(want, attributesOf(e)); diff != "" {
				t.Errorf("want -, got +\n%s", diff)
			}
		})
	}
}

// What is not one CloudEvent gives an error that says why, and no half event.
func TestDecodeRefuses(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"nothing", "", "not a JSON object"},
		{"white space", " ", "not a JSON object"},
		{"array", "[" + structured("") + "]", "not a JSON object"},
		{"string", `"a"`, "not a JSON object"},
		{"null", `null`, "not a JSON object"},
		{"cut off in a name", `{"specv`, "offset 1: expected a string that ends"},
		{"cut off after a name", `{"id"`, "offset 5: expected a colon"},
		{"cut off in the data", structured(`,"data":{"a":`)[:60], "offset 55: expected a string that ends"},
		{"no closing brace", `{"specversion":"1.0","id":"1","source":"/s","type":"t"`, "offset 54: expected a comma or the end of an object"},
		{"wrong brace", `{"specversion":"1.0"]`, "offset 20: expected a comma or the end of an object"},
		{"comma at the end", structured(`,`), "offset 55: expected a string"},
		{"name is a number", `{1:2}`, "offset 1: expected a string"},
		{"name is an object", `{{}:2}`, "offset 1: expected a string"},
		{"two events", structured("") + structured(""), "more after the JSON object"},
		{"garbage after", structured("") + "x", "more after the JSON object"},
		{"byte order mark", "\ufeff" + structured(""), "not a JSON object"},
		{"UTF-16", "\xff\xfe{\x00}\x00", "not UTF-8"},
		{"Latin-1 in an attribute", structured(",\"subject\":\"\xe9\""), "not UTF-8"},
		{"Latin-1 in the data", structured(",\"data\":\"\xe9\""), "not UTF-8"},

		{"version", `{"specversion":"0.3","id":"1","source":"/s","type":"t"}`, `specversion is "0.3", only 1.0 is understood`},
		{"version is a number", `{"specversion":1.0}`, "specversion is not a string"},
		{"no version", `{"id":"1","source":"/s","type":"t"}`, "required attribute missing: specversion"},
		{"null id", `{"specversion":"1.0","id":null,"source":"/s","type":"t"}`, "required attribute missing: id"},
		{"empty id and type", `{"specversion":"1.0","id":"","source":"/s","type":""}`, "required attribute missing: id, type"},
		{"id is a number", `{"specversion":"1.0","id":1,"source":"/s","type":"t"}`, "id is not a string"},
		{"subject is a bool", structured(`,"subject":true`), "subject is not a string"},
		{"source", `{"specversion":"1.0","id":"1","source":"%zz","type":"t"}`, `source: parse "%zz": invalid URL escape "%zz"`},
		{"dataschema", structured(`,"dataschema":"%zz"`), `dataschema: parse "%zz": invalid URL escape "%zz"`},
		{"time", structured(`,"time":"yesterday"`), `time: "yesterday" is no time of RFC 3339`},
		{"empty time", structured(`,"time":""`), `time: "" is no time of RFC 3339`},
		{"time that UTC cannot write", structured(`,"time":"9999-12-31T23:59:59-01:00"`), `time: "9999-12-31T23:59:59-01:00" is not in the years 0 to 9999 of UTC`},

		{"type twice", structured(`,"type":"forged"`), `member "type" appears twice`},
		{"escaped type twice", structured(`,"typ\u0065":"forged"`), `member "type" appears twice`},
		{"null and type", `{"specversion":"1.0","type":null,"type":"t"}`, `member "type" appears twice`},
		{"data twice", structured(`,"data":1,"data":2`), `member "data" appears twice`},
		{"extension twice", structured(`,"a":1,"a":1`), `member "a" appears twice`},
		{"data and data_base64", structured(`,"data":1,"data_base64":"AA=="`), "both data and data_base64"},
		{"null data and data_base64", structured(`,"data":null,"data_base64":"AA=="`), "both data and data_base64"},
		{"data_base64 is a number", structured(`,"data_base64":1`), "data_base64 is not a string"},
		{"not base64", structured(`,"data_base64":"*"`), "data_base64: illegal base64 data at input byte 0"},
		{"base64 for URLs", structured(`,"data_base64":"_w=="`), "data_base64: illegal base64 data at input byte 0"},

		{"upper case name", structured(`,"Ext":"a"`), `attribute name "Ext": only a-z and 0-9 are allowed`},
		{"upper case attribute", structured(`,"ID":"a"`), `attribute name "ID": only a-z and 0-9 are allowed`},
		{"name with a dash", structured(`,"a-b":1`), `attribute name "a-b": only a-z and 0-9 are allowed`},
		{"empty name", structured(`,"":"a"`), `attribute name is empty`},
		{"object extension", structured(`,"ext":{"a":1}`), `attribute "ext" is an object or array`},
		{"array extension", structured(`,"ext":[]`), `attribute "ext" is an object or array`},

		{"deep nesting", structured(`,"data":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000)), "offset 10061: values are nested more than 10000 levels deep"},
		{"deep nesting of an attribute", structured(`,"a":` + strings.Repeat(`{"a":`, 20000)), "attribute \"a\" is an object or array"},
		{"many members", structured(extensions(maxMembers - 3)), "more than 1000 members"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e, err := Decode([]byte(test.in))
			if err == nil {
				t.Fatalf("no error, but %v", e)
			}
			if want := "decode CloudEvent: " + test.want; !strings.HasPrefix(err.Error(), want) {
				t.Errorf("got  %s\nwant %s", err, want)
			}
			if e.Context != nil || e.DataEncoded != nil || e.DataBase64 {
				t.Errorf("half an event: %+v", e)
			}
		})
	}
}

func extensions(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"x%d":1`, i)
	}
	return b.String()
}

// As many members as are allowed, and nesting as deep, do decode.
func TestDecodeAtTheCaps(t *testing.T) {
	for _, in := range []string{
		structured(extensions(maxMembers - 4)),
		structured(`,"data":` + strings.Repeat("[", 9000) + strings.Repeat("]", 9000)),
	} {
		if _, err := Decode([]byte(in)); err != nil {
			t.Error(err)
		}
	}
}

// Decode agrees with the SDK's codec wherever that one is right.
func TestDecodeAgreesWithSDK(t *testing.T) {
	for _, in := range []string{
		structured(""),
		structured(`,"subject":"a","time":"2026-01-02T03:04:05Z","dataschema":"https://example.com/s","ext":"a","n":1`),
		structured(`,"datacontenttype":"application/json","data":{"a": 1}`),
		structured(`,"data":[1,2]`),
		structured(`,"datacontenttype":"text/plain","data":"a\nb"`),
		structured(`,"data_base64":"AP8="`),
		structured(`,"datacontenttype":"application/octet-stream","data_base64":"AP8="`),
	} {
		ours, err := Decode([]byte(in))
		if err != nil {
			t.Fatal(err)
		}
		var theirs event.Event
		if err := theirs.UnmarshalJSON([]byte(in)); err != nil {
			t.Fatal(err)
		}
		if ours.DataBase64 != theirs.DataBase64 {
			t.Errorf("%s: DataBase64 is %v", in, ours.DataBase64)
		}
		if diff := cmp.Diff(attributesOf(theirs), attributesOf(ours)); diff != "" {
			t.Errorf("%s: SDK -, ours +\n%s", in, diff)
		}
	}
}

// Nothing that arrives makes Decode panic, and what it accepts survives being
// written and read again: the same attributes and the same bytes of data.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		"", "null", "[]", `{"`, `{{`, `{"a":1,}`,
		structured(""),
		structured(`,"subject":"a","datacontenttype":"text/plain","data":"a\u0000b","ext":1,"b":true,"c":1.5`),
		structured(`,"data":{"a":[1,"2"]}`),
		structured(`,"datacontenttype":"text/plain","data":{"a":1}`),
		structured(`,"data_base64":"AP8="`),
		structured(`,"time":"9999-12-31T23:59:59-01:00"`),
		structured(`,"dataschema":"http://[::1]/%2f?#"`),
		`{"specversion":"1.0","id":"1","source":"////a:b/../c%2f?#","type":"t"}`,
		`{"specversion":"1.0","id":"\ud800","source":"urn:a","type":"<&>\u2028"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		first, err := Decode(b)
		if err != nil {
			return
		}
		encoded, err := Encode(first)
		if err != nil {
			t.Fatalf("encode: %v", err)
		}
		second, err := Decode(encoded)
		if err != nil {
			t.Fatalf("decode again: %v\n%s", err, encoded)
		}
		if diff := cmp.Diff(attributesOf(first), attributesOf(second)); diff != "" {
			t.Errorf("first -, second +\n%s\n%s", diff, encoded)
		}
	})
}
