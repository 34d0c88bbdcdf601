package aws

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/internal/testkit/logged"
)

// notificationOf is the envelope that a topic puts around a message in a queue.
func notificationOf(message, attributes string) string {
	return fmt.Sprintf(`{"Type":"Notification","MessageId":"n","TopicArn":"arn:aws:sns:eu-west-1:1:t","Subject":"s","Message":%q,`+
		`"Timestamp":"2015-06-03T17:43:27.123Z","SignatureVersion":"1","MessageAttributes":{%s}}`, message, attributes)
}

// ofBus is the envelope that a rule puts around an event in a queue.
func ofBus(detail string) string {
	return `{"version":"0","id":"b","detail-type":"order placed","source":"shop","account":"1","time":"2026-01-02T03:04:05Z","region":"eu-west-1","resources":["r"],"detail":` + detail + `}`
}

const bucketRecords = `{"Records":[{"eventSource":"aws:s3","eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"b"},"object":{"key":"k"}}}]}`

// A declared envelope is taken off: the event has the id, the time and the
// group of the queue's message, and the data and attributes of what is in it.
func TestEnvelopes(t *testing.T) {
	const (
		head = `{"specversion":"1.0","id":"m","source":"arn:aws:sqs:eu-west-1:1:q.fifo","type":"dev.fngen.message.received.v1",`
		tail = `"subject":"orders","time":"2018-03-09T18:53:45.029Z","partitionkey":"g"`
		own  = `{"specversion":"1.0","id":"1","source":"/shop","type":"com.example.order.placed","data":1}`
	)
	for name, test := range map[string]struct {
		source     SQS
		body, want string
	}{
		"sns": {
			SQS{Envelope: EnvelopeSNS}, notificationOf(`{"n":9007199254740993}`, ""),
			head + `"datacontenttype":"application/json",` + tail + `,"data":{"n":9007199254740993}}`,
		},
		"sns, the directive's content type": {
			SQS{Envelope: EnvelopeSNS, Content: "text/plain"}, notificationOf("a", ""),
			head + `"datacontenttype":"text/plain",` + tail + `,"data":"a"}`,
		},
		"sns, the message's own attributes": {
			SQS{Envelope: EnvelopeSNS, Content: "text/plain"},
			notificationOf("a: 1", `"content-type":{"Type":"String","Value":"application/yaml"},"tracestate":{"Type":"String","Value":"a=1"}`),
			head + `"datacontenttype":"application/yaml",` + tail + `,"tracestate":"a=1","data":"a: 1"}`,
		},
		"sns, a CloudEvent": {
			SQS{Envelope: EnvelopeSNS}, notificationOf(own, `"content-type":{"Type":"String","Value":"application/cloudevents+json"}`), own,
		},
		"eventbridge": {
			SQS{Envelope: EnvelopeEventBridge, Content: "text/plain"}, ofBus(`{"n": 9007199254740993}`),
			head + `"datacontenttype":"application/json",` + tail + `,"data":{"n": 9007199254740993}}`,
		},
		"eventbridge, a CloudEvent": {SQS{Envelope: EnvelopeEventBridge}, ofBus(own), own},
		"s3": {
			SQS{Envelope: EnvelopeS3, Content: "text/plain"}, bucketRecords,
			head + `"datacontenttype":"application/json",` + tail + `,"data":` + bucketRecords + `}`,
		},
		"sns+s3": {
			SQS{Envelope: EnvelopeSNSS3, Content: "text/plain"}, notificationOf(bucketRecords, ""),
			head + `"datacontenttype":"application/json",` + tail + `,"data":` + bucketRecords + `}`,
		},
	} {
		test.source.Queue = "orders"
		r := &recorder{}
		answer, err := invoke(t, test.source, r, batch(message("q.fifo", "m", test.body, `"SentTimestamp":"1520621625029","MessageGroupId":"g"`, "")))
		if err != nil || answer != noFailures {
			t.Errorf("%s: answer %s, error %v", name, answer, err)
		}
		wantEvents(t, r, test.want)
	}
}

// The delivery has the attributes of what was in the envelope, and the record
// as it came.
func TestEnvelopeDelivery(t *testing.T) {
	for _, test := range []struct {
		envelope Envelope
		body     string
		want     map[string]string
	}{
		{EnvelopeSNS, notificationOf("1", `"priority":{"Type":"String","Value":"high"}`), map[string]string{"priority": "high", "ApproximateReceiveCount": "3"}},
		{EnvelopeEventBridge, ofBus("1"), map[string]string{
			"detail-type": "order placed", "source": "shop", "account": "1", "region": "eu-west-1", "content-type": "application/json", "ApproximateReceiveCount": "3",
		}},
	} {
		r := &recorder{}
		record := message("q", "m", test.body, `"ApproximateReceiveCount":"3"`, "")
		if _, err := invoke(t, SQS{Queue: "q", Envelope: test.envelope}, r, batch(record)); err != nil {
			t.Fatal(err)
		}
		d := r.deliveries[0]
		if diff := cmp.Diff(test.want, d.Attributes); diff != "" {
			t.Errorf("%s: attributes (-want +got):\n%s", test.envelope, diff)
		}
		if d.NativeID != "m" || d.Attempt != 3 || string(d.Raw()) != record {
			t.Errorf("%s: %+v, raw %s", test.envelope, d, d.Raw())
		}
	}
}

