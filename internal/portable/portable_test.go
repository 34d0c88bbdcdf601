package portable

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/cloudevents/sdk-go/v2/types"
	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/fn"
)

// A subject keeps every character that CloudEvents allows, so that all clouds
// show the same one, and holds none that it forbids.
func TestSubject(t *testing.T) {
	tests := []struct{ in, want string }{
		{"", ""},
		{"orders", "orders"},
		{"a b/ü/€/😀+%2F\"", "a b/ü/€/😀+%2F\""},
		{"\ufffd", "\ufffd"}, // a character of its own, not a bad byte
		{"a\nb\x00", "a%0Ab%00"},
		{"\x1f \x7f", "%1F %7F"},
		{"\u0085\u009f\u00a0", "%C2%85%C2%9F\u00a0"},
		{"\ufdcf\ufdd0\ufdef\ufdf0", "\ufdcf%EF%B7%90%EF%B7%AF\ufdf0"},
		{"\ufffe\uffff", "%EF%BF%BE%EF%BF%BF"},
		{"\U0001fffe\U0010ffff", "%F0%9F%BF%BE%F4%8F%BF%BF"},
		{"a\xffb", "a%FFb"},
		{"\xe2\x82", "%E2%82"},
		{"\xed\xa0\x80", "%ED%A0%80"}, // a surrogate
	}
	for _, test := range tests {
		if got := Subject(test.in); got != test.want {
			t.Errorf("Subject(%q) = %q, want %q", test.in, got, test.want)
		}
	}
}

// Whatever a key holds, its subject is a CloudEvents string.
func FuzzSubject(f *testing.F) {
	for _, seed := range []string{"a", "\n", "\ufffe", "\xff", "\ufffd\xed\xa0\x80"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Subject(s)
		if !utf8.ValidString(got) || strings.ContainsFunc(got, forbidden) {
			t.Errorf("Subject(%q) = %q", s, got)
		}
		if Subject(got) != got {
			t.Errorf("Subject(%q) is encoded again", got)
		}
	})
}

// A segment cannot add segments.
func TestPath(t *testing.T) {
	for _, test := range []struct {
		segments []string
		want     string
	}{
		{nil, ""},
		{[]string{"namespaces", "guest", "actions", "confirm"}, "/namespaces/guest/actions/confirm"},
		{[]string{"a/b", "c?d#e%", "é "}, "/a%2Fb/c%3Fd%23e%25/%C3%A9%20"},
	} {
		if got := Path(test.segments...); got != test.want {
			t.Errorf("Path(%q) = %q, want %q", test.segments, got, test.want)
		}
	}
}

// A message becomes the event that EVENTS.md describes, its body verbatim.
func TestMessage(t *testing.T) {
	body := []byte(" {\"a\":1}\n")
	e, err := Message{
		Source: "arn:aws:sqs:eu-west-1:123456789012:orders", ID: "m1", Name: "orders",
		Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.FixedZone("", 3600)), Body: body,
		PartitionKey: "k", TraceParent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", TraceState: "a=b",
	}.Event(Queue)
	if err != nil {
		t.Fatal(err)
	}
	subject, contentType := "orders", "application/json"
	want := event.Event{DataEncoded: []byte(" {\"a\":1}\n"), Context: &event.EventContextV1{
		ID: "m1", Type: "dev.fngen.message.received.v1", Subject: &subject, DataContentType: &contentType,
		Source: *types.ParseURIRef("arn:aws:sqs:eu-west-1:123456789012:orders"),
		Time:   &types.Timestamp{Time: time.Date(2026, 1, 2, 2, 4, 5, 0, time.UTC)},
		Extensions: map[string]any{
			"partitionkey": "k", "tracestate": "a=b",
			"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
		},
	}}
	if diff := cmp.Diff(want, e); diff != "" {
		t.Errorf("want -, got +\n%s", diff)
	}
	if at := e.Time(); at.Location() != time.UTC {
		t.Errorf("the time is in %v", at.Location())
	}
	if err := e.Validate(); err != nil {
		t.Error(err)
	}
}

