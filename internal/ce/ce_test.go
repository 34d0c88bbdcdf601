package ce

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
)

// An attributes value is all that an event says, in a form that compares: nil
// and empty data are the same, and so are two forms of one point in time.
type attributes struct {
	ID, Source, Type, Subject, DataContentType, DataSchema string
	Time                                                   time.Time
	Extensions                                             map[string]any
	Data                                                   string
}

func attributesOf(e event.Event) attributes {
	return attributes{
		ID: e.ID(), Source: e.Source(), Type: e.Type(), Subject: e.Subject(),
		DataContentType: e.DataContentType(), DataSchema: e.DataSchema(),
		Time: e.Time().UTC(), Extensions: e.Extensions(), Data: string(e.Data()),
	}
}

// Content types decide how bytes are read, so each reading has its own table.
func TestContentTypes(t *testing.T) {
	tests := []struct {
		contentType             string
		structured, batch, json bool
	}{
		{"", false, false, true},
		{"application/json", false, false, true},
		{"application/json; charset=utf-8", false, false, true},
		{" Application/JSON ;charset=utf-8", false, false, true},
		{"text/json", false, false, true},
		{"application/vnd.example+json", false, false, true},
		{"application/problem+JSON; a=b", false, false, true},
		{"application/jsonp", false, false, false},
		{"application/json, text/plain", false, false, false},
		{"text/plain; x=+json", false, false, false},
		{"text/plain", false, false, false},
		{"garbage", false, false, false},
		{";", false, false, false},
		{"application/cloudevents", true, false, false},
		{"application/cloudevents+json", true, false, true},
		{"Application/CloudEvents+JSON; charset=UTF-8", true, false, true},
		{"application/cloudevents+json; charset", true, false, true},
		{"application/cloudevents+json; a=1; a=2", true, false, true},
		{"application/cloudevents+avro", true, false, false},
		{"application/cloudevents-batch+json", false, true, true},
		{"application/cloudevents-batch", false, true, false},
		{"text/plain; x=application/cloudevents+json", false, false, false},
	}
	for _, test := range tests {
		if got := IsStructured(test.contentType); got != test.structured {
			t.Errorf("IsStructured(%q) = %v", test.contentType, got)
		}
		if got := IsBatch(test.contentType); got != test.batch {
			t.Errorf("IsBatch(%q) = %v", test.contentType, got)
		}
		if got := IsJSON(test.contentType); got != test.json {
			t.Errorf("IsJSON(%q) = %v", test.contentType, got)
		}
	}
}

// An event without one of the four required attributes is none, and the error
// names all that are missing.
func TestRequiredAttributes(t *testing.T) {
	required := map[string]string{"specversion": "1.0", "id": "1", "source": "/s", "type": "t"}
	for left := range required {
		var a Attributes
		for _, name := range slices.Sorted(maps.Keys(required)) {
			if name == left {
				continue
			}
			if err := a.Set(name, required[name]); err != nil {
				t.Fatal(err)
			}
		}
		_, err := a.Event(nil)
		if want := "required attribute missing: " + left; err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	var none Attributes
	if _, err := none.Event(nil); err == nil || !strings.HasSuffix(err.Error(), "missing: specversion, id, source, type") {
		t.Errorf("without any: %v", err)
	}
}

// An empty optional attribute is an absent one, as in every envelope that cannot
// tell the two apart.
func TestEmptyOptionalAttributes(t *testing.T) {
	var a Attributes
	for _, s := range [][2]string{{"specversion", "1.0"}, {"id", "1"}, {"source", "/s"}, {"type", "t"}, {"subject", ""}, {"datacontenttype", ""}, {"dataschema", ""}} {
		if err := a.Set(s[0], s[1]); err != nil {
			t.Fatal(err)
		}
	}
	e, err := a.Event(nil)
	if err != nil {
		t.Fatal(err)
	}
	if ctx := e.Context.(*event.EventContextV1); ctx.Subject != nil || ctx.DataContentType != nil || ctx.DataSchema != nil {
		t.Errorf("got %v", e)
	}
}

// Extensions cannot take the place of an attribute or of the data.
func TestCheckExtension(t *testing.T) {
	for _, name := range []string{"a", "traceparent", "partitionkey", "0", "datab64", strings.Repeat("a", 100)} {
		if err := CheckExtension(name); err != nil {
			t.Error(err)
		}
	}
	for _, name := range []string{
		"", "specversion", "id", "type", "source", "subject", "datacontenttype", "dataschema", "time",
		"data", "data_base64", "Upper", "a-b", "a b", "a\"", "é", "a\r\nb", "\xff",
	} {
		if err := CheckExtension(name); err == nil {
			t.Errorf("%q is accepted", name)
		}
	}
}
