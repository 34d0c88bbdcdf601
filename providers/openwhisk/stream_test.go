package openwhisk

import (
	"context"
	"encoding/base64"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/testkit/logged"
)

// The messages of a stream are records: the partition is in the source and the
// offset in the sequence, which compares as a string.
func TestStream(t *testing.T) {
	value, err := os.ReadFile("testdata/kafka_batch.json")
	if err != nil {
		t.Fatal(err)
	}
	answer, events := invoke(t, Kafka{Stream: "clicks"}, string(value))
	if answer != "{}" {
		t.Errorf("answer %s", answer)
	}
	var got []map[string]string
	for _, e := range events {
		got = append(got, attributes(e))
	}
	record := map[string]string{"type": "dev.fngen.record.received.v1", "subject": "clicks", "datacontenttype": "application/json"}
	want := []map[string]string{
		merge(record, map[string]string{
			"source": "/namespaces/acme/kafka/shop.orders%20%23eu#0", "id": "0:9007199254740993", "partitionkey": "customer-42",
			"sequence": "00000000000000000000000000000000000000009007199254740993",
			"data":     `{"order":"A-1001","total":9007199254740993,"note":"` + strings.Repeat("long ", 12) + `"}`,
		}),
		merge(record, map[string]string{
			"source": "/namespaces/acme/kafka/shop.orders%20%23eu#3", "id": "3:7", "data": "\x00\xff\xfe",
			"sequence": "00000000000000000000000000000000000000000000000000000007",
		}),
		merge(record, map[string]string{
			"source": "/namespaces/acme/kafka/shop.orders%20%23eu#3", "id": "3:8", "data": "",
			"sequence": "00000000000000000000000000000000000000000000000000000008",
		}),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A record is verbatim even if it is a CloudEvent and Content says so: a stream
// has no events in it but records.
func TestStreamVerbatim(t *testing.T) {
	ce := `{"specversion":"1.0","id":"e1","source":"/shop","type":"dev.fngen.object.created.v1"}`
	body := base64.StdEncoding.EncodeToString([]byte(ce))
	answer, events := invoke(t, Kafka{Stream: "clicks", Content: "application/cloudevents+json"},
		`{"messages":[{"topic":"clicks","partition":0,"offset":17,"value":"`+body+`"}]}`)
	if answer != "{}" || len(events) != 1 {
		t.Fatalf("answer %s, %d events", answer, len(events))
	}
	if e := events[0]; e.Type() != "dev.fngen.record.received.v1" || string(e.Data()) != ce || e.DataContentType() != "application/json" {
		t.Errorf("event %v", e)
	}
}

// Records of one partition stay in order and go on after one that is lost.
func TestStreamOrder(t *testing.T) {
	logged.JSON(t)
	var order []string
	h := fn.HandlerFunc(func(_ context.Context, e fn.Event) (*fn.Event, error) {
		order = append(order, e.ID())
		if e.ID() == "1:1" {
			return nil, errors.New("failed")
		}
		return nil, nil
	})
	answer := Handler(h, Kafka{Stream: "clicks"}).Invoke(t.Context(), line(`{"messages":[`+
		`{"topic":"clicks","partition":1,"offset":1,"value":"e30="},`+
		`{"topic":"clicks","partition":2,"offset":1,"value":"e30="},`+
		`{"topic":"clicks","partition":1,"offset":2,"value":"e30="}]}`, time.Time{}))
	if diff := cmp.Diff([]string{"1:1", "1:2", "2:1"}, order); diff != "" {
		t.Error(diff)
	}
	if want := `{"error":"1 of 3 events failed: Kafka message clicks 1:1"}`; string(answer) != want {
		t.Errorf("answer %s, want %s", answer, want)
	}
}

// Another payload is an error that names the trigger as the directive does.
func TestStreamForeignPayload(t *testing.T) {
	logged.JSON(t)
	answer, events := invoke(t, Kafka{Stream: "clicks"}, `{"id":"1"}`)
	want := `{"error":"stream clicks is fed by Kafka, but the activation has no list of messages; its parameters: id"}`
	if answer != want || len(events) != 0 {
		t.Errorf("answer %s, want %s", answer, want)
	}
}

// The delivery is a stream's, and Raw has the record alone.
func TestStreamDelivery(t *testing.T) {
	message := `{"topic":"clicks","partition":4,"offset":17,"value":"e30="}`
	h := fn.HandlerFunc(func(ctx context.Context, e fn.Event) (*fn.Event, error) {
		d, _ := fn.DeliveryFrom(ctx)
		want := fn.Delivery{
			Provider: "openwhisk", Trigger: "stream", NativeID: "4:17",
			Attributes: map[string]string{
				"topic": "clicks", "namespace": "acme", "action_name": "/acme/shop/confirm", "action_version": "0.0.7",
				"activation_id": "4479", "transaction_id": "tid",
			},
		}
		if diff := cmp.Diff(want, d, cmpopts.IgnoreUnexported(fn.Delivery{})); diff != "" {
			t.Error(diff)
		}
		if string(d.Raw()) != message {
			t.Errorf("raw %s", d.Raw())
		}
		return nil, nil
	})
	Handler(h, Kafka{Stream: "clicks"}).Invoke(t.Context(), line(`{"messages":[`+message+`]}`, time.Time{}))
}

// FuzzStream protects what FuzzKafka does.
func FuzzStream(f *testing.F) {
	batch, err := os.ReadFile("testdata/kafka_batch.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(batch, "clicks")
	f.Add([]byte(`{"messages":[{"topic":"%zz#?","partition":0,"offset":9223372036854775807,"key":"e30=","value":null}]}`), "a b")
	fuzz(f, func(stream string) Source { return Kafka{Stream: "s" + stream} })
}
