package cehttp

import (
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/cloudevents/sdk-go/v2/types"
	"github.com/google/go-cmp/cmp"
)

// binary returns the headers of an event with further ones, as an HTTP server
// has them.
func binary(further ...string) http.Header {
	h := http.Header{}
	all := append([]string{"ce-specversion", "1.0", "ce-id", "1", "ce-source", "/s", "ce-type", "t"}, further...)
	for i := 0; i < len(all); i += 2 {
		h.Add(all[i], all[i+1])
	}
	return h
}

// Header names have any case and other headers are no attributes; the body is
// the data as it stands.
func TestDecode(t *testing.T) {
	h := binary("CE-SUBJECT", "a", "ce-PartitionKey", "k", "Ce-Time", "2026-01-02T03:04:05Z", "ce-dataschema", "https://example.com/s",
		"content-type", "application/json; charset=utf-8", "Cea", "x", "Accept", "x")
	e, err := Decode(h, []byte("{"))
	if err != nil {
		t.Fatal(err)
	}
	if e.ID() != "1" || e.Source() != "/s" || e.Type() != "t" || e.Subject() != "a" || e.DataSchema() != "https://example.com/s" ||
		!e.Time().Equal(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)) ||
		e.DataContentType() != "application/json; charset=utf-8" || string(e.Data()) != "{" {
		t.Errorf("got %v", e)
	}
	if diff := cmp.Diff(map[string]any{"partitionkey": "k"}, e.Extensions()); diff != "" {
		t.Error(diff)
	}
	e, err = Decode(binary(), nil)
	if err != nil || e.Context.(*event.EventContextV1).DataContentType != nil {
		t.Errorf("without a content type: %v, %v", e, err)
	}
}

// Values are unquoted and percent-decoded once (HTTP binding 3.1.3.2).
func TestDecodeValues(t *testing.T) {
	tests := []struct{ in, want string }{
		{"plain", "plain"},
		{"a b+c", "a b+c"},
		{"Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro € 😀"},
		{"%e2%82%ac", "€"},
		{"%41%2F", "A/"},
		{"100%25", "100%"},
		{"100%", "100%"},
		{"100% of %41", "100% of A"},
		{"%zz%2", "%zz%2"},
		{"%+1%4 1%", "%+1%4 1%"},
		{"%%41", "%A"},
		{`"100%"`, "100%"},
		{"%2541", "%41"},
		{"%0D%0A", "\r\n"},
		{"€", "€"},
		{`"a b"`, "a b"},
		{`"a \"b\" \\c"`, `a "b" \c`},
		{`"%22"`, `"`},
		{`""`, ""},
		{`"`, `"`},
		{`a"b`, `a"b`},
	}
	for _, test := range tests {
		e, err := Decode(binary("ce-ext", test.in), nil)
		if err != nil {
			t.Errorf("%q: %v", test.in, err)
			continue
		}
		if got := e.Extensions()["ext"]; got != test.want {
			t.Errorf("%q is decoded to %q, want %q", test.in, got, test.want)
		}
	}
}

// What is not one well-formed event is refused; the error names the header.
func TestDecodeRefuses(t *testing.T) {
	tests := []struct {
		name   string
		header http.Header
		want   string
	}{
		{"version", http.Header{"Ce-Specversion": {"0.3"}}, `header Ce-Specversion: specversion is "0.3", only 1.0 is understood`},
		{"only a version", http.Header{"Ce-Specversion": {"1.0"}}, "required attribute missing: id, source, type"},
		{"twice", binary("ce-type", "forged"), "header Ce-Type appears 2 times"},
		{"twice in other case", binary("CE-EXT", "a", "ce-ext", "a"), "header Ce-Ext appears 2 times"},
		{"no value", http.Header{"Ce-Ext": {}}, "header Ce-Ext appears 0 times"},
		{"encoded byte", binary("ce-ext", "100%FF"), "header Ce-Ext: not UTF-8"},
		{"overlong encoding", binary("ce-ext", "%C0%A0"), "header Ce-Ext: not UTF-8"},
		{"encoded surrogate", binary("ce-ext", "%ED%A0%80"), "header Ce-Ext: not UTF-8"},
		{"Latin-1", binary("ce-ext", "\xe9"), "header Ce-Ext: not UTF-8"},
		{"content type as an attribute", binary("ce-datacontenttype", "text/plain"), "header Ce-Datacontenttype: Content-Type takes its place"},
		{"data", binary("ce-data", "1"), `header Ce-Data: attribute name "data" is not an extension's`},
		{"data_base64", binary("ce-data_base64", "AA=="), `header Ce-Data_base64: attribute name "data_base64": only a-z and 0-9 are allowed`},
		{"name with a dash", binary("ce-a-b", "1"), `header Ce-A-B: attribute name "a-b": only a-z and 0-9 are allowed`},
		{"no name", binary("ce-", "1"), `header Ce-: attribute name is empty`},
		{"time", binary("ce-time", "now"), `header Ce-Time: time: "now" is no time of RFC 3339`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e, err := Decode(test.header, []byte("1"))
			if err == nil {
				t.Fatalf("no error, but %v", e)
			}
			if !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("got  %s\nwant %s", err, test.want)
			}
			if e.Context != nil {
				t.Errorf("half an event: %v", e)
			}
		})
	}
}

