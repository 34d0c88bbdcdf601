// Command google-letters is a service that a topic feeds, with dead letters.
package main

import (
	"context"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/emit"
	"github.com/fngen/fngen/providers/gcp"
	"github.com/fngen/fngen/providers/gcp/sink/pubsub"
)

type order struct {
	ID    string `json:"id"`
	Total int    `json:"total"`
}

func main() {
	letters := emit.DeadLetters("/example.com/shop/order", pubsub.Topic{Name: "order-letters"})
	gcp.Serve(gcp.Handler(fn.On(func(context.Context, order) error { return nil }), gcp.PubSub{Topic: "orders", DeadLetter: letters}))
}
