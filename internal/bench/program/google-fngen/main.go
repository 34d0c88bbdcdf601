// Command google-fngen is a service that takes CloudEvents.
package main

import (
	"context"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/providers/gcp"
)

func main() {
	gcp.Serve(gcp.Handler(fn.On(func(context.Context, event.Event) error { return nil }), gcp.Event{Type: "com.example.order.placed"}))
}
