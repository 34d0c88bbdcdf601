package sample

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/internal/native"
	"github.com/fngen/fngen/internal/native/aws"
	"github.com/fngen/fngen/internal/native/gcp"
	"github.com/fngen/fngen/internal/native/openwhisk"
)

var at = time.Date(2026, 3, 4, 12, 34, 56, 0, time.UTC) // a Wednesday

// A sample is what the trigger asks for, by its names, its kinds and its
// content type.
func TestOf(t *testing.T) {
	header := func(more ...string) http.Header {
		h := http.Header{"User-Agent": {"fngen"}, "Accept": {"*/*"}}
		for i := 0; i < len(more); i += 2 {
			h.Set(more[i], more[i+1])
		}
		return h
	}
	doc := []byte(document)
	for _, c := range []struct {
		trigger native.Trigger
		data    string
		want    native.Occurrence
	}{
		{native.Trigger{Kind: "http", Methods: []string{"GET"}, Path: "/articles/{name}/{rest...}"}, "", native.Request{Method: "GET", Target: "/articles/1/sample/1", Header: header()}},
		{native.Trigger{Kind: "http", Methods: []string{"PUT", "POST"}, Path: "/{$}"}, "", native.Request{Method: "PUT", Target: "/", Header: header("Content-Type", "application/json"), Body: doc}},
		{native.Trigger{Kind: "http", Path: "api.example/x"}, "2", native.Request{Method: "POST", Host: "api.example", Target: "/x", Header: header("Content-Type", "application/json"), Body: []byte("2")}},
		{native.Trigger{Kind: "schedule", Name: "nightly", Cron: "30 3 * * *"}, "", native.Tick{Name: "nightly", Scheduled: "2026-03-04T03:30:00Z"}},
		{native.Trigger{Kind: "schedule", Name: "nightly", Cron: "30 3 * * *", TimeZone: "Asia/Tokyo"}, "", native.Tick{Name: "nightly", Scheduled: "2026-03-03T18:30:00Z"}},
		{native.Trigger{Kind: "schedule", Name: "weekly", Cron: "0 9 * * MON"}, "", native.Tick{Name: "weekly", Scheduled: "2026-03-02T09:00:00Z"}},
		{native.Trigger{Kind: "schedule", Name: "weekly", Cron: "0 9 * * 7"}, "", native.Tick{Name: "weekly", Scheduled: "2026-03-01T09:00:00Z"}},
		{native.Trigger{Kind: "schedule", Name: "often", Every: 5 * time.Minute}, "", native.Tick{Name: "often", Scheduled: "2026-03-04T12:30:00Z"}},
		{native.Trigger{Kind: "queue", Name: "orders"}, "", native.Message{Body: doc}},
		{native.Trigger{Kind: "queue", Name: "orders", FIFO: true}, "1", native.Message{Body: []byte("1"), Key: "sample"}},
		{native.Trigger{Kind: "queue", Name: "uploads", Objects: true, Prefix: "in/"}, "", native.Object{Key: "in/sample.txt", Size: 1024, ContentType: "text/plain"}},
		{native.Trigger{Kind: "queue", Name: "uploads", Objects: true}, "{}", native.Message{Body: []byte("{}")}},
		{native.Trigger{Kind: "queue", Name: "orders-dead-letters", Letters: true}, "", native.Message{ContentType: "application/cloudevents+json", Body: []byte(letterOf("application/json", document))}},
		{native.Trigger{Kind: "queue", Name: "orders-dead-letters", Letters: true}, "n: 1", native.Message{ContentType: "application/cloudevents+json", Body: []byte(letterOf("text/plain", `"n: 1"`))}},
		{native.Trigger{Kind: "topic", Name: "prices", Content: "text/csv; charset=utf-8"}, "", native.Message{Body: []byte("id\nsample-1\n")}},
		{native.Trigger{Kind: "stream", Name: "clicks"}, "", native.Record{Data: doc, Key: "sample"}},
		{native.Trigger{Kind: "object", Name: "uploads", Created: true, Prefix: "in/", Suffix: ".PNG"}, "", native.Object{Key: "in/sample.PNG", Size: 1024, ContentType: "image/png"}},
		{native.Trigger{Kind: "object", Name: "uploads", Deleted: true}, "", native.Object{Key: "sample.txt", Deleted: true, ContentType: "text/plain"}},
		{native.Trigger{Kind: "document", Name: "orders"}, `{"n":1}`, native.Change{Key: []string{"sample-1"}, After: native.Map{"n": native.Number("1")}}},
		{native.Trigger{Kind: "document", Name: "orders", Keys: []string{"customer", "id"}}, `{"id":"7"}`, native.Change{Key: []string{"sample-1", "7"}, After: native.Map{"id": "7"}}},
		{native.Trigger{Kind: "document", Name: "orders", Deleted: true}, `{"n":1}`, native.Change{Kind: native.Deleted, Key: []string{"sample-1"}, Before: native.Map{"n": native.Number("1")}}},
	} {
		var data []byte
		if c.data != "" {
			data = []byte(c.data)
		}
		got, err := Of(c.trigger, at, data)
		if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
			t.Errorf("%+v: %v\n%s", c.trigger, err, diff)
		}
	}
}

