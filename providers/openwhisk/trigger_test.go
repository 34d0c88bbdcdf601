package openwhisk

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/testkit/logged"
)

// fired is what a trigger's action gets: the event, a trigger parameter, and
// headers that the firer may have written.
const fired = `{"cloudevent":{"specversion":"1.0","id":"e1","source":"/shop","type":"com.example.order.placed","subject":"A-1001",` +
	`"time":"2026-01-02T03:04:05Z","datacontenttype":"application/json","data":{"n":9007199254740993},` +
	`"traceparent":"00-1-2-01","deadletterreason":"forged","deadletterattempts":3},` +
	`"region":"eu","__ow_headers":{"authorization":"Basic s3cret","ce-type":"forged","content-type":"application/cloudevents+json"}}`

// The event is as published. The headers decide nothing, and marks of a dead
// letter are taken off.
func TestTrigger(t *testing.T) {
	answer, events := invoke(t, Trigger{Type: "com.example.order.placed"}, fired)
	if answer != "{}" || len(events) != 1 {
		t.Fatalf("answer %s, %d events", answer, len(events))
	}
	want := map[string]string{
		"type": "com.example.order.placed", "source": "/shop", "id": "e1", "subject": "A-1001", "datacontenttype": "application/json",
		"time": "2026-01-02 03:04:05 +0000 UTC", "data": `{"n":9007199254740993}`, "traceparent": "00-1-2-01",
	}
	if diff := cmp.Diff(want, attributes(events[0])); diff != "" {
		t.Error(diff)
	}
}

// The source is a filter; the type is a promise, whose breach is an error.
func TestTriggerFilter(t *testing.T) {
	const mismatch = `{"error":"1 of 1 events failed: trigger activation 4479"}`
	for _, test := range []struct {
		src    Trigger
		answer string
		events int
	}{
		{Trigger{Type: "com.example.order.placed", Source: "/shop"}, "{}", 1},
		{Trigger{}, "{}", 1},
		{Trigger{Type: "com.example.order.placed", Source: "/other"}, "{}", 0},
		{Trigger{Type: "com.example.order.refused"}, mismatch, 0},
		{Trigger{Type: "com.example.order.refused", Source: "/other"}, mismatch, 0},
	} {
		log := logged.JSON(t)
		answer, events := invoke(t, test.src, fired)
		if answer != test.answer || len(events) != test.events {
			t.Errorf("%+v: answer %s, %d events", test.src, answer, len(events))
		}
		const why = `a CloudEvent of type \"com.example.order.placed\", but the function is for type \"com.example.order.refused\"`
		if logged := strings.Contains(log.String(), why); logged != (answer == mismatch) {
			t.Errorf("%+v: logged %s", test.src, log)
		}
	}
}

// What is no CloudEvent is lost with a reason, never handled as something else.
func TestTriggerBadPayload(t *testing.T) {
	for value, want := range map[string]string{
		`{"order":1,"__ow_headers":{"ce-specversion":"1.0","ce-id":"1","ce-source":"/s","ce-type":"t"}}`: "has no parameter cloudevent; its parameters: __ow_headers, order",
		`{"Cloudevent":{"specversion":"1.0","id":"e1","source":"/s","type":"t"}}`:                        "has no parameter cloudevent; its parameters: Cloudevent",
		`{"cloudevent":"{}"}`: "the parameter cloudevent is not a JSON object",
		`{"cloudevent":null}`: "the parameter cloudevent is not a JSON object",
		`{"cloudevent":[]}`:   "the parameter cloudevent is not a JSON object",
		`{"cloudevent":{"specversion":"1.0","id":"e1","type":"t"}}`:                                           "required attribute missing: source",
		`{"cloudevent":{"specversion":"0.3","id":"e1","source":"/s","type":"t"}}`:                             "specversion",
		`{"cloudevent":{"specversion":"1.0","id":"e1","source":"/s","type":"dev.fngen.object.created.v1"}}`:   "types under dev.fngen. are made by adapters only",
		`{"cloudevent":{"specversion":"1.0","id":"e1","source":"/s","type":"dev.fngen.message.received.v1"}}`: "types under dev.fngen. are made by adapters only",
	} {
		log := logged.JSON(t)
		answer, events := invoke(t, Trigger{}, value)
		if !strings.HasPrefix(answer, `{"error":`) || len(events) != 0 {
			t.Errorf("%s: answer %s, %d events", value, answer, len(events))
		}
		if !strings.Contains(log.String(), want) || !strings.Contains(log.String(), "event dropped") {
			t.Errorf("%s: the log lacks %q:\n%s", value, want, log)
		}
	}
}

// Raw has the event alone: beside it lie the trigger's and action's parameters.
func TestTriggerDelivery(t *testing.T) {
	h := fn.HandlerFunc(func(ctx context.Context, e fn.Event) (*fn.Event, error) {
		d, _ := fn.DeliveryFrom(ctx)
		want := fn.Delivery{
			Provider: "openwhisk", Trigger: "event", NativeID: "4479",
			Attributes: map[string]string{
				"namespace": "acme", "action_name": "/acme/shop/confirm", "action_version": "0.0.7",
				"activation_id": "4479", "transaction_id": "tid",
			},
		}
		if diff := cmp.Diff(want, d, cmpopts.IgnoreUnexported(fn.Delivery{})); diff != "" {
			t.Error(diff)
		}
		if want := `{"specversion":"1.0","id":"e1","source":"/s","type":"t"}`; string(d.Raw()) != want {
			t.Errorf("raw %s, want %s", d.Raw(), want)
		}
		return nil, nil
	})
	Handler(h, Trigger{}).Invoke(t.Context(),
		line(`{"password":"x","cloudevent":{"specversion":"1.0","id":"e1","source":"/s","type":"t"}}`, time.Time{}))
}

// FuzzTrigger protects what FuzzKafka does.
func FuzzTrigger(f *testing.F) {
	f.Add([]byte(fired), "com.example.order.placed")
	f.Add([]byte(`{"cloudevent":{"specversion":"1.0","id":"e1","source":"%zz","type":"t","x":1e400,"data_base64":"_"}}`), "")
	f.Add([]byte(`{"cloudevent":null}`), "t")
	fuzz(f, func(eventType string) Source { return Trigger{Type: eventType} })
}

// fuzz hands any value to a source that the text configures.
func fuzz(f *testing.F, source func(string) Source) {
	slog.SetDefault(slog.New(slog.NewTextHandler(io.Discard, nil)))
	f.Fuzz(func(t *testing.T, value []byte, text string) {
		events := 0
		h := fn.HandlerFunc(func(ctx context.Context, e fn.Event) (*fn.Event, error) {
			if _, ok := fn.DeliveryFrom(ctx); !ok || e.ID() == "" || e.Source() == "" || e.Type() == "" {
				t.Errorf("an event without required attributes: %v", e)
			}
			events++
			return nil, nil
		})
		answer := Handler(h, source(text)).Invoke(t.Context(), line(string(value), time.Time{}))
		var object map[string]json.RawMessage
		if err := json.Unmarshal(answer, &object); err != nil || object == nil || bytes.ContainsRune(answer, '\n') {
			t.Fatalf("answer %q: %v", answer, err)
		}
	})
}
