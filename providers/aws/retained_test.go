package aws

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/fnhttp"
	"github.com/fngen/fngen/internal/testkit/retained"
)

// structured is an event in structured mode.
func structured(data string) string {
	return `{"specversion":"1.0","id":"e-1","source":"/shop","type":"com.example.order.placed","subject":"orders/1","partitionkey":"c-7","data":` + data + `}`
}

// publishedText is an SNS notification as a queue has it.
func publishedText(message string) string {
	return fmt.Sprintf(`{"Type":"Notification","MessageId":"m-2","TopicArn":"arn:aws:sns:eu-west-1:1:news","Message":%q,`+
		`"MessageAttributes":{"traceparent":{"Type":"String","Value":"00-1-2-01"}}}`, message)
}

func objectRecord(data string) string {
	return `{"eventSource":"aws:s3","eventName":"ObjectCreated:Put","eventTime":"2026-01-02T03:04:05Z","awsRegion":"eu-west-1",` +
		`"responseElements":{"x-amz-request-id":"r-1"},"s3":{"bucket":{"name":"acme-uploads"},"object":{"key":"a.png","size":1,"eTag":"e","versionId":"v","sequencer":"00"}},"more":` + data + `}`
}

func ruled(source, detailType, detail, more string) string {
	return fmt.Sprintf(`{"id":"b-1","detail-type":%q,"source":%q,"account":"1","time":"2026-01-02T03:04:05Z","region":"eu-west-1",`+
		`"resources":["arn:aws:x:1"],"detail":%s,"more":%s}`, detailType, source, detail, more)
}

// Nothing of a payload outlives its event by accident, whatever brought it.
func TestRetained(t *testing.T) {
	const set = `"SentTimestamp":"1520621625029","ApproximateReceiveCount":"2","MessageGroupId":"c-7"`
	const sent = `"content-type":{"dataType":"String","stringValue":"%s"},"traceparent":{"dataType":"String","stringValue":"00-1-2-01"},"tracestate":{"dataType":"String","stringValue":"a=b"}`
	queued := func(body, contentType string) string {
		return batch(message("orders.fifo", "m-1", body, set, fmt.Sprintf(sent, contentType)))
	}
	for name, test := range map[string]struct {
		source  Source
		payload func(data string) string
	}{
		"SQS":              {SQS{Queue: "orders"}, func(data string) string { return queued(data, "application/json") }},
		"SQS, CloudEvent":  {SQS{Queue: "orders"}, func(data string) string { return queued(structured(data), "application/cloudevents+json") }},
		"SQS, sns":         {SQS{Queue: "orders", Envelope: EnvelopeSNS}, func(data string) string { return queued(publishedText(data), "") }},
		"SQS, eventbridge": {SQS{Queue: "orders", Envelope: EnvelopeEventBridge}, func(data string) string { return queued(ruled("shop", "Order", data, "0"), "") }},
		"SQS, s3":          {SQS{Queue: "orders", Envelope: EnvelopeS3}, func(data string) string { return queued(batch(objectRecord(data)), "") }},
		"SQS, sns+s3":      {SQS{Queue: "orders", Envelope: EnvelopeSNSS3}, func(data string) string { return queued(publishedText(batch(objectRecord(data))), "") }},
		"SNS": {SNS{Topic: "news"}, func(data string) string {
			return batch(`{"EventSource":"aws:sns","EventSubscriptionArn":"arn:aws:sns:eu-west-1:1:news:2","Sns":` + publishedText(data) + `}`)
		}},
		"S3": {S3{Bucket: "uploads"}, func(data string) string { return batch(objectRecord(data)) }},
		"S3 bus": {S3{Bucket: "uploads"}, func(data string) string {
			return ruled("aws.s3", "Object Created", `{"bucket":{"name":"b"},"object":{"key":"a.png"}}`, data)
		}},
		"DynamoDB": {DynamoDB{Collection: "carts"}, func(data string) string {
			return batch(fmt.Sprintf(`{"eventID":"e-1","eventName":"INSERT","eventSource":"aws:dynamodb","awsRegion":"eu-west-1","eventSourceARN":"arn:aws:dynamodb:eu-west-1:1:table/t/stream/1",`+
				`"dynamodb":{"SequenceNumber":"7","ApproximateCreationDateTime":1,"Keys":{"_id":{"S":"c-7"}},"NewImage":{"_id":{"S":"c-7"},"text":{"S":%q}}}}`, data))
		}},
		"Kinesis": {Kinesis{Stream: "clicks"}, func(data string) string { return batch(streamed("7", []byte(data))) }},
		"Kinesis, aggregate": {Kinesis{Stream: "clicks"}, func(data string) string {
			return batch(streamed("7", aggregate(field(1, "customer 7")+user(0, data))))
		}},
		"EventBridge":             {EventBridge{}, func(data string) string { return ruled("shop", "Order", data, "0") }},
		"EventBridge, CloudEvent": {EventBridge{}, func(data string) string { return ruled("shop", "Order", structured(data), "0") }},
		"Scheduler": {Scheduler{Name: "nightly"}, func(data string) string {
			return `{"name":"nightly","scheduled":"2026-01-02T03:04:05Z","schedule":"arn:aws:scheduler:eu-west-1:1:schedule/default/nightly","attempt":"1","more":` + data + `}`
		}},
	} {
		t.Run(name, func(t *testing.T) {
			retained.Check(t, func(h fn.Handler) func() error {
				return invoking(t, Handler(h, test.source), test.payload, noFailures, "null")
			})
		})
	}
}