func letterOf(contentType, data string) string {
	return `{"datacontenttype":"` + contentType + `","deadletterattempts":"1","deadletterfunction":"/sample/orders","deadletterreason":"a sample of what failed",` +
		`"id":"sample-20260304T123456.000","source":"/sample","specversion":"1.0","subject":"orders","time":"2026-03-04T12:34:56Z","type":"dev.fngen.message.received.v1","data":` + data + `}`
}

// Samples are sent by every platform that has the trigger, whatever content it
// declares.
func TestEncode(t *testing.T) {
	triggers := []native.Trigger{
		{Kind: "http", Path: "/orders"}, {Kind: "schedule", Name: "nightly", Cron: "0 0 * * *"}, {Kind: "object", Name: "uploads"},
		{Kind: "document", Name: "orders"}, {Kind: "stream", Name: "clicks"}, {Kind: "event", Name: "com.example.placed", Source: "/shop"},
		{Kind: "topic", Name: "prices"},
	}
	for _, content := range []string{"", "text/plain", "application/xml", "text/csv", "application/yaml", "application/vnd.a+json", "application/cloudevents+json", "a/b"} {
		triggers = append(triggers, native.Trigger{Kind: "queue", Name: "orders", Content: content})
	}
	for _, trigger := range triggers {
		for _, p := range []native.Platform{aws.Platform{}, gcp.Platform{}, openwhisk.Platform{}} {
			o, err := Of(trigger, at, nil)
			if err != nil {
				t.Fatal(err)
			}
			payloads, err := p.Encode(trigger, native.Invocation{}, native.Delivery{Occurrence: o, Number: 1, Time: at})
			var reason native.Reason
			switch {
			case trigger.Kind == "object" && p.Name() == "openwhisk" && errors.As(err, &reason):
			case err != nil || len(payloads) != 1 || len(payloads[0].Entries) != 1:
				t.Errorf("%s %+v: %d payloads, %v", p.Name(), trigger, len(payloads), err)
			case p.Name() != "gcp" && !json.Valid(payloads[0].Body):
				t.Errorf("%s %+v: %s", p.Name(), trigger, payloads[0].Body)
			}
		}
	}
}

// What cannot be a sample is an error.
func TestErrors(t *testing.T) {
	for _, trigger := range []native.Trigger{
		{Kind: "cron"}, {Kind: "schedule", Cron: "x"}, {Kind: "schedule", Cron: "0 0 * * *", TimeZone: "Moon"},
	} {
		if o, err := Of(trigger, at, nil); err == nil {
			t.Errorf("%+v: %s", trigger, fmt.Sprint(o))
		}
	}
	if _, err := Of(native.Trigger{Kind: "document"}, at, []byte("[]")); err == nil {
		t.Error("a document that is none is accepted")
	}
}
