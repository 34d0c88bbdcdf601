// Package sqs is the sink queue on AWS.
package sqs

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn/emit"
	"github.com/fngen/fngen/internal/ce"
	"github.com/fngen/fngen/internal/sinks"
	"github.com/fngen/fngen/providers/aws/internal/api"
)

// Queue sends events to an SQS queue, in structured mode with the attribute
// content-type. Its URL is in the environment, as FNGEN_SINK_NAME.
//
// In a FIFO queue the group is the extension partitionkey, or the event's id
// where there is none, and source and id make the deduplication id, of a dead
// letter with the message that it is written for.
type Queue struct {
	Name string // in the directive
	Type string // of events that have none
}

var _ emit.Sink = Queue{}

// Declared implements emit.Sink.
func (q Queue) Declared() (name, eventType string) { return q.Name, q.Type }

const contentType = "content-type"

// limits are those of a call.
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
var limits = api.Limits{Count: 10, Bytes: 1 << 20, Size: func(e api.Entry) int {
	return len(e.Body) + len(contentType) + len("String") + len(ce.MediaType)
}, Check: checkCharacters}

// checkCharacters refuses what SQS does, before it is sent: of the characters
// that structured mode leaves as they are those are two.
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
func checkCharacters(body []byte) error {
	for _, c := range []string{"\uFFFE", "\uFFFF"} {
		if bytes.Contains(body, []byte(c)) {
			return fmt.Errorf("the event has the character %+q, which SQS does not take", c)
		}
	}
	return nil
}

// refused are the codes of messages that are never taken.
var refused = []string{"InvalidMessageContents", "BatchRequestTooLong", "InvalidParameterValue", "MessageTooLong"}

var service = api.Service{Name: "sqs", Variable: "SQS"}

// Send implements emit.Sink.
func (q Queue) Send(ctx context.Context, events []event.Event) []error {
	url, err := sinks.Address(q.Name)
	if err != nil {
		return api.All(len(events), err)
	}
	return api.Send(ctx, events, limits, api.Grouping(url), func(batch []api.Entry) []error { return send(ctx, url, batch) })
}

type entry struct {
	ID              string               `json:"Id"`
	Body            string               `json:"MessageBody"`
	Attributes      map[string]attribute `json:"MessageAttributes"`
	GroupID         string               `json:"MessageGroupId,omitempty"`
	DeduplicationID string               `json:"MessageDeduplicationId,omitempty"`
}

type attribute struct {
	DataType    string
	StringValue string
}

// send makes one call of SendMessageBatch.
func send(ctx context.Context, url string, batch []api.Entry) []error {
	request := struct {
		QueueURL string `json:"QueueUrl"`
		Entries  []entry
	}{QueueURL: url}
	for i, e := range batch {
		one := entry{ID: strconv.Itoa(i), Body: string(e.Body), Attributes: map[string]attribute{contentType: {"String", ce.MediaType}}, GroupID: e.Group}
		if e.Group != "" {
			one.DeduplicationID = api.Deduplication(ctx, e.Event)
		}
		request.Entries = append(request.Entries, one)
	}
	body, err := json.Marshal(request)
	if err != nil {
		return api.All(len(batch), err)
	}
	status, response, err := service.Call(ctx, body, "Content-Type", "application/x-amz-json-1.0", "X-Amz-Target", "AmazonSQS.SendMessageBatch")
	if err != nil {
		return api.All(len(batch), err)
	}
	if status != http.StatusOK {
		return api.All(len(batch), api.JSONFailure("SQS", status, response, refused...))
	}
	return results(response, len(batch))
}

func results(response []byte, n int) []error {
	var answer struct {
		Successful []struct{ ID string }
		Failed     []api.Failed
	}
	if err := json.Unmarshal(response, &answer); err != nil {
		return api.All(n, fmt.Errorf("SQS: decode response: %w", err))
	}
	var taken []string
	for _, s := range answer.Successful {
		taken = append(taken, s.ID)
	}
	return api.Results("SQS", n, taken, answer.Failed, refused...)
}
