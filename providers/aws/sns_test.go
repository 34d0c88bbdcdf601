package aws

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/testkit/logged"
)

// notified is a record of SNS with the given message and attributes.
func notified(id, body, attributes string) string {
	return fmt.Sprintf(`{"EventSource":"aws:sns","EventSubscriptionArn":"arn:aws:sns:eu-west-1:1:t:sub","Sns":{"Type":"Notification",`+
		`"MessageId":%q,"TopicArn":"arn:aws:sns:eu-west-1:1:t","Message":%q,"MessageAttributes":{%s}}}`, id, body, attributes)
}

// The real payload's event and delivery, to the byte.
func TestSNSRealPayload(t *testing.T) {
	r := &recorder{}
	answer, err := invoke(t, SNS{Topic: "news", Content: "text/plain"}, r, string(fixture(t, "sns-event.json")))
	if err != nil || answer != "null" {
		t.Errorf("answer %s, error %v", answer, err)
	}
	wantEvents(t, r, `{"specversion":"1.0","id":"95df01b4-ee98-5cb9-9903-4c221d41eb5e","source":"arn:aws:sns:EXAMPLE",`+
		`"type":"dev.fngen.message.received.v1","datacontenttype":"text/plain","subject":"news",`+
		`"time":"2015-06-03T17:43:27.123Z","data":"Hello from SNS!"}`)
	want := fn.Delivery{Provider: "aws", Trigger: "topic", NativeID: "95df01b4-ee98-5cb9-9903-4c221d41eb5e", Attributes: map[string]string{
		"Test": "TestString", "Subject": "TestInvoke", "EventSubscriptionArn": "arn:aws:sns:EXAMPLE",
	}}
	if diff := cmp.Diff(want, r.deliveries[0], cmpopts.IgnoreUnexported(fn.Delivery{})); diff != "" {
		t.Errorf("delivery (-want +got):\n%s", diff)
	}
}

// What becomes an attribute of the event, and what does not.
func TestSNSEvents(t *testing.T) {
	const head = `{"specversion":"1.0","id":"m","source":"arn:aws:sns:eu-west-1:1:t","type":"dev.fngen.message.received.v1",`
	for name, test := range map[string]struct {
		source       SNS
		record, want string
	}{
		"JSON by default": {
			SNS{Topic: "news"}, notified("m", `{"n":9007199254740993}`, ""),
			head + `"datacontenttype":"application/json","subject":"news","data":{"n":9007199254740993}}`,
		},
		"the message's content type wins over the directive's, a Binary is none": {
			SNS{Topic: "news", Content: "text/plain"},
			notified("m", `a: 1`, `"content-type":{"Type":"String","Value":"application/yaml"},"tracestate":{"Type":"Binary","Value":"YQ=="}`),
			head + `"datacontenttype":"application/yaml","subject":"news","data":"a: 1"}`,
		},
		"the trace comes from the message": {
			SNS{Topic: "news"}, notified("m", `1`, `"traceparent":{"Type":"String","Value":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},"tracestate":{"Type":"String","Value":"a=1"}`),
			head + `"datacontenttype":"application/json","subject":"news","traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01","tracestate":"a=1","data":1}`,
		},
		"a CloudEvent passes through": {
			SNS{Topic: "news"}, notified("m", `{"specversion":"1.0","id":"1","source":"/shop","type":"com.example.order.placed","data":1}`,
				`"content-type":{"Type":"String","Value":"application/cloudevents+json"}`),
			`{"specversion":"1.0","id":"1","source":"/shop","type":"com.example.order.placed","data":1}`,
		},
	} {
		r := &recorder{}
		if _, err := invoke(t, test.source, r, batch(test.record)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		wantEvents(t, r, test.want)
	}
}

// A publisher must not be able to overwrite what SNS says of a message.
func TestSNSOwnAttributesWin(t *testing.T) {
	r := &recorder{}
	forged := `"EventSubscriptionArn":{"Type":"String","Value":"forged"},"Subject":{"Type":"String","Value":"forged"}`
	if _, err := invoke(t, SNS{Topic: "t"}, r, batch(notified("m", "1", forged))); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"EventSubscriptionArn": "arn:aws:sns:eu-west-1:1:t:sub"}, r.deliveries[0].Attributes); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
}

// SNS takes one answer for all records: a record that fails, or does not
// decode, is an error that names it, and the others are handled.
func TestSNSFailures(t *testing.T) {
	for bad, why := range map[string]string{
		`{"EventSource":"aws:sns","Sns":{"MessageId":"bad","TopicArn":"t"}}`:                                                "decode SNS record 2: missing Message",
		`{"EventSource":"aws:sns","Sns":{"TopicArn":"t","Message":"1"}}`:                                                    "decode SNS record 2: missing MessageId",
		`{"EventSource":"aws:sns","Sns":{"MessageId":"bad","Message":"1"}}`:                                                 "decode SNS record 2: missing TopicArn",
		`{"EventSource":"aws:sqs","Sns":{"MessageId":"bad","TopicArn":"t","Message":"1"}}`:                                  `decode SNS record 2: EventSource is "aws:sqs"`,
		`{"EventSource":"aws:sns","Sns":{"MessageId":"bad","TopicArn":"t","Message":"1","Timestamp":"soon"}}`:               "decode SNS record 2: Timestamp",
		`{"EventSource":"aws:sns","Sns":{"MessageId":"bad","TopicArn":"t","Message":5}}`:                                    "decode SNS record 2: Sns: Message: cannot unmarshal",
		notified("bad", `{"specversion":"1.0"}`, `"content-type":{"Type":"String","Value":"application/cloudevents+json"}`): "SNS record 2 (bad): decode SNS record 2: decode CloudEvent",
		notified("bad", `2`, ""): "SNS record 2 (bad): passing trouble",
	} {
		logged.Text(t)
		r := &recorder{answer: func(e fn.Event) error {
			if e.ID() == "bad" {
				return errors.New("passing trouble")
			}
			return nil
		}}
		_, err := invoke(t, SNS{Topic: "t"}, r, batch(notified("one", "1", ""), bad, notified("three", "3", "")))
		wantError(t, err, why)
		if all := strings.Join(r.events, "\n"); !strings.Contains(all, `"id":"one"`) || !strings.Contains(all, `"id":"three"`) {
			t.Errorf("events %s", all)
		}
	}
}
