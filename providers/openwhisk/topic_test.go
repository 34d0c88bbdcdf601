package openwhisk

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/testkit/logged"
)

// A message of a topic is the payload without the headers: members sorted,
// each as it stands there. The headers decide nothing.
func TestTopic(t *testing.T) {
	const body = `{"a":[1.50,9007199254740993,1e2],"order":{"z":"<é\u00e9>","a":null}}`
	for _, test := range []struct {
		name, value string
		src         Trigger
		want        map[string]string
	}{
		{"message", `{"order": {"z":"<é\u00e9>", "a":null},"a":[1.50,9007199254740993,1e2],` +
			`"__ow_headers":{"content-type":"application/cloudevents+json","ce-specversion":"1.0","traceparent":"00-1-2-01"}}`,
			Trigger{Topic: "order events"}, map[string]string{"datacontenttype": "application/json", "data": body}},
		{"content", body, Trigger{Topic: "order events", Content: "application/vnd.shop+json"},
			map[string]string{"datacontenttype": "application/vnd.shop+json", "data": body}},
		{"nothing fired", `{}`, Trigger{Topic: "order events"},
			map[string]string{"datacontenttype": "application/json", "data": `{}`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			answer, events := invoke(t, test.src, test.value)
			if answer != "{}" || len(events) != 1 {
				t.Fatalf("answer %s, %d events", answer, len(events))
			}
			want := merge(test.want, map[string]string{
				"type": "dev.fngen.message.received.v1", "subject": "order events", "id": "4479",
				"source": "/namespaces/acme/triggers/order%20events",
			})
			if diff := cmp.Diff(want, attributes(events[0])); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// The source is the trigger that the environment names, where it does.
func TestTriggerSource(t *testing.T) {
	logged.JSON(t)
	t.Setenv("FNGEN_TRIGGER", "shop.topic.orders")
	for name, src := range map[string]Source{
		`{"n":1}`: Trigger{Topic: "orders"}, `{"n":2}`: Trigger{Letters: "orders"}, `{"name":"nightly"}`: Alarm{Name: "nightly"},
	} {
		_, events := invoke(t, src, name)
		if len(events) != 1 || events[0].Source() != "/namespaces/acme/triggers/shop.topic.orders" {
			t.Errorf("%s: %v", name, events)
		}
	}
}

// What was fired as a CloudEvent passes through, whatever lies beside it; a
// forwarded message does too, and no other type of fngen's.
func TestTopicCloudEvent(t *testing.T) {
	logged.JSON(t)
	for _, test := range []struct {
		eventType string
		events    int
	}{{"com.example.order", 1}, {"dev.fngen.message.received.v1", 1}, {"dev.fngen.record.received.v1", 0}} {
		answer, events := invoke(t, Trigger{Topic: "orders"},
			`{"cloudevent":{"specversion":"1.0","id":"e1","source":"/shop","type":"`+test.eventType+`","data":7,"deadletterreason":"x"},"region":"eu"}`)
		if len(events) != test.events || (answer == "{}") != (test.events == 1) {
			t.Errorf("%s: answer %s, %d events", test.eventType, answer, len(events))
			continue
		}
		for _, e := range events {
			want := map[string]string{"type": test.eventType, "source": "/shop", "id": "e1", "subject": "", "datacontenttype": "", "data": "7"}
			if diff := cmp.Diff(want, attributes(e)); diff != "" {
				t.Errorf("%s: %s", test.eventType, diff)
			}
		}
	}
}

// A broken CloudEvent is lost with a reason, never handled as a message.
func TestTopicBadCloudEvent(t *testing.T) {
	for value, why := range map[string]string{
		`{"cloudevent":"yes"}`: "the parameter cloudevent is not a JSON object",
		`{"cloudevent":{}}`:    "required attribute missing",
	} {
		log := logged.JSON(t)
		answer, events := invoke(t, Trigger{Topic: "orders"}, value)
		if len(events) != 0 || answer != `{"error":"1 of 1 events failed: trigger activation 4479"}` {
			t.Errorf("%s: answer %s, %d events", value, answer, len(events))
		}
		if !strings.Contains(log.String(), why) || !strings.Contains(log.String(), "event dropped") {
			t.Errorf("%s: log:\n%s", value, log)
		}
	}
}

// Outside of the platform a value alone is enough: the namespace is that of the
// environment, or the caller's own, and an id is made up, another one each time,
// and said.
func TestValueAlone(t *testing.T) {
	for _, namespace := range []string{"", "acme"} {
		t.Setenv("__OW_NAMESPACE", namespace)
		in := "/namespaces/_/"
		if namespace != "" {
			in = "/namespaces/acme/"
		}
		for _, test := range []struct {
			source Source
			value  string
			want   string // the source
			named  bool   // the event has an id of its own
		}{
			{Trigger{Topic: "orders"}, `{"n":1}`, in + "triggers/orders", false},
			{Alarm{Name: "nightly"}, `{"name":"nightly"}`, in + "triggers/nightly", false},
			{Kafka{Queue: "orders"}, oneMessage, in + "kafka/orders", true},
			{CouchDB{Collection: "users"}, `{"id":"1","changes":[{"rev":"1-a"}],"dbname":"users"}`, in + "couchdb/users", true},
			{Trigger{Type: "t"}, `{"cloudevent":{"specversion":"1.0","id":"1","source":"/s","type":"t"}}`, "/s", true},
		} {
			ids := map[string]bool{}
			for range 2 {
				log := logged.JSON(t)
				called := 0
				h := fn.HandlerFunc(func(ctx context.Context, e fn.Event) (*fn.Event, error) {
					called++
					d, _ := fn.DeliveryFrom(ctx)
					id := d.Attributes["activation_id"]
					if e.Source() != test.want || e.ID() == "" || id == "" || !test.named && !strings.Contains(e.ID(), id) {
						t.Errorf("%T: source %s, id %s, activation %s", test.source, e.Source(), e.ID(), id)
					}
					if !strings.Contains(log.String(), "made up") || !strings.Contains(log.String(), id) {
						t.Errorf("%T: log %s", test.source, log)
					}
					ids[id] = true
					return nil, nil
				})
				if answer := Handler(h, test.source).Invoke(t.Context(), []byte(`{"value":`+test.value+`}`)); string(answer) != "{}" || called != 1 {
					t.Errorf("%T: answer %s, %d calls", test.source, answer, called)
				}
			}
			if len(ids) != 2 {
				t.Errorf("%T: ids %v", test.source, ids)
			}
		}
	}
	log := logged.JSON(t)
	Handler(fn.HandlerFunc(func(context.Context, fn.Event) (*fn.Event, error) { return nil, nil }), Trigger{Topic: "orders"}).Invoke(t.Context(), line(`{}`, time.Time{}))
	if log.Len() > 0 {
		t.Errorf("with an id: %s", log)
	}
}

// The delivery is a topic's, and Raw has no headers.
func TestTopicDelivery(t *testing.T) {
	h := fn.HandlerFunc(func(ctx context.Context, e fn.Event) (*fn.Event, error) {
		d, _ := fn.DeliveryFrom(ctx)
		want := fn.Delivery{
			Provider: "openwhisk", Trigger: "topic", NativeID: "4479",
			Attributes: map[string]string{
				"namespace": "acme", "action_name": "/acme/shop/confirm", "action_version": "0.0.7",
				"activation_id": "4479", "transaction_id": "tid",
			},
		}
		if diff := cmp.Diff(want, d, cmpopts.IgnoreUnexported(fn.Delivery{})); diff != "" {
			t.Error(diff)
		}
		if want := `{"order":1}`; string(d.Raw()) != want {
			t.Errorf("raw %s, want %s", d.Raw(), want)
		}
		return nil, nil
	})
	Handler(h, Trigger{Topic: "orders"}).Invoke(t.Context(),
		line(`{"order":1,"__ow_headers":{"authorization":"Basic s3cret"}}`, time.Time{}))
}

// FuzzTopic protects what FuzzKafka does.
func FuzzTopic(f *testing.F) {
	f.Add([]byte(fired), "application/json")
	f.Add([]byte(`{"order":{"total":1e400},"__ow_headers":1}`), "application/cloudevents+json")
	f.Add([]byte(`{"cloudevent":{"specversion":"1.0","id":"e1","source":"/s","type":"dev.fngen.message.received.v1"}}`), "")
	fuzz(f, func(content string) Source { return Trigger{Topic: "orders", Content: content} })
}
