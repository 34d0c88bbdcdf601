// Command aws-letters is a function that a queue feeds, with dead letters.
package main

import (
	"context"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/emit"
	"github.com/fngen/fngen/providers/aws"
	"github.com/fngen/fngen/providers/aws/sink/sqs"
)

type order struct {
	ID    string `json:"id"`
	Total int    `json:"total"`
}

func main() {
	letters := emit.DeadLetters("/example.com/shop/order", sqs.Queue{Name: "order-letters"})
	aws.Start(fn.On(func(context.Context, order) error { return nil }), aws.SQS{Queue: "orders", DeadLetter: letters})
}
