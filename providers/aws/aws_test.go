package aws

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/ce"
	"github.com/fngen/fngen/internal/testkit/logged"
)

// payloads is the folder of real payloads that aws-lambda-go ships.
var payloads = sync.OnceValues(func() (string, error) {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/aws/aws-lambda-go").Output()
	return filepath.Join(strings.TrimSpace(string(dir)), "events", "testdata"), err
})

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	dir, err := payloads()
	if err != nil {
		t.Fatalf("find aws-lambda-go: %v", err)
	}
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// recorder is a handler that writes down what it gets, as structured events.
type recorder struct {
	mu         sync.Mutex
	events     []string
	deliveries []fn.Delivery
	answer     func(fn.Event) error // nil for done
}

func (r *recorder) Handle(ctx context.Context, e fn.Event) (*fn.Event, error) {
	structured, err := ce.Encode(e)
	if err != nil {
		return nil, err
	}
	d, _ := fn.DeliveryFrom(ctx)
	r.mu.Lock()
	r.events = append(r.events, string(structured))
	r.deliveries = append(r.deliveries, d)
	r.mu.Unlock()
	if r.answer != nil {
		return nil, r.answer(e)
	}
	return nil, nil
}

// invoke hands one payload to the source's handler.
func invoke(t testing.TB, src Source, r *recorder, payload string) (string, error) {
	t.Helper()
	answer, err := Handler(r, src).Invoke(t.Context(), []byte(payload))
	return string(answer), err
}

func wantEvents(t testing.TB, r *recorder, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, r.events); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// wantError expects an error that holds all of the texts.
func wantError(t testing.TB, err error, texts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", texts)
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("error %q does not hold %q", err, text)
		}
	}
}

// A payload of another source must never reach a handler, and the error must
// say what was declared and what came.
func TestForeignPayload(t *testing.T) {
	received := map[string]string{
		"sqs-event.json":                                    `records of "aws:sqs"`,
		"s3-event.json":                                     `records of "aws:s3"`,
		"sns-event.json":                                    `records of "aws:sns"`,
		"kinesis-event.json":                                `records of "aws:kinesis"`,
		"dynamodb-event.json":                               `records of "aws:dynamodb"`,
		"codebuild-state-change.json":                       `an EventBridge event "CodeBuild Build State Change"`,
		"alb-lambda-target-request-headers-only.json":       "a request of a load balancer",
		"lambda-urls-request.json":                          "a request of an HTTP API or a function URL",
		"apigw-request.json":                                "a request of a REST API",
		"cognito-event.json":                                "a payload of no known shape",
		"kinesis-firehose-event.json":                       "a payload of no known shape",
		"apigw-websocket-request-disconnect.json":           "a payload of no known shape",
		"autoscaling-event-launch-successful.json":          `an EventBridge event "EC2 Instance Launch Successful"`,
		"alb-lambda-target-request-multivalue-headers.json": "a request of a load balancer",
	}
	sources := []struct {
		source Source
		own    string // part of what its own payloads are called
		name   string
	}{
		{SQS{Queue: "orders"}, "aws:sqs", `SQS queue "orders"`},
		{S3{Bucket: "uploads"}, "aws:s3", `S3 bucket "uploads"`},
		{EventBridge{Type: "order.placed"}, "EventBridge", `EventBridge event "order.placed"`},
		{SNS{Topic: "news"}, "aws:sns", `SNS topic "news"`},
		{Kinesis{Stream: "clicks"}, "aws:kinesis", `Kinesis stream "clicks"`},
		{DynamoDB{Collection: "carts"}, "aws:dynamodb", `DynamoDB table "carts"`},
		{Scheduler{Name: "nightly"}, "a firing", `schedule "nightly"`},
	}
	for _, s := range sources {
		for file, what := range received {
			if strings.Contains(what, s.own) {
				continue
			}
			r := &recorder{}
			_, err := invoke(t, s.source, r, string(fixture(t, file)))
			wantError(t, err, "declared "+s.name, "received "+what)
			wantEvents(t, r)
		}
	}
	_, err := HTTPHandler(nil, HTTP{}).Invoke(t.Context(), fixture(t, "sqs-event.json"))
	wantError(t, err, "declared HTTP", `received records of "aws:sqs"`)
}