func newEvent() (event.Event, *event.EventContextV1) {
	ctx := &event.EventContextV1{ID: "own", Source: *types.ParseURIRef("/own"), Type: "t"}
	return event.Event{Context: ctx}, ctx
}

// Outside of printable ASCII, and for space, quote and percent, values are
// percent-encoded in upper case; the id and the source are the caller's.
func TestSetHeaders(t *testing.T) {
	e, ctx := newEvent()
	subject := "Euro € \"100%\"\x7f"
	ctx.Subject = &subject
	ctx.Time = &types.Timestamp{Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.FixedZone("", 3600))}
	ctx.Extensions = map[string]any{"a": "x\r\nSet-Cookie: y", "b": true, "i": int32(-1), "safe": "!#$&'()*+,-./:;<=>?@[\\]^_`{|}~"}
	h := http.Header{"X-Other": {"kept"}, "Ce-Id": {"replaced"}}
	if err := SetHeaders(h, e, "1", "/s"); err != nil {
		t.Fatal(err)
	}
	want := http.Header{
		"X-Other":        {"kept"},
		"Ce-Specversion": {"1.0"},
		"Ce-Id":          {"1"},
		"Ce-Source":      {"/s"},
		"Ce-Type":        {"t"},
		"Ce-Subject":     {"Euro%20%E2%82%AC%20%22100%25%22%7F"},
		"Ce-Time":        {"2026-01-02T02:04:05Z"},
		"Ce-A":           {"x%0D%0ASet-Cookie:%20y"},
		"Ce-B":           {"true"},
		"Ce-I":           {"-1"},
		"Ce-Safe":        {"!#$&'()*+,-./:;<=>?@[\\]^_`{|}~"},
	}
	if diff := cmp.Diff(want, h); diff != "" {
		t.Errorf("want -, got +\n%s", diff)
	}
}

// Extensions that were put past the SDK's checks replace no attribute and no
// other header, and leave no half of an event in the response.
func TestSetHeadersRefuses(t *testing.T) {
	for name, value := range map[string]any{"id": "forged", "A-B": "x", "a b": "x", "": "x", "a": nil} {
		e, ctx := newEvent()
		ctx.Extensions = map[string]any{name: value, "good": "x"}
		h := http.Header{}
		if err := SetHeaders(h, e, "1", "/s"); err == nil || len(h) != 0 {
			t.Errorf("%q: error %v, header %v", name, err, h)
		}
	}
}

// Every text comes back from a header as it went in, and a header holds nothing
// but what HTTP allows there.
func FuzzRoundTrip(f *testing.F) {
	for _, seed := range []string{"", "a", `"`, `"a"`, "%", "%41", "€", "\x00\r\n", `\"`, "\u2028", "\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		e, ctx := newEvent()
		ctx.Extensions = map[string]any{"ext": value}
		h := http.Header{}
		if err := SetHeaders(h, e, "1", "/s"); err != nil {
			t.Fatal(err)
		}
		for _, c := range []byte(h.Get("Ce-Ext")) {
			if c <= ' ' || c >= 0x7f || c == '"' {
				t.Fatalf("header holds %q: %s", c, h.Get("Ce-Ext"))
			}
		}
		again, err := Decode(h, nil)
		if !utf8.ValidString(value) {
			if err == nil {
				t.Errorf("%q is accepted", value)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if got := again.Extensions()["ext"]; got != value {
			t.Errorf("%q comes back as %q", value, got)
		}
	})
}

// No header makes Decode panic, and what it accepts is UTF-8.
func FuzzDecode(f *testing.F) {
	f.Add("Ce-Ext", "a%20b", "text/plain")
	f.Add("ce-time", `"2026-01-02T03:04:05Z"`, ";")
	f.Add("Ce-", `"\`, "")
	f.Fuzz(func(t *testing.T, name, value, contentType string) {
		h := binary(name, value, "content-type", contentType)
		e, err := Decode(h, []byte("1"))
		if err != nil {
			return
		}
		for name, v := range e.Extensions() {
			if s, ok := v.(string); !ok || !utf8.ValidString(s) {
				t.Errorf("extension %s is %q", name, v)
			}
		}
		if string(e.Data()) != "1" {
			t.Errorf("data is %q", e.Data())
		}
	})
}