// What a platform does not say is absent, the time above all, which is never
// the time of arrival.
func TestMessageWithoutMore(t *testing.T) {
	e, err := Message{Source: "/s", ID: "1", Name: "orders"}.Event(Topic)
	if err != nil {
		t.Fatal(err)
	}
	if ctx := e.Context.(*event.EventContextV1); ctx.Time != nil || ctx.Extensions != nil {
		t.Errorf("got %v", e)
	}
	if _, err := (Message{Source: "%zz"}).Event(Topic); err == nil {
		t.Error("a source that is none is accepted")
	}
}

// The message's own content type counts, then the directive's, then JSON; the
// body is never looked at.
func TestMessageContentType(t *testing.T) {
	tests := []struct{ own, directive, want string }{
		{"", "", "application/json"},
		{"", "text/csv", "text/csv"},
		{"image/png", "text/csv", "image/png"},
		{"application/json; charset=utf-8", "", "application/json; charset=utf-8"},
		{"application/cloudevents-batch+json", "", "application/cloudevents-batch+json"},
	}
	for _, test := range tests {
		e, err := Message{Source: "/s", ContentType: test.own, Content: test.directive, Body: []byte(cloudEvent("t"))}.Event(Queue)
		if err != nil {
			t.Fatal(err)
		}
		if e.DataContentType() != test.want || e.Type() != fn.TypeMessageReceived || string(e.Data()) != cloudEvent("t") {
			t.Errorf("%+v: got %v", test, e)
		}
	}
}

func cloudEvent(eventType string) string {
	return `{"specversion":"1.0","id":"7","source":"/shop","type":"` + eventType + `","deadletterreason":"x","ext":"kept","data":{"a":1}}`
}

// A message that is a CloudEvent passes through, by its own content type or the
// directive's, without what a dead letter added.
func TestMessageIsCloudEvent(t *testing.T) {
	for _, m := range []Message{
		{ContentType: "application/cloudevents+json"},
		{ContentType: "application/cloudevents+json; charset=utf-8", Content: "text/plain"},
		{Content: "application/cloudevents+json"},
	} {
		m.Source, m.ID, m.Name, m.PartitionKey = "/s", "m1", "orders", "k"
		m.Body = []byte(cloudEvent("com.example.order.placed"))
		e, err := m.Event(Queue)
		if err != nil {
			t.Fatal(err)
		}
		want := event.Event{DataEncoded: []byte(`{"a":1}`), Context: &event.EventContextV1{
			ID: "7", Source: *types.ParseURIRef("/shop"), Type: "com.example.order.placed", Extensions: map[string]any{"ext": "kept"},
		}}
		if diff := cmp.Diff(want, e); diff != "" {
			t.Errorf("want -, got +\n%s", diff)
		}
	}
	if _, err := (Message{ContentType: "application/cloudevents+json", Body: []byte("{}")}).Event(Queue); err == nil {
		t.Error("a CloudEvent without attributes is accepted")
	}
}

// Only adapters make events under dev.fngen., so a handler can trust them; a
// forwarded message is the one exception, where messages come from.
func TestReceivedRefusesForgedTypes(t *testing.T) {
	tests := []struct {
		eventType, trigger string
		ok                 bool
	}{
		{"com.example.order.placed", HTTP, true},
		{"dev.fngenius.v1", HTTP, true},
		{fn.TypeMessageReceived, Queue, true},
		{fn.TypeMessageReceived, Topic, true},
		{fn.TypeMessageReceived, HTTP, false},
		{fn.TypeMessageReceived, Event, false},
		{fn.TypeMessageReceived, Stream, false},
		{fn.TypeHTTPRequest, HTTP, false},
		{fn.TypeObjectCreated, Queue, false},
		{fn.TypeObjectCreated, Object, false},
		{fn.TypeScheduleFired, Schedule, false},
		{"dev.fngen.", Queue, false},
		{"dev.fngen.message.received.v2", Queue, false},
	}
	for _, test := range tests {
		_, err := Message{ContentType: "application/cloudevents+json", Body: []byte(cloudEvent(test.eventType))}.Event(test.trigger)
		if (err == nil) != test.ok {
			t.Errorf("%s on %s: error %v", test.eventType, test.trigger, err)
		}
	}
}
