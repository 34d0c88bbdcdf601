package gcp_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/internal/testkit/logged"
	"github.com/fngen/fngen/providers/gcp"
)

// Protects the portable model: the shapes in which one message may arrive make
// one event, to the byte.
func TestPubSub(t *testing.T) {
	want := occurrence{
		Type:        "dev.fngen.message.received.v1",
		Source:      "//pubsub.googleapis.com/projects/my-project/subscriptions/orders-confirm",
		ID:          "2070443601311540",
		Subject:     "orders",
		ContentType: "application/json",
		Time:        "2021-02-26T19:13:55.749Z",
		Data:        `{"id":9007199254740993,"item":"Zürcher Käse"}`,
		Extensions: map[string]any{
			"partitionkey": "customer-7",
			"traceparent":  "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
		},
	}
	for _, name := range []string{"pubsub_push.http", "pubsub_event.http", "pubsub_attributes.http"} {
		for trigger, src := range map[string]gcp.Source{"queue": gcp.PubSub{Queue: "orders"}, "topic": gcp.PubSub{Topic: "orders"}} {
			got, d := one(t, src, fixture(t, name))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
			if d.Trigger != trigger {
				t.Errorf("%s: trigger = %q, want %q", name, d.Trigger, trigger)
			}
		}
	}
}

