// Command queue is a function on a queue, for the test of what is linked.
package main

import (
	"context"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/providers/aws"
)

func main() {
	aws.Start(fn.On(func(context.Context, string) error { return nil }), aws.SQS{Queue: "orders"})
}
