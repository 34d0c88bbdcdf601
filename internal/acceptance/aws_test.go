package acceptance

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// sqsBatch returns a batch of messages with the ids m1, m2 and so on, each a
// copy of the real message in sqs-event.json with another body.
func sqsBatch(t *testing.T, bodies ...string) string {
	t.Helper()
	var batch struct{ Records []map[string]any }
	if err := json.Unmarshal([]byte(lambdaEvent(t, "sqs-event.json")), &batch); err != nil {
		t.Fatal(err)
	}
	message := batch.Records[0]
	batch.Records = nil
	for i, body := range bodies {
		one := map[string]any{}
		for name, value := range message {
			one[name] = value
		}
		one["messageId"], one["body"] = "m"+string(rune('1'+i)), body
		batch.Records = append(batch.Records, one)
	}
	return encode(t, batch)
}

func encode(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A real batch reaches the handler as the portable event, and is answered with
// the list of failures that the mapping asks for, never with null.
func TestAWSQueue(t *testing.T) {
	f := startLambda(t, "receive")
	if got, want := f.invoke(lambdaEvent(t, "sqs-event.json"), patience), `{"batchItemFailures":[]}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	f.saw(seen{
		Type: "dev.fngen.message.received.v1", Source: "arn:aws:sqs:us-west-2:123456789012:SQSQueue", Subject: "orders",
		ID: "MessageID_1", Time: "2018-03-09T18:53:45.029Z", DataContentType: "application/json", Data: "Message Body",
	})
}

// Of a batch only what failed comes again, and a panic is one message's
// failure: the process lives on.
func TestAWSPartialBatch(t *testing.T) {
	f := startLambda(t, "receive")
	batch := sqsBatch(t, `{"do":"panic"}`, `{"do":"serve"}`, `{"do":"fail"}`, `{}`)
	if got, want := f.invoke(batch, patience), `{"batchItemFailures":[{"itemIdentifier":"m1"},{"itemIdentifier":"m3"}]}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := f.invoke(sqsBatch(t, `{}`), patience), `{"batchItemFailures":[]}`; got != want {
		t.Errorf("after a panic: got %s, want %s", got, want)
	}
	for _, text := range []string{"order on fire", "out of coffee"} {
		if !f.logs(text) {
			t.Errorf("the log does not say %q", text)
		}
	}
}

// A handler that does not return costs its message and those after it, not the
// answer for those before it, nor the process.
func TestAWSSlowHandler(t *testing.T) {
	f := startLambda(t, "receive")
	batch := sqsBatch(t, `{"do":"serve"}`, `{"do":"hang"}`, `{"do":"serve"}`)
	if got, want := f.invoke(batch, 2*time.Second), `{"batchItemFailures":[{"itemIdentifier":"m2"},{"itemIdentifier":"m3"}]}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := f.invoke(sqsBatch(t, `{}`), patience), `{"batchItemFailures":[]}`; got != want {
		t.Errorf("after a slow handler: got %s, want %s", got, want)
	}
	f.logsLate("SQS record 2 (m2)")
}

// What the declared source never sends fails the invocation with an error that
// names both; nothing is guessed, and the process lives on.
func TestAWSForeignPayload(t *testing.T) {
	f := startLambda(t, "receive")
	for _, test := range []struct{ payload, want string }{
		{lambdaEvent(t, "s3-event.json"), `decode payload: declared SQS queue "orders", received records of "aws:s3"`},
		{lambdaEvent(t, "ecr-image-push-event.json"), `decode payload: declared SQS queue "orders", received an EventBridge event "ECR Image Action"`},
	} {
		if got := f.fail(test.payload); got.Message != test.want {
			t.Errorf("got %q, want %q", got.Message, test.want)
		}
	}
	if got, want := f.invoke(sqsBatch(t, `{}`), patience), `{"batchItemFailures":[]}`; got != want {
		t.Errorf("after errors: got %s, want %s", got, want)
	}
}

// A real notification becomes the portable event: its key decoded, its bucket
// the logical one.
func TestAWSObject(t *testing.T) {
	f := startLambda(t, "picture")
	if got := f.invoke(lambdaEvent(t, "s3-event.json"), patience); got != "null" {
		t.Errorf("got %s, want null", got)
	}
	f.saw(seen{
		Type: "dev.fngen.object.created.v1", Source: "arn:aws:s3:::sourcebucket", Subject: "Happy Face.jpg",
		ID:   "8db233f3210aae16022ccb0636a49ba0", // computed with Python's hashlib
		Time: "1970-01-01T00:00:00.123Z", DataContentType: "application/json",
		Data: `{"bucket":"pictures","key":"Happy Face.jpg","size":1024,"etag":"d41d8cd98f00b204e9800998ecf8427e","version":"version","sequencer":"Happy Sequencer"}`,
	})
}

// The event of an AWS service reaches a handler in an internal package.
func TestAWSNativeEvent(t *testing.T) {
	f := startLambda(t, "image")
	payload := lambdaEvent(t, "ecr-image-push-event.json")
	if got := f.invoke(payload, patience); got != "null" {
		t.Errorf("got %s, want null", got)
	}
	got := f.event()
	var detail, data any
	var envelope struct{ Detail json.RawMessage }
	if err := json.Unmarshal([]byte(payload), &envelope); err != nil {
		t.Fatal(err)
	}
	if json.Unmarshal(envelope.Detail, &detail) != nil || json.Unmarshal([]byte(got.Data), &data) != nil || !cmp.Equal(detail, data) {
		t.Errorf("data is %s, want the detail %s", got.Data, envelope.Detail)
	}
	got.Data = ""
	want := seen{
		Type: "ECR Image Action", Source: "aws.ecr", ID: "13cde686-328b-6117-af20-0e5566167482", Time: "2019-11-16T01:54:34Z",
		DataContentType: "application/json",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("event: want -, got +\n%s", diff)
	}
}

// busPayload is the real EventBridge event of a registry with another type and
// detail.
func busPayload(t *testing.T, detailType, detail string) string {
	t.Helper()
	var payload map[string]any
	if err := json.Unmarshal([]byte(lambdaEvent(t, "ecr-image-push-event.json")), &payload); err != nil {
		t.Fatal(err)
	}
	payload["detail-type"], payload["detail"] = detailType, json.RawMessage(detail)
	return encode(t, payload)
}

// placedEvent is a CloudEvent in structured mode, with a number that only
// survives if nobody takes it for a float64.
const placedEvent = `{"specversion":"1.0","id":"A-1","source":"/till/7","type":"com.example.order.placed","subject":"orders/17",` +
	`"time":"2026-01-02T03:04:05Z","datacontenttype":"application/json","till":"seven","data":{"guest":9007199254740993}}`

// placedSeen is that event as every platform's handler must see it.
var placedSeen = seen{
	Type: "com.example.order.placed", Source: "/till/7", Subject: "orders/17", ID: "A-1", Time: "2026-01-02T03:04:05Z",
	DataContentType: "application/json", Data: `{"guest":9007199254740993}`, Extensions: map[string]any{"till": "seven"},
}

// A CloudEvent on an event bus is that event; one of another type is an error,
// so that the platform delivers it again or keeps it.
func TestAWSCloudEvent(t *testing.T) {
	f := startLambda(t, "placed")
	if got := f.invoke(busPayload(t, "com.example.order.placed", placedEvent), patience); got != "null" {
		t.Errorf("got %s, want null", got)
	}
	f.saw(placedSeen)
	other := strings.Replace(placedEvent, "order.placed", "order.lost", 1)
	if got := f.fail(busPayload(t, "com.example.order.lost", other)); !strings.Contains(got.Message, `received type "com.example.order.lost"`) {
		t.Errorf("error %q does not name the type", got.Message)
	}
}

// A setup that fails is reported to Lambda as a failed initialisation, before
// any invocation is asked for, and the process ends.
func TestAWSSetupFails(t *testing.T) {
	f := startLambda(t, "receive", "ORDERS_SETUP_ERROR=no table is free")
	if code := f.exit(); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	select {
	case a := <-f.api.answers:
		if e := decodeError(t, a.body); a.path != "init/error" || e.Message != "setup: no table is free" || e.Type == "" || e.Type != a.errorType {
			t.Errorf("posted %+v", a)
		}
	default:
		t.Error("nothing was posted")
	}
	if !strings.Contains(f.log.String(), "no table is free") {
		t.Error("the log does not say why")
	}
}
