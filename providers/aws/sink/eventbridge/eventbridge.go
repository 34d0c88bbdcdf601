// Package eventbridge is the sink event on AWS.
package eventbridge

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn/emit"
	"github.com/fngen/fngen/internal/sinks"
	"github.com/fngen/fngen/providers/aws/internal/api"
)

// Bus puts events on an EventBridge bus: Source and DetailType are the event's
// source and type, and Detail is the event in structured mode. The bus's name
// or ARN is in the environment, as FNGEN_SINK_NAME.
type Bus struct {
	Name string // in the directive
	Type string // of events that have none
}

var _ emit.Sink = Bus{}

// Declared implements emit.Sink.
func (b Bus) Declared() (name, eventType string) { return b.Name, b.Type }

// limits are those of a call.
//
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html
var limits = api.Limits{Count: 10, Bytes: 256 << 10, Size: func(e api.Entry) int {
	const time = 14
	return len(e.Body) + len(e.Event.Source()) + len(e.Event.Type()) + time
}}

// refused are the codes of entries that are never taken.
var refused = []string{"ValidationException", "InvalidArgument", "MalformedDetail", "NotAuthorizedForSource", "NotAuthorizedForDetailType", "InvalidParameter"}

var service = api.Service{Name: "events", Variable: "EVENTBRIDGE"}

// Send implements emit.Sink.
func (b Bus) Send(ctx context.Context, events []event.Event) []error {
	bus, err := sinks.Address(b.Name)
	if err != nil {
		return api.All(len(events), err)
	}
	return api.Send(ctx, events, limits, api.Ungrouped, func(batch []api.Entry) []error { return send(ctx, bus, batch) })
}

type entry struct {
	EventBusName, Source, DetailType, Detail string
	Time                                     int64 `json:",omitempty"` // seconds
}

// send makes one call of PutEvents.
func send(ctx context.Context, bus string, batch []api.Entry) []error {
	var request struct{ Entries []entry }
	for _, e := range batch {
		one := entry{EventBusName: bus, Source: e.Event.Source(), DetailType: e.Event.Type(), Detail: string(e.Body)}
		if t := e.Event.Time(); !t.IsZero() {
			one.Time = t.Unix()
		}
		request.Entries = append(request.Entries, one)
	}
	body, err := json.Marshal(request)
	if err != nil {
		return api.All(len(batch), err)
	}
	status, response, err := service.Call(ctx, body, "Content-Type", "application/x-amz-json-1.1", "X-Amz-Target", "AWSEvents.PutEvents")
	if err != nil {
		return api.All(len(batch), err)
	}
	if status != http.StatusOK {
		return api.All(len(batch), api.JSONFailure("EventBridge", status, response, refused...))
	}
	return results(response, len(batch))
}

// results returns an error for each entry without an event id.
func results(response []byte, n int) []error {
	var answer struct {
		Entries []struct {
			EventID                 string `json:"EventId"`
			ErrorCode, ErrorMessage string
		}
	}
	if err := json.Unmarshal(response, &answer); err != nil {
		return api.All(n, fmt.Errorf("EventBridge: decode response: %w", err))
	}
	if len(answer.Entries) != n {
		return api.All(n, fmt.Errorf("EventBridge: the response has %d entries, want %d", len(answer.Entries), n))
	}
	errs := make([]error, n)
	for i, e := range answer.Entries {
		if e.EventID == "" {
			errs[i] = api.Failure("EventBridge", e.ErrorCode, e.ErrorMessage, refused...)
		}
	}
	return errs
}
