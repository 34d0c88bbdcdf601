package openwhisk

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/testkit/logged"
)

// attributes are an event's, as text.
func attributes(e fn.Event) map[string]string {
	m := map[string]string{
		"type": e.Type(), "source": e.Source(), "id": e.ID(), "subject": e.Subject(),
		"datacontenttype": e.DataContentType(), "data": string(e.Data()),
	}
	if !e.Time().IsZero() {
		m["time"] = e.Time().String()
	}
	for name, value := range e.Extensions() {
		m[name] = fmt.Sprint(value)
	}
	return m
}

// Three messages of two partitions, as the feed sends them: base64 with line
// breaks, a number above 2^53, a key that is not UTF-8, null for no key, and
// bytes that are no JSON.
func TestKafkaBatch(t *testing.T) {
	value, err := os.ReadFile("testdata/kafka_batch.json")
	if err != nil {
		t.Fatal(err)
	}
	answer, events := invoke(t, Kafka{Queue: "orders"}, string(value))
	if answer != "{}" {
		t.Errorf("answer %s", answer)
	}
	got := make([]map[string]string, len(events))
	for i, e := range events {
		got[i] = attributes(e)
	}
	message := map[string]string{
		"type": "dev.fngen.message.received.v1", "source": "/namespaces/acme/kafka/shop.orders%20%23eu",
		"subject": "orders", "datacontenttype": "application/json",
	}
	with := func(more map[string]string) map[string]string {
		for name, value := range message {
			more[name] = value
		}
		return more
	}
	want := []map[string]string{
		with(map[string]string{
			"id": "0:9007199254740993", "partitionkey": "customer-42",
			"data": `{"order":"A-1001","total":9007199254740993,"note":"` + strings.Repeat("long ", 12) + `"}`,
		}),
		with(map[string]string{"id": "3:7", "data": "\x00\xff\xfe"}),
		with(map[string]string{"id": "3:8", "data": ""}),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A content type in the directive is the messages', and decides whether they
// are CloudEvents; the payload never does.
func TestKafkaContent(t *testing.T) {
	ce := `{"specversion":"1.0","id":"e1","source":"/shop","type":"com.example.order","data":{"n":9007199254740993},"deadletterreason":"x"}`
	value := func(body string) string {
		return `{"messages":[{"topic":"orders","partition":0,"offset":17,"value":"` + base64.StdEncoding.EncodeToString([]byte(body)) + `"}]}`
	}
	message := map[string]string{
		"type": "dev.fngen.message.received.v1", "source": "/namespaces/acme/kafka/orders", "id": "0:17", "subject": "orders",
		"datacontenttype": "application/json", "data": ce,
	}
	for _, test := range []struct {
		content string
		want    map[string]string
	}{
		{"", message},
		{"text/plain", merge(message, map[string]string{"datacontenttype": "text/plain"})},
		{"application/cloudevents+json", map[string]string{
			"type": "com.example.order", "source": "/shop", "id": "e1", "subject": "", "datacontenttype": "", "data": `{"n":9007199254740993}`,
		}},
	} {
		answer, events := invoke(t, Kafka{Queue: "orders", Content: test.content}, value(ce))
		if answer != "{}" || len(events) != 1 {
			t.Errorf("content=%s: answer %s, %d events", test.content, answer, len(events))
			continue
		}
		if diff := cmp.Diff(test.want, attributes(events[0])); diff != "" {
			t.Errorf("content=%s: %s", test.content, diff)
		}
	}
}

func merge(maps ...map[string]string) map[string]string {
	out := map[string]string{}
	for _, m := range maps {
		for name, value := range m {
			out[name] = value
		}
	}
	return out
}

// A record that does not decode fails alone, and the log says why.
func TestKafkaBadRecords(t *testing.T) {
	for _, test := range []struct{ record, name, want string }{
		{`{"topic":"orders","partition":0,"offset":2,"value":"{\"order\":1}"}`, "orders 0:2",
			"decode Kafka message orders 0:2: the value is not base64: set isBinaryValue to true on the trigger's feed"},
		{`{"topic":"orders","partition":0,"offset":2,"value":{"order":1}}`, "orders 0:2",
			"decode Kafka message orders 0:2: the value is not base64: set isBinaryValue to true on the trigger's feed"},
		{`{"topic":"orders","partition":0,"offset":2,"value":"e30=","key":"a key"}`, "orders 0:2",
			"decode Kafka message orders 0:2: the key is not base64: set isBinaryKey to true on the trigger's feed"},
		{`{"partition":0,"offset":2,"value":"e30="}`, "1", "decode Kafka message 1: missing topic"},
		{`{"topic":"orders","offset":2,"value":"e30="}`, "1", "decode Kafka message 1: missing partition"},
		{`{"topic":"orders","partition":0,"value":"e30="}`, "1", "decode Kafka message 1: missing offset"},
		{`{"topic":"orders","partition":0,"offset":2}`, "1", "decode Kafka message 1: missing value"},
		{`null`, "1", "decode Kafka message 1: missing topic"},
		{`7`, "1", "decode Kafka message 1: json: cannot unmarshal number into Go value of type openwhisk.kafkaMessage"},
		{`{"topic":"orders","partition":0,"offset":1.5,"value":"e30="}`, "1", "decode Kafka message 1: json: cannot unmarshal number 1.5"},
	} {
		log := logged.JSON(t)
		good := `{"topic":"orders","partition":0,"offset":%d,"value":"e30="}`
		answer, events := invoke(t, Kafka{Queue: "orders", Retries: 2},
			`{"messages":[`+fmt.Sprintf(good, 1)+`,`+test.record+`,`+fmt.Sprintf(good, 3)+`]}`)
		if want := `{"error":"1 of 3 events failed: Kafka message ` + test.name + `"}`; answer != want {
			t.Errorf("%s: answer %s, want %s", test.record, answer, want)
		}
		if len(events) != 2 || events[0].ID() != "0:1" || events[1].ID() != "0:3" {
			t.Errorf("%s: the other records: %v", test.record, events)
		}
		var logged struct{ Error string }
		first, _, _ := strings.Cut(log.String(), "\n")
		if err := json.Unmarshal([]byte(first), &logged); err != nil || !strings.HasPrefix(logged.Error, test.want) {
			t.Errorf("%s: logged %s, want %s", test.record, logged.Error, test.want)
		}
		raw, _ := json.Marshal(test.record)
		if !strings.Contains(log.String(), `:`+string(raw)) {
			t.Errorf("%s: the record is not in the log whole:\n%s", test.record, log)
		}
	}
}

// Adapters alone make events of types under dev.fngen.; a forwarded message is
// the exception.
func TestKafkaForgedType(t *testing.T) {
	logged.JSON(t)
	for eventType, want := range map[string]int{"dev.fngen.object.created.v1": 0, "dev.fngen.message.received.v1": 1} {
		body := base64.StdEncoding.EncodeToString([]byte(`{"specversion":"1.0","id":"e1","source":"/shop","type":"` + eventType + `"}`))
		_, events := invoke(t, Kafka{Queue: "orders", Content: "application/cloudevents+json"},
			`{"messages":[{"topic":"orders","partition":0,"offset":17,"value":"`+body+`"}]}`)
		if len(events) != want {
			t.Errorf("%s: %d events, want %d", eventType, len(events), want)
		}
	}
}

// A payload of something else is a loud error that says what was expected and
// what came, and is in the log.
func TestKafkaForeignPayload(t *testing.T) {
	for value, want := range map[string]string{
		`{"cloudevent":{},"b":1}`: `{"error":"queue orders is fed by Kafka, but the activation has no list of messages; its parameters: b, cloudevent"}`,
		`{}`:                      `{"error":"queue orders is fed by Kafka, but the activation has no list of messages; its parameters: none"}`,
		`{"messages":null}`:       `{"error":"queue orders is fed by Kafka, but the activation has no list of messages; its parameters: messages"}`,
		`{"messages":{"a":1}}`:    `{"error":"queue orders is fed by Kafka, but the activation has no list of messages; its parameters: messages"}`,
	} {
		log := logged.JSON(t)
		answer, events := invoke(t, Kafka{Queue: "orders"}, value)
		if answer != want || len(events) != 0 {
			t.Errorf("%s: answer %s, want %s", value, answer, want)
		}
		if !strings.Contains(log.String(), "event dropped") {
			t.Errorf("%s: not in the log:\n%s", value, log)
		}
	}
}

// The delivery says what the platform knows, and Raw has the message alone.
func TestKafkaDelivery(t *testing.T) {
	deadline := time.Now().Add(time.Minute).Truncate(time.Millisecond).UTC()
	message := `{"topic":"orders","partition":0,"offset":17,"key":null,"value":"e30="}`
	h := fn.HandlerFunc(func(ctx context.Context, e fn.Event) (*fn.Event, error) {
		d, _ := fn.DeliveryFrom(ctx)
		want := fn.Delivery{
			Provider: "openwhisk", Trigger: "queue", NativeID: "0:17", Deadline: deadline,
			Attributes: map[string]string{
				"topic": "orders", "namespace": "acme", "action_name": "/acme/shop/confirm", "action_version": "0.0.7",
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
	Handler(h, Kafka{Queue: "orders"}).Invoke(t.Context(), line(`{"messages":[`+message+`]}`, deadline))
}

// Messages of one partition stay in order, and go on after one that is lost.
func TestKafkaOrder(t *testing.T) {
	logged.JSON(t)
	var order []string
	h := fn.HandlerFunc(func(_ context.Context, e fn.Event) (*fn.Event, error) {
		order = append(order, e.ID())
		if e.ID() == "1:1" {
			return nil, errors.New("failed")
		}
		return nil, nil
	})
	var messages []string
	for _, id := range []string{"1:1", "2:1", "1:2", "2:2", "1:3"} {
		partition, offset, _ := strings.Cut(id, ":")
		messages = append(messages, `{"topic":"orders","partition":`+partition+`,"offset":`+offset+`,"value":"e30="}`)
	}
	Handler(h, Kafka{Queue: "orders"}).Invoke(t.Context(), line(`{"messages":[`+strings.Join(messages, ",")+`]}`, time.Time{}))
	if diff := cmp.Diff([]string{"1:1", "1:2", "1:3", "2:1", "2:2"}, order); diff != "" {
		t.Error(diff)
	}
}

// FuzzKafka protects that every payload is answered with one JSON object on one
// line, and that what reaches the handler is a whole event.
func FuzzKafka(f *testing.F) {
	batch, err := os.ReadFile("testdata/kafka_batch.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(batch, "")
	f.Add([]byte(oneMessage), "application/cloudevents+json")
	f.Add([]byte(`{"messages":[null,{},{"topic":"t","partition":-1,"offset":-1,"key":"/w==","value":null}]}`), "text/plain")
	fuzz(f, func(content string) Source { return Kafka{Queue: "orders", Content: content} })
}