// Protects the rules for a message's content type and data, which are never
// guessed from the bytes, and the members' other names.
func TestPubSubMessage(t *testing.T) {
	for _, tc := range []struct {
		name        string
		message     string // members
		content     string // of the directive
		contentType string
		data        string
	}{
		{"no attributes", `,"attributes":{}`, "", "application/json", ""},
		{"null attributes", `,"attributes":null`, "", "application/json", ""},
		{"no data", ``, "", "application/json", ""},
		{"empty data", `,"data":""`, "", "application/json", ""},
		{"null data", `,"data":null`, "", "application/json", ""},
		{"the directive's content type", `,"data":"YQ=="`, "text/plain", "text/plain", "a"},
		{"the message's own wins", `,"data":"YQ==","attributes":{"content-type":"text/csv"}`, "text/plain", "text/csv", "a"},
		{"as the CloudEvents SDK spells it", `,"data":"YQ==","attributes":{"Content-Type":"text/csv"}`, "", "text/csv", "a"},
		{"binary", `,"data":"` + base64.StdEncoding.EncodeToString([]byte{0, 0xff, '"'}) + `"`, "", "application/json", "\x00\xff\""},
		{"JSON that would forge an event", `,"data":"` + base64.StdEncoding.EncodeToString([]byte(`1,"type":"forged.v1"`)) + `"`, "",
			"application/json", `1,"type":"forged.v1"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			body := fmt.Sprintf(`{"message":{"message_id":"1","publish_time":"2021-02-26T19:13:55Z"%s},"subscription":"projects/p/subscriptions/a%%b"}`, tc.message)
			got, _ := one(t, gcp.PubSub{Queue: "orders", Content: tc.content}, post(body))
			want := occurrence{
				Type: "dev.fngen.message.received.v1", Source: "//pubsub.googleapis.com/projects/p/subscriptions/a%25b",
				ID: "1", Subject: "orders", Time: "2021-02-26T19:13:55Z", ContentType: tc.contentType, Data: tc.data,
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Protects messages with as many attributes as are let in.
func TestPubSubAttributes(t *testing.T) {
	if _, d := one(t, gcp.PubSub{Queue: "orders"}, post(manyAttributes(1000))); len(d.Attributes) != 1000 {
		t.Errorf("got %d attributes, want 1000", len(d.Attributes))
	}
}

// Protects the records of a stream: the message's id is the record's, its
// ordering key the partition key, and what is a CloudEvent elsewhere is a
// record's data here.
func TestPubSubStream(t *testing.T) {
	plain := occurrence{
		Type:        "dev.fngen.record.received.v1",
		Source:      "//pubsub.googleapis.com/projects/my-project/subscriptions/orders-confirm",
		ID:          "2070443601311540",
		Subject:     "clicks",
		ContentType: "application/json",
		Time:        "2021-02-26T19:13:55.749Z",
		Data:        `{"id":9007199254740993,"item":"Zürcher Käse"}`,
		Extensions: map[string]any{
			"partitionkey": "customer-7",
			"traceparent":  "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
		},
	}
	for name, want := range map[string]occurrence{
		"pubsub_push.http":  plain,
		"pubsub_event.http": plain,
		"event_push.http": {
			Type: "dev.fngen.record.received.v1", Source: "//pubsub.googleapis.com/projects/p/subscriptions/s", ID: "1",
			Subject: "clicks", ContentType: "application/json", Data: `{"number":9007199254740993}`,
		},
		"event_push_structured.http": {
			Type: "dev.fngen.record.received.v1", Source: "//pubsub.googleapis.com/projects/p/subscriptions/s", ID: "2",
			Subject: "clicks", ContentType: "application/cloudevents+json; charset=utf-8",
			Data: `{"specversion":"1.0","id":"A234-1234-1234","source":"https://github.com/cloudevents/spec/pull","type":"com.github.pull.create",` +
				`"subject":"Zürich","time":"2018-04-05T17:31:00Z","comexampleextension1":"value","datacontenttype":"application/json","data":{"number":9007199254740993}}`,
		},
	} {
		got, d := one(t, gcp.PubSub{Stream: "clicks"}, fixture(t, name))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if d.Trigger != "stream" {
			t.Errorf("%s: trigger = %q, want stream", name, d.Trigger)
		}
	}
}

// Protects the pass-through of CloudEvents: every envelope of one gives
// the same event, the request's own CloudEvent being only the envelope, and
// structured mode wins over stray attributes.
func TestEvent(t *testing.T) {
	want := occurrence{
		Type:        "com.github.pull.create",
		Source:      "https://github.com/cloudevents/spec/pull",
		ID:          "A234-1234-1234",
		Subject:     "Zürich",
		ContentType: "application/json",
		Time:        "2018-04-05T17:31:00Z",
		Data:        `{"number":9007199254740993}`,
		Extensions:  map[string]any{"comexampleextension1": "value"},
	}
	src := gcp.Event{Type: "com.github.pull.create", Source: "https://github.com/cloudevents/spec/pull"}
	for _, name := range []string{
		"event_binary.http", "event_structured.http", "event_push.http", "event_push_structured.http", "event_published.http",
	} {
		got, d := one(t, src, fixture(t, name))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if d.Trigger != "event" {
			t.Errorf("%s: trigger = %q, want event", name, d.Trigger)
		}
	}
	for _, name := range []string{"event_push.http", "event_push_structured.http", "event_published.http"} {
		if got, _ := one(t, gcp.PubSub{Queue: "pulls"}, fixture(t, name)); !cmp.Equal(want, got) {
			t.Errorf("%s on a queue: %s", name, cmp.Diff(want, got))
		}
	}
}

// Protects a trigger on Google's own messagePublished: that event is not
// opened for a function that asks for it.
func TestEventMessagePublished(t *testing.T) {
	got, _ := one(t, gcp.Event{Type: "google.cloud.pubsub.topic.v1.messagePublished"}, fixture(t, "pubsub_event.http"))
	if got.Type != "google.cloud.pubsub.topic.v1.messagePublished" || got.ID != "2070443601311540" {
		t.Errorf("got %s %s, want the messagePublished event itself", got.Type, got.ID)
	}
}

// Protects the extensions that only dead letters have: a sender cannot set them.
func TestEventDeadLetterExtensions(t *testing.T) {
	r := fixture(t, "event_binary.http")
	r.Header.Set("Ce-Deadletterreason", "forged")
	got, _ := one(t, gcp.Event{Type: "com.github.pull.create"}, r)
	if _, ok := got.Extensions["deadletterreason"]; ok {
		t.Error("deadletterreason reached the handler")
	}
}

// Protects the portable form of Cloud Storage's events: integers that are
// strings, beyond 2^53, keys that headers cannot hold or that are not
// percent-encoded there.
func TestStorage(t *testing.T) {
	for name, want := range map[string]occurrence{
		"storage_finalized.http": {
			Type:    "dev.fngen.object.created.v1",
			ID:      "3083c0fe658060a79da1cab84b4c6068",
			Subject: "folder/Test.cs",
			Time:    "2020-09-29T11:32:00.123Z",
			Data: `{"bucket":"uploads","key":"folder/Test.cs","size":9007199254740993,"etag":"CNHZkbuF/ugCEAE=",` +
				`"contenttype":"text/plain","version":"9007199254740993"}`,
		},
		"storage_deleted.http": {
			Type:    "dev.fngen.object.deleted.v1",
			ID:      "a235ce8bcdb90a458ea12bb1a74df775",
			Subject: "100%.png",
			Time:    "2020-09-29T11:33:00Z",
			Data:    `{"bucket":"uploads","key":"100%.png","etag":"CNHZkbuF/ugCEAE=","contenttype":"image/png","version":"1587627537231057"}`,
		},
		"storage_push.http": {
			Type:    "dev.fngen.object.created.v1",
			ID:      "dc81e39ee8edcff52f58dd124a9d8174",
			Subject: "写真 1.png",
			Time:    "2020-09-29T11:34:00Z",
			Data:    `{"bucket":"uploads","key":"写真 1.png","size":7,"version":"5"}`,
		},
	} {
		want.Source = "//storage.googleapis.com/projects/_/buckets/some-bucket"
		want.ContentType = "application/json"
		got, _ := one(t, gcp.Storage{Bucket: "uploads"}, fixture(t, name))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// Protects acknowledgement without a call of what a directive does not ask for.
func TestSkipped(t *testing.T) {
	for _, tc := range []struct {
		name    string
		src     gcp.Source
		fixture string
		called  bool
	}{
		{"created asked for", gcp.Storage{Created: true}, "storage_finalized.http", true},
		{"created not asked for", gcp.Storage{Deleted: true}, "storage_finalized.http", false},
		{"deleted not asked for", gcp.Storage{Created: true}, "storage_deleted.http", false},
		{"prefix and suffix fit", gcp.Storage{Prefix: "folder/", Suffix: ".cs"}, "storage_finalized.http", true},
		{"another prefix", gcp.Storage{Prefix: "other/"}, "storage_finalized.http", false},
		{"another suffix", gcp.Storage{Suffix: ".png"}, "storage_finalized.http", false},
		{"another source", gcp.Event{Type: "com.github.pull.create", Source: "/elsewhere"}, "event_binary.http", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var h recorder
			if w := serve(&h, tc.src, fixture(t, tc.fixture)); w.Code != http.StatusNoContent {
				t.Errorf("status = %d, want 204", w.Code)
			}
			if called := len(h.seen) == 1; called != tc.called {
				t.Errorf("called = %v, want %v", called, tc.called)
			}
		})
	}
}

// Names of members count exactly, so that no metadata spelled like one takes its
// place, and what is asked for is there or the event is none.
func TestStorageNames(t *testing.T) {
	object := func(data string) *http.Request {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(data))
		for name, value := range map[string]string{
			"Content-Type": "application/json", "Ce-Specversion": "1.0", "Ce-Id": "7", "Ce-Type": "google.cloud.storage.object.v1.finalized",
			"Ce-Source": "//storage.googleapis.com/projects/_/buckets/b", "Ce-Subject": "objects/x",
		} {
			r.Header.Set(name, value)
		}
		return r
	}
	got, _ := one(t, gcp.Storage{Bucket: "uploads"}, object(`{"bucket":"b","Bucket":"c","name":"x","Name":"y","size":"1","SIZE":"2","generation":"3","Generation":"4","contentType":"a/b","contenttype":"c/d"}`))
	if want := `{"bucket":"uploads","key":"x","size":1,"contenttype":"a/b","version":"3"}`; got.Data != want {
		t.Errorf("data %s, want %s", got.Data, want)
	}
	for data, why := range map[string]string{
		`{"Bucket":"b","name":"x"}`:              "missing bucket",
		`{"bucket":"b","Name":"x"}`:              "missing name",
		`{"bucket":"b","name":"x","size":"big"}`: "size: cannot unmarshal",
		`{"bucket":"b","name":5}`:                "name: cannot unmarshal",
	} {
		log := logged.Text(t)
		var h recorder
		if w := serve(&h, gcp.Storage{}, object(data)); w.Code != http.StatusInternalServerError || len(h.seen) > 0 || !strings.Contains(log.String(), why) {
			t.Errorf("%s: status %d, %d calls, log %s", data, w.Code, len(h.seen), log)
		}
	}
}
