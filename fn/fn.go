// Package fn is what an event handler sees: the event, the payloads that mean
// the same on every cloud, the vocabulary of errors, and the delivery.
//
// A handler is plain Go. Nothing registers and nothing runs at init; a
// directive above the function says what triggers it, and fngen writes the
// entrypoints:
//
//	// Confirm reserves stock for each placed order.
//	//
//	//fn:queue orders
//	func Confirm(ctx context.Context, order Order) error
//
// Its shape is one of
//
//	func(context.Context, T) error
//	func(context.Context, T) (R, error)
//
// T is [Event] by value, []byte or string for the raw data, [Object], [Change]
// or [Tick] on the trigger of that payload, or any type that JSON decodes into.
// R is *[Event], []byte, string, or any type that encodes to JSON. A handler
// that imports nothing of fngen is one too: [Event] is the type of the
// CloudEvents SDK.
//
// Handlers must be safe for concurrent use: every platform may run several
// events at once in one process.
//
// Delivery is at least once on AWS Lambda and Google Cloud, and at most once on
// Apache OpenWhisk. An event's source and id name the occurrence, so they are
// what a handler compares to recognise one that it has seen.
package fn

import (
	"context"

	"github.com/cloudevents/sdk-go/v2/event"
)

// Event is a CloudEvent, https://cloudevents.io.
type Event = event.Event

// A Handler handles events. It is to events what http.Handler is to requests.
//
// A nil error means that the event is done. Any other error is retryable,
// unless [Permanent] or [BadInput] says otherwise. A nil reply is no reply; a
// reply without a type is a bare value, which the HTTP response or the sink
// gives its meaning.
type Handler interface {
	Handle(ctx context.Context, e Event) (*Event, error)
}

// HandlerFunc makes a [Handler] of a function.
type HandlerFunc func(context.Context, Event) (*Event, error)

// Handle calls f.
func (f HandlerFunc) Handle(ctx context.Context, e Event) (*Event, error) { return f(ctx, e) }

// GeneratedV1 is named by generated entrypoints: where it does not compile, the
// module is older than the generator.
const GeneratedV1 = true
