package eventbridge_test

import (
	"context"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/emit"
	"github.com/fngen/fngen/providers/aws"
	"github.com/fngen/fngen/providers/aws/sink/eventbridge"
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

// Orders come from a queue, and confirmations go to the bus whose name is in
// FNGEN_SINK_SHOP.
func ExampleBus() {
	confirmed := eventbridge.Bus{Name: "shop", Type: "com.example.order.confirmed"}
	confirm := emit.Replies(fn.Reply(Confirm), "/example.com/shop/confirm", confirmed)
	aws.Start(confirm, aws.SQS{Queue: "orders"})
}
