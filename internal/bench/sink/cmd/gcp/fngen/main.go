// Command fngen is a function fed by a queue that writes dead letters to
// another through fngen's sink.
package main

import (
	"context"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/emit"
	"github.com/fngen/fngen/providers/gcp"
	"github.com/fngen/fngen/providers/gcp/sink/pubsub"
)

func main() {
	gcp.Serve(gcp.Handler(fn.On(func(context.Context, string) error { return nil }),
		gcp.PubSub{Queue: "orders", DeadLetter: emit.DeadLetters("/example.com/shop/confirm", pubsub.Topic{Name: "letters"})}))
}
