package openwhisk

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/testkit/logged"
)

// The feed tells no time: the event has none, and its tick has the time of
// arrival in whole seconds, the same for each try.
func TestAlarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // starts at midnight, 2000-01-01 UTC
		logged.JSON(t)
		time.Sleep(90*time.Minute + 1700*time.Millisecond)
		var got []map[string]string
		h := fn.HandlerFunc(func(_ context.Context, e fn.Event) (*fn.Event, error) {
			got = append(got, attributes(e))
			if len(got) == 1 {
				return nil, fn.RetryAfter(context.DeadlineExceeded, 5*time.Second)
			}
			return nil, nil
		})
		answer := Handler(h, Alarm{Name: "nightly", Retries: 1}).Invoke(t.Context(),
			line(`{"name":"nightly","__ow_headers":{}}`, time.Now().Add(time.Minute)))
		if string(answer) != "{}" {
			t.Errorf("answer %s", answer)
		}
		firing := map[string]string{
			"type": "dev.fngen.schedule.fired.v1", "source": "/namespaces/acme/triggers/nightly", "id": "nightly@4479",
			"subject": "nightly", "datacontenttype": "application/json",
			"data": `{"name":"nightly","scheduled":"2000-01-01T01:30:01Z","approximate":true}`,
		}
		if diff := cmp.Diff([]map[string]string{firing, firing}, got); diff != "" {
			t.Error(diff)
		}
	})
}

// An alarm of another function, or something else than an alarm, is a loud
// error that names both.
func TestAlarmForeignPayload(t *testing.T) {
	for value, want := range map[string]string{
		`{"name":"weekly"}`: `{"error":"an alarm for function \"weekly\", but the function is \"nightly\": set name in the trigger_payload of the trigger's feed"}`,
		`{"name":""}`:       `{"error":"an alarm for function \"\", but the function is \"nightly\": set name in the trigger_payload of the trigger's feed"}`,
		`{"name":"` + strings.Repeat("x", 500) + `"}`: `{"error":"an alarm for function \"` + strings.Repeat("x", 64) + `\", but the function is \"nightly\": set name in the trigger_payload of the trigger's feed"}`,
		`{"name":null}`:                `{"error":"function nightly is fired by an alarm, but the parameter name is not a string"}`,
		`{"name":{}}`:                  `{"error":"function nightly is fired by an alarm, but the parameter name is not a string"}`,
		`{"Name":"nightly"}`:           `{"error":"function nightly is fired by an alarm, but the activation has no parameter name; its parameters: Name"}`,
		`{"messages":[],"payload":""}`: `{"error":"function nightly is fired by an alarm, but the activation has no parameter name; its parameters: messages, payload"}`,
	} {
		log := logged.JSON(t)
		answer, events := invoke(t, Alarm{Name: "nightly"}, value)
		if answer != want || len(events) != 0 {
			t.Errorf("%s: answer %s, want %s", value, answer, want)
		}
		if !strings.Contains(log.String(), "event dropped") {
			t.Errorf("%s: not in the log:\n%s", value, log)
		}
	}
}

// The delivery is a schedule's, and Raw has no headers.
func TestAlarmDelivery(t *testing.T) {
	h := fn.HandlerFunc(func(ctx context.Context, e fn.Event) (*fn.Event, error) {
		d, _ := fn.DeliveryFrom(ctx)
		want := fn.Delivery{
			Provider: "openwhisk", Trigger: "schedule", NativeID: "4479",
			Attributes: map[string]string{
				"namespace": "acme", "action_name": "/acme/shop/confirm", "action_version": "0.0.7",
				"activation_id": "4479", "transaction_id": "tid",
			},
		}
		if diff := cmp.Diff(want, d, cmpopts.IgnoreUnexported(fn.Delivery{})); diff != "" {
			t.Error(diff)
		}
		if want := `{"name":"nightly"}`; string(d.Raw()) != want {
			t.Errorf("raw %s, want %s", d.Raw(), want)
		}
		return nil, nil
	})
	Handler(h, Alarm{Name: "nightly"}).Invoke(t.Context(), line(`{"name":"nightly","__ow_headers":{"authorization":"Basic s3cret"}}`, time.Time{}))
}

// FuzzAlarm protects what FuzzKafka does.
func FuzzAlarm(f *testing.F) {
	f.Add([]byte(`{"name":"nightly"}`), "nightly")
	f.Add([]byte(`{"name":"\ud800","__ow_headers":{}}`), "\xff")
	fuzz(f, func(name string) Source { return Alarm{Name: name} })
}