// The same holds for requests, as events and as they are.
func TestRetainedOfRequests(t *testing.T) {
	const request = `{"version":"2.0","rawPath":"/orders/1","rawQueryString":"a=b","headers":{"host":"shop.example","content-type":%q,"x-one":"1","traceparent":"00-1-2-01"},` +
		`"cookies":["c=1"],"requestContext":{"requestId":"r-1","domainName":"x.lambda-url.eu-west-1.on.aws","http":{"method":"POST","protocol":"HTTP/1.1","sourceIp":"192.0.2.1"}},` +
		`"body":%q,"isBase64Encoded":%v}`
	payloads := map[string]func(data string) string{
		"text": func(data string) string { return fmt.Sprintf(request, "application/json", data, false) },
		"base64": func(data string) string {
			return fmt.Sprintf(request, "application/json", base64.StdEncoding.EncodeToString([]byte(data)), true)
		},
		"CloudEvent": func(data string) string {
			return fmt.Sprintf(request, "application/cloudevents+json", structured(data), false)
		},
	}
	for name, payload := range payloads {
		t.Run(name, func(t *testing.T) {
			retained.Check(t, func(h fn.Handler) func() error {
				return invoking(t, HTTPHandler(fnhttp.Handler(h, "/shop/Orders"), HTTP{}), payload, `{"statusCode":204,"body":"","isBase64Encoded":false}`)
			})
		})
	}
	t.Run("net/http", func(t *testing.T) {
		retained.CheckRequests(t, func(h http.Handler) func() error {
			return invoking(t, HTTPHandler(h, HTTP{}), payloads["text"], `{"statusCode":200,"body":"","isBase64Encoded":false}`)
		})
	})
}

// invoking returns what invokes h with a copy of the payload and wants one of
// the answers.
func invoking(t *testing.T, h lambda.Handler, payload func(data string) string, answers ...string) func() error {
	text := []byte(payload(retained.Data))
	return func() error {
		got, err := h.Invoke(t.Context(), bytes.Clone(text))
		if err == nil && !slices.Contains(answers, string(got)) {
			err = fmt.Errorf("answer %s, want one of %q", got, answers)
		}
		return err
	}
}
