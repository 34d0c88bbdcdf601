// Package sns is the sink topic on AWS.
package sns

import (
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/emit"
	"github.com/fngen/fngen/internal/ce"
	"github.com/fngen/fngen/internal/sinks"
	"github.com/fngen/fngen/providers/aws/internal/api"
)

// Topic publishes events to an SNS topic, in structured mode with the attribute
// content-type. Its ARN is in the environment, as FNGEN_SINK_NAME.
//
// In a FIFO topic the group is the extension partitionkey, or the event's id
// where there is none, and source and id make the deduplication id.
type Topic struct {
	Name string // in the directive
	Type string // of events that have none
}

var _ emit.Sink = Topic{}

// Declared implements emit.Sink.
func (t Topic) Declared() (name, eventType string) { return t.Name, t.Type }

const contentType = "content-type"

// limits are those of a call.
//
// https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html
var limits = api.Limits{Count: 10, Bytes: 256 << 10, Size: func(e api.Entry) int {
	return len(e.Body) + len(contentType) + len("String") + len(ce.MediaType)
}}

// refused are the codes of messages that are never taken.
var refused = []string{"BatchRequestTooLong", "InvalidParameter", "InvalidParameterValue", "ParameterValueInvalid", "ValidationError"}

var service = api.Service{Name: "sns", Variable: "SNS"}

// Send implements emit.Sink.
func (t Topic) Send(ctx context.Context, events []event.Event) []error {
	arn, err := sinks.Address(t.Name)
	if err != nil {
		return api.All(len(events), err)
	}
	return api.Send(ctx, events, limits, api.Grouping(arn), func(batch []api.Entry) []error { return send(ctx, arn, batch) })
}

// send makes one call of PublishBatch.
func send(ctx context.Context, arn string, batch []api.Entry) []error {
	form := url.Values{"Action": {"PublishBatch"}, "Version": {"2010-03-31"}, "TopicArn": {arn}}
	for i, e := range batch {
		member := fmt.Sprintf("PublishBatchRequestEntries.member.%d.", i+1)
		form.Set(member+"Id", strconv.Itoa(i))
		form.Set(member+"Message", string(e.Body))
		form.Set(member+"MessageAttributes.entry.1.Name", contentType)
		form.Set(member+"MessageAttributes.entry.1.Value.DataType", "String")
		form.Set(member+"MessageAttributes.entry.1.Value.StringValue", ce.MediaType)
		if e.Group != "" {
			form.Set(member+"MessageGroupId", e.Group)
			form.Set(member+"MessageDeduplicationId", api.Deduplication(ctx, e.Event))
		}
	}
	status, response, err := service.Call(ctx, []byte(form.Encode()), "Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	if err != nil {
		return api.All(len(batch), err)
	}
	if status != http.StatusOK {
		return api.All(len(batch), failure(status, response))
	}
	return results(response, len(batch))
}

// failure is the error for a response to the whole call.
func failure(status int, response []byte) error {
	var answer struct {
		Code    string `xml:"Error>Code"`
		Message string `xml:"Error>Message"`
	}
	if xml.Unmarshal(response, &answer) != nil || answer.Code == "" {
		err := fmt.Errorf("SNS: status %d", status)
		if status == http.StatusRequestEntityTooLarge {
			return fn.Permanent(err)
		}
		return err
	}
	return api.Failure("SNS", answer.Code, answer.Message, refused...)
}

func results(response []byte, n int) []error {
	var answer struct {
		Taken  []string `xml:"PublishBatchResult>Successful>member>Id"`
		Failed []struct {
			ID      string `xml:"Id"`
			Code    string
			Message string
		} `xml:"PublishBatchResult>Failed>member"`
	}
	if err := xml.Unmarshal(response, &answer); err != nil {
		return api.All(n, fmt.Errorf("SNS: decode response: %w", err))
	}
	var failed []api.Failed
	for _, f := range answer.Failed {
		failed = append(failed, api.Failed(f))
	}
	return api.Results("SNS", n, answer.Taken, failed, refused...)
}
