// Command queue is a function as it is deployed, for the test of what it links.
package main

import (
	"context"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/providers/openwhisk"
)

func main() {
	openwhisk.Start(fn.On(func(context.Context, string) error { return nil }), openwhisk.Kafka{Queue: "orders"})
}
