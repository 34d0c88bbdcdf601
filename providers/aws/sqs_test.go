package aws

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/testkit/logged"
)

const noFailures = `{"batchItemFailures":[]}`

// message is a record of a batch with the given id, body and attributes.
func message(queue, id, body, attributes, messageAttributes string) string {
	return fmt.Sprintf(`{"messageId":%q,"body":%q,"eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:eu-west-1:1:%s",`+
		`"attributes":{%s},"messageAttributes":{%s}}`, id, body, queue, attributes, messageAttributes)
}

func batch(records ...string) string { return `{"Records":[` + strings.Join(records, ",") + `]}` }

// The real payload's event and delivery, to the byte.
func TestSQSRealPayload(t *testing.T) {
	r := &recorder{}
	payload := fixture(t, "sqs-event.json")
	answer, err := invoke(t, SQS{Queue: "orders", Content: "text/plain"}, r, string(payload))
	if err != nil || answer != noFailures {
		t.Errorf("answer %s, error %v", answer, err)
	}
	wantEvents(t, r, `{"specversion":"1.0","id":"MessageID_1","source":"arn:aws:sqs:us-west-2:123456789012:SQSQueue",`+
		`"type":"dev.fngen.message.received.v1","datacontenttype":"text/plain","subject":"orders",`+
		`"time":"2018-03-09T18:53:45.029Z","data":"Message Body"}`)

	want := fn.Delivery{Provider: "aws", Trigger: "queue", NativeID: "MessageID_1", Attempt: 2, Attributes: map[string]string{
		"Attribute1":                       "AttributeValue1",
		"ApproximateReceiveCount":          "2",
		"SentTimestamp":                    "1520621625029",
		"SenderId":                         "AROAIWPX5BD2BHG722MW4:sender",
		"ApproximateFirstReceiveTimestamp": "1520621634884",
	}}
	if diff := cmp.Diff(want, r.deliveries[0], cmpopts.IgnoreUnexported(fn.Delivery{})); diff != "" {
		t.Errorf("delivery (-want +got):\n%s", diff)
	}
	var envelope struct{ Records []json.RawMessage }
	if err := json.Unmarshal(payload, &envelope); err != nil {
		t.Fatal(err)
	}
	if raw := r.deliveries[0].Raw(); string(raw) != string(envelope.Records[0]) {
		t.Errorf("raw record %s", raw)
	}
}

