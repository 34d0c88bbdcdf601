package aws_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/fngen/fngen/internal/native"
	"github.com/fngen/fngen/internal/native/aws"
	"github.com/fngen/fngen/internal/testkit/members"
)

// What lies in a queue's message has all that the service in between writes.
//
// https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html#http-notification-json
// https://docs.aws.amazon.com/eventbridge/latest/ref/events-structure.html
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
func TestEnvelopes(t *testing.T) {
	const (
		topic = `{"Type":"Notification","MessageId":"","TopicArn":"","Message":"","Timestamp":"","SignatureVersion":"","Signature":"","SigningCertURL":"","UnsubscribeURL":""}`
		bus   = `{"version":"0","id":"","detail-type":"","source":"","account":"","time":"","region":"","resources":[],"detail":{}}`
		store = `{"Records":[{"eventVersion":"","eventSource":"","awsRegion":"","eventTime":"","eventName":"","userIdentity":{"principalId":""},
			"requestParameters":{"sourceIPAddress":""},"responseElements":{"x-amz-request-id":"","x-amz-id-2":""},"s3":{"s3SchemaVersion":"","configurationId":"",
			"bucket":{"name":"","ownerIdentity":{"principalId":""},"arn":""},"object":{"key":"","size":0,"eTag":"","versionId":"","sequencer":""}}}]}`
	)
	message := native.Message{Body: []byte("{}")}
	for _, c := range []struct {
		envelope string
		what     native.Occurrence
		want     []string // each in the one before
	}{
		{"sns", message, []string{topic, "{}"}},
		{"eventbridge", message, []string{bus}},
		{"s3", native.Object{Key: "a"}, []string{store}},
		{"sns+s3", native.Object{Key: "a"}, []string{topic, store}},
	} {
		payloads, err := aws.Platform{Envelope: c.envelope}.Encode(native.Trigger{Kind: "queue", Name: "orders"}, native.Invocation{},
			native.Delivery{Occurrence: c.what, Number: 1, Time: time.UnixMilli(0)})
		if err != nil {
			t.Fatal(err)
		}
		var batch struct{ Records []struct{ Body string } }
		if err := json.Unmarshal(payloads[0].Body, &batch); err != nil {
			t.Fatal(err)
		}
		text := batch.Records[0].Body
		for _, want := range c.want {
			missing, err := members.Missing([]byte(want), []byte(text), nil, nil)
			if err != nil || len(missing) > 0 {
				t.Errorf("%s: missing %s, %v, in\n%s", c.envelope, strings.Join(missing, ", "), err, text)
			}
			var notification struct{ Message string }
			_ = json.Unmarshal([]byte(text), &notification) // of another it is empty
			text = notification.Message
		}
	}
	if _, err := (aws.Platform{Envelope: "sns"}).Encode(native.Trigger{Kind: "queue", Name: "orders"}, native.Invocation{}, native.Delivery{Occurrence: native.Object{}}); err == nil {
		t.Error("a queue of notifications is given an object")
	}
}