// What S3 sends to try a queue is no message: it is acknowledged where S3
// notifications are declared.
func TestEnvelopeTestEvent(t *testing.T) {
	const trial = `{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"b"}`
	for envelope, body := range map[Envelope]string{EnvelopeS3: trial, EnvelopeSNSS3: notificationOf(trial, "")} {
		r := &recorder{}
		answer, err := invoke(t, SQS{Queue: "q", Envelope: envelope, Content: "application/cloudevents+json"}, r, batch(message("q", "m", body, "", "")))
		if err != nil || answer != noFailures {
			t.Errorf("%s: answer %s, error %v", envelope, answer, err)
		}
		wantEvents(t, r)
	}
}

// A message whose envelope is not the declared one reaches no handler and stays
// in the queue, with deadletter none too, and the error says what to set.
func TestOtherEnvelope(t *testing.T) {
	const trial = `{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"b"}`
	for name, test := range map[string]struct {
		envelope  Envelope
		body, why string
	}{
		"none":                        {EnvelopeSNS, `{"n":1}`, "the body is no sns envelope, which resources.orders.aws.envelope declares"},
		"none for eventbridge":        {EnvelopeEventBridge, `1`, "the body is no eventbridge envelope"},
		"none for s3":                 {EnvelopeS3, `{"Records":[]}`, "the body is no s3 envelope"},
		"none for sns+s3":             {EnvelopeSNSS3, bucketRecordsLess, "the body is no sns+s3 envelope"},
		"sns without s3":              {EnvelopeSNSS3, notificationOf("1", ""), "the body is no sns+s3 envelope"},
		"another":                     {EnvelopeSNS, bucketRecords, "set resources.orders.aws.envelope to s3 "},
		"s3 without sns":              {EnvelopeSNSS3, bucketRecords, "set resources.orders.aws.envelope to s3 "},
		"s3 in sns":                   {EnvelopeSNS, notificationOf(bucketRecords, ""), "set resources.orders.aws.envelope to sns+s3 "},
		"sns around s3":               {EnvelopeS3, notificationOf(bucketRecords, ""), "set resources.orders.aws.envelope to sns "},
		"eventbridge in sns":          {EnvelopeSNS, notificationOf(ofBus("1"), ""), "an envelope in an envelope, sns+eventbridge"},
		"sns in sns":                  {EnvelopeSNS, notificationOf(notificationOf("1", ""), ""), "an envelope in an envelope, sns+sns"},
		"a test event":                {EnvelopeEventBridge, trial, "set resources.orders.aws.envelope to s3 "},
		"a test event in sns":         {EnvelopeSNS, notificationOf(trial, ""), "set resources.orders.aws.envelope to sns+s3 "},
		"a test event that sns lacks": {EnvelopeSNSS3, trial, "set resources.orders.aws.envelope to s3 "},
		"an envelope of no setting":   {"mqtt", "1", "the body is no mqtt envelope"},
	} {
		log := logged.Text(t)
		r := &recorder{}
		answer, err := invoke(t, SQS{Queue: "orders", Envelope: test.envelope, NoDeadLetter: true}, r, batch(message("q", "m", test.body, "", "")))
		if want := `{"batchItemFailures":[{"itemIdentifier":"m"}]}`; err != nil || answer != want {
			t.Errorf("%s: answer %s, want %s, error %v", name, answer, want, err)
		}
		wantEvents(t, r)
		if !strings.Contains(log.String(), "decode SQS record 1: ") || !strings.Contains(log.String(), test.why) {
			t.Errorf("%s: log does not hold %q:\n%s", name, test.why, log)
		}
	}
}

const bucketRecordsLess = `{"n":"aws:s3"}`

// An envelope with nothing in it is that message's failure alone.
func TestBrokenEnvelope(t *testing.T) {
	for body, test := range map[string]struct {
		envelope Envelope
		why      string
	}{
		`{"Type":"Notification","TopicArn":"t","Message":null}`:                           {EnvelopeSNS, "sns envelope: missing Message"},
		`{"Type":"Notification","TopicArn":"t","Message":{}}`:                             {EnvelopeSNS, "sns envelope: Message: cannot unmarshal object"},
		`{"detail-type":"t","source":"s","detail":null}`:                                  {EnvelopeEventBridge, "eventbridge envelope: missing detail"},
		`{"detail-type":"t","source":"s","detail":{},"resources":5}`:                      {EnvelopeEventBridge, "eventbridge envelope: cannot unmarshal number into array"},
		ofBus(`{"specversion":"1.0"}`):                                                    {EnvelopeEventBridge, "required attribute missing"},
		ofBus(`{"specversion":"1.0","id":"1","source":"/","type":"dev.fngen.forged.v1"}`): {EnvelopeEventBridge, "made by adapters only"},
	} {
		log := logged.Text(t)
		r := &recorder{}
		answer, err := invoke(t, SQS{Queue: "orders", Envelope: test.envelope}, r, batch(message("q", "m", body, "", "")))
		if want := `{"batchItemFailures":[{"itemIdentifier":"m"}]}`; err != nil || answer != want {
			t.Errorf("%s: answer %s, error %v", body, answer, err)
		}
		wantEvents(t, r)
		if !strings.Contains(log.String(), test.why) {
			t.Errorf("%s: log does not hold %q:\n%s", body, test.why, log)
		}
	}
}
