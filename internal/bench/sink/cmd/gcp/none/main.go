// Command none is a function fed by a queue, without dead letters of its own.
package main

import (
	"context"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/providers/gcp"
)

func main() {
	gcp.Serve(gcp.Handler(fn.On(func(context.Context, string) error { return nil }), gcp.PubSub{Queue: "orders"}))
}
