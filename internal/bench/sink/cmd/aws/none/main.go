// Command none is a function fed by a queue, without dead letters of its own.
package main

import (
	"context"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/providers/aws"
)

func main() {
	aws.Start(fn.On(func(context.Context, string) error { return nil }), aws.SQS{Queue: "orders"})
}
