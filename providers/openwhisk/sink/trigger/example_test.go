package trigger_test

import (
	"context"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/emit"
	"github.com/fngen/fngen/providers/openwhisk"
	"github.com/fngen/fngen/providers/openwhisk/sink/trigger"
)

type Order struct {
	ID string `json:"id"`
}

type Confirmation struct {
	Order string `json:"order"`
}

// Confirm is a handler whose reply goes to the sink.
func Confirm(ctx context.Context, order Order) (Confirmation, error) {
	return Confirmation{Order: order.ID}, nil
}

// Orders come from Kafka, and each confirmation fires the trigger whose name is in
// FNGEN_SINK_NEWS.
func ExampleTrigger() {
	confirmed := trigger.Trigger{Name: "news", Type: "com.example.order.confirmed"}
	confirm := emit.Replies(fn.Reply(Confirm), "/example.com/shop/confirm", confirmed)
	openwhisk.Start(confirm, openwhisk.Kafka{Queue: "orders"})
}