// An envelope that is no JSON fails the invocation, with the declared source
// in the error.
func TestUndecodableEnvelope(t *testing.T) {
	for _, payload := range []string{"", "{", "5", "[]", `{"Records":5}`, `{"detail-type":5}`, `{"requestContext":5}`} {
		for name, src := range map[string]Source{
			"orders": SQS{Queue: "orders"}, "uploads": S3{Bucket: "uploads"}, "placed": EventBridge{Type: "placed"}, "news": SNS{Topic: "news"},
			"clicks": Kinesis{Stream: "clicks"}, "carts": DynamoDB{Collection: "carts"}, "nightly": Scheduler{Name: "nightly"},
		} {
			r := &recorder{}
			_, err := invoke(t, src, r, payload)
			wantError(t, err, "decode ", name)
			wantEvents(t, r)
		}
		_, err := HTTPHandler(nil, HTTP{}).Invoke(t.Context(), []byte(payload))
		wantError(t, err, "decode ", "HTTP")
	}
}

// The runtime pools its buffer. Data that a handler keeps, and the raw record,
// must not change when the buffer is used again.
func TestNothingAliasesThePayload(t *testing.T) {
	sqs := `{"Records":[{"messageId":"m","eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:eu-west-1:1:q","body":"{\"n\":1}"}]}`
	bus := `{"id":"i","detail-type":"t","source":"s","detail":{"n":1}}`
	s3 := `{"id":"i","detail-type":"Object Created","source":"aws.s3","detail":{"bucket":{"name":"b"},"object":{"key":"k"}}}`
	for _, test := range []struct {
		source             Source
		payload, data, raw string
	}{
		{SQS{Queue: "q"}, sqs, `{"n":1}`, sqs[len(`{"Records":[`) : len(sqs)-len(`]}`)]},
		{EventBridge{}, bus, `{"n":1}`, bus},
		{S3{Bucket: "b"}, s3, `{"bucket":"b","key":"k","size":0}`, s3},
		{SNS{Topic: "t"}, batch(notified("m", `{"n":1}`, "")), `{"n":1}`, notified("m", `{"n":1}`, "")},
		{Kinesis{Stream: "s"}, batch(streamed("1", []byte(`{"n":1}`))), `{"n":1}`, streamed("1", []byte(`{"n":1}`))},
		{DynamoDB{Collection: "c"}, batch(changed("1", "REMOVE", "")), `{"collection":"c","key":"a","before":null,"after":null,"partial":false}`, changed("1", "REMOVE", "")},
		{Scheduler{Name: "n"}, fired("n", "1"), `{"name":"n","scheduled":"2022-03-22T18:59:43Z","approximate":false}`, fired("n", "1")},
	} {
		var kept []byte
		var delivery fn.Delivery
		h := fn.HandlerFunc(func(ctx context.Context, e fn.Event) (*fn.Event, error) {
			kept = e.Data()
			delivery, _ = fn.DeliveryFrom(ctx)
			return nil, nil
		})
		buffer := []byte(test.payload)
		if _, err := Handler(h, test.source).Invoke(t.Context(), buffer); err != nil {
			t.Fatal(err)
		}
		for i := range buffer {
			buffer[i] = 'x'
		}
		if string(kept) != test.data {
			t.Errorf("data after the buffer's reuse: %s, want %s", kept, test.data)
		}
		if string(delivery.Raw()) != test.raw {
			t.Errorf("raw record after the buffer's reuse: %s, want %s", delivery.Raw(), test.raw)
		}
	}
}

// An error's text is cut, since an answer above 6 MB ends the process.
func TestErrorTextIsBounded(t *testing.T) {
	logged.Text(t)
	r := &recorder{answer: func(fn.Event) error { return errors.New(strings.Repeat("é", 4<<20)) }}
	_, err := invoke(t, EventBridge{}, r, `{"id":"i","detail-type":"t","source":"s","detail":{}}`)
	wantError(t, err, "EventBridge event i: é")
	if n := len(err.Error()); n > maxErrorText+len("…") {
		t.Errorf("the text has %d bytes", n)
	}
}

// A handler that does not heed its context must not hold up the answer until
// Lambda kills the process.
func TestAnswersBeforeTheDeadline(t *testing.T) {
	logged.Text(t)
	payload := fixture(t, "sqs-event.json")
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		defer close(release)
		stuck := fn.HandlerFunc(func(context.Context, fn.Event) (*fn.Event, error) {
			<-release
			return nil, nil
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		answer, err := Handler(stuck, SQS{Queue: "q"}).Invoke(ctx, payload)
		if err != nil || string(answer) != `{"batchItemFailures":[{"itemIdentifier":"MessageID_1"}]}` {
			t.Errorf("answer %s, error %v", answer, err)
		}
		if ctx.Err() != nil {
			t.Error("answered after the deadline")
		}
	})
}
