// Command fngen is a function fed by a queue that writes dead letters to
// another through fngen's sink.
package main

import (
	"context"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/emit"
	"github.com/fngen/fngen/providers/aws"
	"github.com/fngen/fngen/providers/aws/sink/sqs"
)

func main() {
	aws.Start(fn.On(func(context.Context, string) error { return nil }),
		aws.SQS{Queue: "orders", DeadLetter: emit.DeadLetters("/example.com/shop/confirm", sqs.Queue{Name: "letters"})})
}
