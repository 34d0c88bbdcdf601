package ce

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/cloudevents/sdk-go/v2/types"
	"github.com/google/go-cmp/cmp"
)

// newEvent returns an event with the data of a content type, "" for none.
func newEvent(contentType string, data []byte) event.Event {
	ctx := &event.EventContextV1{ID: "1", Source: *types.ParseURIRef("/s"), Type: "t"}
	if contentType != "" {
		ctx.DataContentType = &contentType
	}
	return event.Event{Context: ctx, DataEncoded: data}
}

// Data goes where Decode takes the same bytes from, and can never be read as
// members of the event.
func TestEncodeData(t *testing.T) {
	const head = `{"specversion":"1.0","id":"1","source":"/s","type":"t"`
	tests := []struct {
		name, contentType, data, want string
	}{
		{"JSON", "application/json", `{"a": 1}`, `,"datacontenttype":"application/json","data":{"a": 1}}`},
		{"no content type is JSON", "", `[9007199254740993]`, `,"data":[9007199254740993]}`},
		{"+json", "application/vnd.x+json", `1`, `,"datacontenttype":"application/vnd.x+json","data":1}`},
		{"injection", "application/json", `1,"type":"forged.v1"`, `,"datacontenttype":"application/json","data_base64":"MSwidHlwZSI6ImZvcmdlZC52MSI="}`},
		{"injection without a content type", "", `1,"type":"forged.v1"`, `,"data_base64":"MSwidHlwZSI6ImZvcmdlZC52MSI="}`},
		{"injection of text", "text/plain", `1,"type":"forged.v1"`, `,"datacontenttype":"text/plain","data":"1,\"type\":\"forged.v1\""}`},
		{"not JSON", "application/json", `{`, `,"datacontenttype":"application/json","data_base64":"ew=="}`},
		{"empty JSON", "application/json", ``, `,"datacontenttype":"application/json"}`},
		{"JSON with Latin-1", "application/json", "\"\xe9\"", `,"datacontenttype":"application/json","data_base64":"Iuki"}`},
		{"text", "text/plain", "a\"\n", `,"datacontenttype":"text/plain","data":"a\"\n"}`},
		{"JSON under text", "text/plain", `{}`, `,"datacontenttype":"text/plain","data":"{}"}`},
		{"empty text", "text/plain", ``, `,"datacontenttype":"text/plain","data":""}`},
		{"bytes", "application/octet-stream", "\x00\xff", `,"datacontenttype":"application/octet-stream","data_base64":"AP8="}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := Encode(newEvent(test.contentType, []byte(test.data)))
			if err != nil {
				t.Fatal(err)
			}
			if want := head + test.want; string(got) != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			again, err := Decode(got)
			if err != nil {
				t.Fatal(err)
			}
			if string(again.Data()) != test.data || again.Type() != "t" {
				t.Errorf("decodes to %q of type %s", again.Data(), again.Type())
			}
		})
	}
}

// The order of members is fixed, so that one event is the same bytes each time.
func TestEncodeAttributes(t *testing.T) {
	e := newEvent("text/plain", nil)
	ctx := e.Context.(*event.EventContextV1)
	subject := "a\"\x00\xff"
	ctx.Subject = &subject
	ctx.Time = &types.Timestamp{Time: time.Date(2026, 1, 2, 3, 4, 5, 60, time.FixedZone("", 3600))}
	ctx.DataSchema = types.ParseURI("https://example.com/s")
	ctx.Extensions = map[string]any{"z": "a\"b", "b": true, "i": int32(-1), "n": 7, "bin": []byte{0xff}, "u": *types.ParseURIRef("/x")}
	want := `{"specversion":"1.0","id":"1","source":"/s","type":"t","datacontenttype":"text/plain","dataschema":"https://example.com/s",` +
		`"subject":"a\"\u0000\ufffd","time":"2026-01-02T02:04:05.00000006Z","b":true,"bin":"/w==","i":-1,"n":"7","u":"/x","z":"a\"b"}`
	for range 10 {
		got, err := Encode(e)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Fatalf("got  %s\nwant %s", got, want)
		}
	}
}

// Extensions that a handler has put past the SDK's checks cannot become other
// attributes.
func TestEncodeRefuses(t *testing.T) {
	tests := []struct {
		extensions map[string]any
		want       string
	}{
		{map[string]any{"type": "forged"}, `encode CloudEvent: attribute name "type" is not an extension's`},
		{map[string]any{"data": "forged"}, `encode CloudEvent: attribute name "data" is not an extension's`},
		{map[string]any{`a":1,"type`: "forged"}, `encode CloudEvent: attribute name "a\":1,\"type": only a-z and 0-9 are allowed`},
		{map[string]any{"a": nil}, "encode CloudEvent: a: invalid CloudEvents value: <nil>"},
		{map[string]any{"a": 1 << 40}, "encode CloudEvent: a: cannot convert 1099511627776 to int32: out of range"},
	}
	for _, test := range tests {
		e := newEvent("", nil)
		e.Context.(*event.EventContextV1).Extensions = test.extensions
		if _, err := Encode(e); err == nil || err.Error() != test.want {
			t.Errorf("got  %v\nwant %s", err, test.want)
		}
	}
	if _, err := Encode(event.Event{}); err == nil {
		t.Error("an event without attributes is encoded")
	}
}

// The SDK reads what we write as the same event.
func TestSDKReadsEncoded(t *testing.T) {
	for _, e := range []event.Event{
		newEvent("application/json", []byte(`{"a": 1}`)),
		newEvent("", []byte(`[1]`)),
		newEvent("text/plain", []byte("a\"\nb")),
		newEvent("application/octet-stream", []byte{0, 0xff}),
		newEvent("application/json", []byte(`1,"type":"forged.v1"`)),
	} {
		encoded, err := Encode(e)
		if err != nil {
			t.Fatal(err)
		}
		var theirs event.Event
		if err := theirs.UnmarshalJSON(encoded); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(attributesOf(e), attributesOf(theirs)); diff != "" {
			t.Errorf("ours -, SDK +\n%s", diff)
		}
	}
}

// Whatever the attributes and the data are, the result is one JSON object with
// exactly the members that the event has, each with its own value.
func FuzzEncode(f *testing.F) {
	f.Add("1", "/s", "t", "", "application/json", "ext", "v", []byte(`1,"type":"forged.v1"`))
	f.Add(`"`, "urn:a?b#c", `t","data":"`, "\x00\u2028<", "text/plain", "type", "", []byte("\xff"))
	f.Add("", "", "", "\xff", "", `a":1,"b`, `"}`, []byte{})
	f.Add("1", "/s", "t", "", "", "ext", "v", []byte("4\n"))
	f.Add("1", "//h/a%2Fb", "t", "s", "application/x+json;", "data", "v", []byte(`{"type":"inner"}`))
	f.Fuzz(func(t *testing.T, id, source, typ, subject, contentType, name, value string, data []byte) {
		u, err := url.Parse(source)
		if err != nil {
			return
		}
		e := newEvent(contentType, data)
		ctx := e.Context.(*event.EventContextV1)
		ctx.ID, ctx.Source, ctx.Type, ctx.Subject = id, types.URIRef{URL: *u}, typ, &subject
		ctx.Extensions = map[string]any{name: value}

		got, err := Encode(e)
		if CheckExtension(name) != nil {
			if err == nil {
				t.Errorf("extension %q is accepted", name)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]string{"specversion": "1.0", "id": id, "source": u.String(), "type": typ, name: value}
		if subject != "" {
			want["subject"] = subject
		}
		if contentType != "" {
			want["datacontenttype"] = contentType
		}
		for name, value := range want {
			want[name] = string([]rune(value)) // U+FFFD for each bad byte, as JSON has it
		}
		members := map[string]string{}
		d := json.NewDecoder(bytes.NewReader(got))
		if _, err := d.Token(); err != nil {
			t.Fatal(err)
		}
		for d.More() {
			nameToken, err := d.Token()
			if err != nil {
				t.Fatal(err)
			}
			name := nameToken.(string)
			if _, ok := members[name]; ok {
				t.Fatalf("member %s appears twice: %s", name, got)
			}
			var value json.RawMessage
			if err := d.Decode(&value); err != nil {
				t.Fatal(err)
			}
			var s string
			if name != "data" && json.Unmarshal(value, &s) != nil {
				t.Fatalf("%s is not a string: %s", name, got)
			}
			members[name] = s
		}
		if !json.Valid(got) {
			t.Fatalf("not JSON: %s", got)
		}
		delete(members, "data")
		delete(members, "data_base64")
		if diff := cmp.Diff(want, members); diff != "" {
			t.Errorf("want -, got +\n%s\n%s", diff, got)
		}
		if id == "" || u.String() == "" || typ == "" {
			return
		}
		again, err := Decode(got)
		if err != nil {
			t.Fatal(err)
		}
		if IsJSON(contentType) && json.Valid(data) && utf8.Valid(data) {
			data = bytes.Trim(data, " \t\r\n") // what is around a JSON value is no part of it
		}
		if !bytes.Equal(again.Data(), data) {
			t.Errorf("data %q decodes to %q", data, again.Data())
		}
	})
}

// Check and Encode agree on what is an event, whatever its extensions are.
func TestCheckAgreesWithEncode(t *testing.T) {
	for name, value := range map[string]any{"ok": "text", "number": int32(5), "flag": true, "Upper": "x", "data": "x", "struct": struct{}{}} {
		e := event.Event{Context: &event.EventContextV1{ID: "1", Type: "t", Extensions: map[string]any{name: value}}}
		_, encoded := Encode(e)
		if checked := Check(e); fmt.Sprint(checked) != fmt.Sprint(encoded) {
			t.Errorf("%s: Check says %v, Encode %v", name, checked, encoded)
		}
	}
	if _, err := Encode(event.Event{}); Check(event.Event{}) != err {
		t.Errorf("no attributes: Encode says %v", err)
	}
}
