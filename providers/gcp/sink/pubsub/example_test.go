package pubsub_test

import (
	"context"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/emit"
	"github.com/fngen/fngen/providers/gcp"
	"github.com/fngen/fngen/providers/gcp/sink/pubsub"
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

// Orders come from a subscription, and confirmations go to the topic whose name
// is in FNGEN_SINK_NEWS.
func ExampleTopic() {
	confirmed := pubsub.Topic{Name: "news", Type: "com.example.order.confirmed"}
	confirm := emit.Replies(fn.Reply(Confirm), "/example.com/shop/confirm", confirmed)
	gcp.Serve(gcp.Handler(confirm, gcp.PubSub{Queue: "orders"}))
}
