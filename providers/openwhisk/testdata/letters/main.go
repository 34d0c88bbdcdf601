// Command letters is a function with dead letters as it is deployed, for the
// test of what it links.
package main

import (
	"context"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/emit"
	"github.com/fngen/fngen/providers/openwhisk"
	"github.com/fngen/fngen/providers/openwhisk/sink/trigger"
)

func main() {
	letters := emit.DeadLetters("/shop/letters", trigger.Trigger{Name: "lost"})
	openwhisk.Start(fn.On(func(context.Context, string) error { return nil }), openwhisk.Kafka{Queue: "orders", DeadLetter: letters})
}
