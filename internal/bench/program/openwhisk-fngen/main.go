// Command openwhisk-fngen is an action that takes CloudEvents.
package main

import (
	"context"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/providers/openwhisk"
)

func main() {
	openwhisk.Start(fn.On(func(context.Context, event.Event) error { return nil }), openwhisk.Trigger{Type: "com.example.order.placed"})
}
