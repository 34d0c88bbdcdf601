// Command sqs-fngen is a function that a queue feeds.
package main

import (
	"context"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/providers/aws"
)

func main() {
	aws.Start(fn.On(func(context.Context, []byte) error { return nil }), aws.SQS{Queue: "orders"})
}