// What becomes an attribute of the event, and what does not.
func TestSQSEvents(t *testing.T) {
	const head = `{"specversion":"1.0","id":"m","source":"arn:aws:sqs:eu-west-1:1:q","type":"dev.fngen.message.received.v1",`
	text := func(name, value string) string {
		return fmt.Sprintf(`%q:{"dataType":"String","stringValue":%q}`, name, value)
	}
	for name, test := range map[string]struct {
		source  SQS
		message string
		want    string
	}{
		"JSON by default, and numbers above 2^53 survive": {
			SQS{Queue: "orders"}, message("q", "m", `{"n":9007199254740993}`, "", ""),
			head + `"datacontenttype":"application/json","subject":"orders","data":{"n":9007199254740993}}`,
		},
		"the message's content type wins over the directive's": {
			SQS{Queue: "orders", Content: "text/plain"}, message("q", "m", `a: 1`, "", text("content-type", "application/yaml")),
			head + `"datacontenttype":"application/yaml","subject":"orders","data":"a: 1"}`,
		},
		"a labelled String is a String, a Binary is not": {
			SQS{Queue: "orders"}, message("q", "m", `1`, "", `"content-type":{"dataType":"Binary","binaryValue":"YQ=="},"tracestate":{"dataType":"String.w3c","stringValue":"a=1"}`),
			head + `"datacontenttype":"application/json","subject":"orders","tracestate":"a=1","data":1}`,
		},
		"traceparent comes from the message, the X-Ray header does not": {
			SQS{Queue: "orders"}, message("q", "m", `1`, `"AWSTraceHeader":"Root=1-5759e988"`, text("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")),
			head + `"datacontenttype":"application/json","subject":"orders","traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01","data":1}`,
		},
		"the group is the partition key": {
			SQS{Queue: "orders"}, message("q", "m", `1`, `"MessageGroupId":"customer 7"`, ""),
			head + `"datacontenttype":"application/json","subject":"orders","partitionkey":"customer 7","data":1}`,
		},
		"an empty body is an event without data": {
			SQS{Queue: "orders"}, message("q", "m", ``, "", ""),
			head + `"datacontenttype":"application/json","subject":"orders"}`,
		},
		"a CloudEvent passes through": {
			SQS{Queue: "orders"}, message("q", "m", `{"specversion":"1.0","id":"1","source":"/shop","type":"com.example.order.placed","deadletterreason":"x","data":{"n":9007199254740993}}`,
				`"SentTimestamp":"1520621625029"`, text("content-type", "application/cloudevents+json; charset=utf-8")),
			`{"specversion":"1.0","id":"1","source":"/shop","type":"com.example.order.placed","data":{"n":9007199254740993}}`,
		},
		"and so it does if the directive says so": {
			SQS{Queue: "orders", Content: "application/cloudevents+json"}, message("q", "m", `{"specversion":"1.0","id":"1","source":"/shop","type":"t"}`, "", ""),
			`{"specversion":"1.0","id":"1","source":"/shop","type":"t"}`,
		},
		"a message that only looks like an envelope": {
			SQS{Queue: "orders"}, message("q", "m", `{"type":"Notification","topicarn":"x","message":"TopicArn","note":"\"TopicArn\""}`, "", ""),
			head + `"datacontenttype":"application/json","subject":"orders","data":{"type":"Notification","topicarn":"x","message":"TopicArn","note":"\"TopicArn\""}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := &recorder{}
			answer, err := invoke(t, test.source, r, batch(test.message))
			if err != nil || answer != noFailures {
				t.Errorf("answer %s, error %v", answer, err)
			}
			wantEvents(t, r, test.want)
		})
	}
}

// A sender must not be able to overwrite what SQS says of a message.
func TestSQSSystemAttributesWin(t *testing.T) {
	r := &recorder{}
	m := message("q", "m", "1", `"SenderId":"AROA"`, `"SenderId":{"dataType":"String","stringValue":"forged"}`)
	if _, err := invoke(t, SQS{Queue: "q"}, r, batch(m)); err != nil {
		t.Fatal(err)
	}
	if got := r.deliveries[0].Attributes["SenderId"]; got != "AROA" {
		t.Errorf("SenderId %q", got)
	}
}

// Records that cannot become an event fail alone: they are kept in the queue,
// their neighbours are handled, and the log says why.
func TestSQSUndecodableRecordFailsAlone(t *testing.T) {
	const ce = `"content-type":{"dataType":"String","stringValue":"application/cloudevents+json"}`
	for name, test := range map[string]struct{ bad, why string }{
		"a member of the wrong type": {`{"messageId":"bad","eventSource":"aws:sqs","body":{}}`, "cannot unmarshal object"},
		"no body":                    {`{"messageId":"bad","eventSource":"aws:sqs"}`, "missing body"},
		"another source":             {`{"messageId":"bad","eventSource":"aws:kinesis","body":"1"}`, `eventSource is \"aws:kinesis\"`},
		"a timestamp that is none":   {message("q", "bad", "1", `"SentTimestamp":"soon"`, ""), "attribute SentTimestamp"},
		"a broken CloudEvent":        {message("q", "bad", `{"specversion":"1.0"}`, "", ce), "required attribute missing"},
		"a forged type":              {message("q", "bad", `{"specversion":"1.0","id":"1","source":"/s","type":"dev.fngen.object.created.v1"}`, "", ce), "made by adapters only"},
		"an SNS envelope":            {message("q", "bad", `{"Type":"Notification","TopicArn":"arn:aws:sns:EXAMPLE","Message":"{}"}`, "", ""), "set resources.orders.aws.envelope to sns"},
		"an EventBridge envelope":    {message("q", "bad", ` {"detail-type":"t","source":"s","detail":{}}`, "", ""), "set resources.orders.aws.envelope to eventbridge"},
		"an S3 envelope":             {message("q", "bad", string(fixture(t, "s3-event.json")), "", ""), "set resources.orders.aws.envelope to s3"},
		"an S3 test event":           {message("q", "bad", `{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"b"}`, "", ""), "set resources.orders.aws.envelope to s3"},
	} {
		t.Run(name, func(t *testing.T) {
			log := logged.Text(t)
			r := &recorder{}
			answer, err := invoke(t, SQS{Queue: "orders"}, r, batch(message("q", "one", "1", "", ""), test.bad, message("q", "three", "3", "", "")))
			if want := `{"batchItemFailures":[{"itemIdentifier":"bad"}]}`; err != nil || answer != want {
				t.Errorf("answer %s, want %s, error %v", answer, want, err)
			}
			if len(r.events) != 2 {
				t.Errorf("%d events, want the two good ones", len(r.events))
			}
			for _, text := range []string{"SQS record 2 (bad)", "decode SQS record 2: ", test.why} {
				if !strings.Contains(log.String(), text) {
					t.Errorf("log does not hold %q:\n%s", text, log)
				}
			}
		})
	}
}

// A record that cannot be named in the answer would count as done, so the
// whole batch stays in the queue and no handler runs.
func TestSQSRecordWithoutID(t *testing.T) {
	for _, bad := range []string{`{"eventSource":"aws:sqs","body":"1"}`, `{"messageId":"","eventSource":"aws:sqs","body":"1"}`, `null`, `5`, `{"messageId":5}`} {
		r := &recorder{}
		answer, err := invoke(t, SQS{Queue: "q"}, r, batch(message("q", "one", "1", "", ""), bad))
		wantError(t, err, "decode SQS record 2: missing messageId")
		if answer != "" {
			t.Errorf("answer %s beside an error", answer)
		}
		wantEvents(t, r)
	}
}

// An event's failure, of whatever kind, leaves the rest of its batch alone.
func TestSQSPartialFailure(t *testing.T) {
	log := logged.Text(t)
	r := &recorder{answer: func(e fn.Event) error {
		switch e.ID() {
		case "2":
			return errors.New("passing trouble")
		case "3":
			panic("in the middle")
		case "5":
			return fn.Permanent(errors.New("never"))
		}
		return nil
	}}
	payload := batch(message("q", "1", "1", "", ""), message("q", "2", "2", "", ""), message("q", "3", "3", "", ""),
		message("q", "4", "4", "", ""), message("q", "5", "5", "", ""))
	answer, err := invoke(t, SQS{Queue: "q"}, r, payload)
	if want := `{"batchItemFailures":[{"itemIdentifier":"2"},{"itemIdentifier":"3"},{"itemIdentifier":"5"}]}`; err != nil || answer != want {
		t.Errorf("answer %s, want %s, error %v", answer, want, err)
	}
	if len(r.events) != 5 {
		t.Errorf("%d events handled, want 5", len(r.events))
	}
	if !strings.Contains(log.String(), "in the middle") {
		t.Errorf("the panic is not logged:\n%s", log)
	}

	r.events = nil
	answer, err = invoke(t, SQS{Queue: "q", NoDeadLetter: true}, r, payload)
	if want := `{"batchItemFailures":[{"itemIdentifier":"2"},{"itemIdentifier":"3"}]}`; err != nil || answer != want {
		t.Errorf("with deadletter none: answer %s, want %s, error %v", answer, want, err)
	}
}

// In a FIFO queue a failure stops its own group and no other; in a standard
// queue a group id means nothing for the order.
func TestSQSGroups(t *testing.T) {
	logged.Text(t)
	for queue, test := range map[string]struct {
		answer  string
		handled []string
	}{
		"q.fifo": {`{"batchItemFailures":[{"itemIdentifier":"a2"},{"itemIdentifier":"a3"}]}`, []string{"a1", "a2", "b1", "b2"}},
		"q":      {`{"batchItemFailures":[{"itemIdentifier":"a2"}]}`, []string{"a1", "b1", "a2", "b2", "a3"}},
	} {
		var handled []string
		h := fn.HandlerFunc(func(_ context.Context, e fn.Event) (*fn.Event, error) {
			handled = append(handled, e.ID())
			if e.ID() == "a2" {
				return nil, errors.New("passing trouble")
			}
			return nil, nil
		})
		var records []string
		for _, id := range []string{"a1", "b1", "a2", "b2", "a3"} {
			records = append(records, message(queue, id, "1", fmt.Sprintf(`"MessageGroupId":%q`, id[:1]), ""))
		}
		answer, err := Handler(h, SQS{Queue: "q"}).Invoke(t.Context(), []byte(batch(records...)))
		if err != nil || string(answer) != test.answer {
			t.Errorf("%s: answer %s, want %s, error %v", queue, answer, test.answer, err)
		}
		if diff := cmp.Diff(test.handled, handled); diff != "" {
			t.Errorf("%s: handled (-want +got):\n%s", queue, diff)
		}
	}
}

// Messages are handled at once up to the concurrency: both handlers wait for
// each other, so that one at a time would never end.
func TestSQSConcurrency(t *testing.T) {
	meet := make(chan struct{})
	h := fn.HandlerFunc(func(context.Context, fn.Event) (*fn.Event, error) {
		select {
		case meet <- struct{}{}:
		case <-meet:
		case <-time.After(10 * time.Second):
			return nil, errors.New("alone")
		}
		return nil, nil
	})
	payload := batch(message("q", "1", "1", "", ""), message("q", "2", "2", "", ""))
	answer, err := Handler(h, SQS{Queue: "q", Concurrency: 2}).Invoke(t.Context(), []byte(payload))
	if err != nil || string(answer) != noFailures {
		t.Errorf("answer %s, error %v", answer, err)
	}
}

// An empty batch is answered with a list all the same.
func TestSQSEmptyBatch(t *testing.T) {
	answer, err := invoke(t, SQS{Queue: "q"}, &recorder{}, `{"Records":[]}`)
	if err != nil || answer != noFailures {
		t.Errorf("answer %s, error %v", answer, err)
	}
}

// The platform's deadline is in the delivery, not the earlier one of the
// handler's context.
func TestSQSDeliveryDeadline(t *testing.T) {
	deadline := time.Now().Add(time.Hour)
	ctx, cancel := context.WithDeadline(t.Context(), deadline)
	defer cancel()
	r := &recorder{}
	if _, err := Handler(r, SQS{Queue: "q"}).Invoke(ctx, fixture(t, "sqs-event.json")); err != nil {
		t.Fatal(err)
	}
	if got := r.deliveries[0].Deadline; !got.Equal(deadline) {
		t.Errorf("deadline %v, want %v", got, deadline)
	}
}
