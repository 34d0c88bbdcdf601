// Command openwhisk-letters is an action that a topic feeds, with dead letters.
package main

import (
	"context"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/emit"
	"github.com/fngen/fngen/providers/openwhisk"
	"github.com/fngen/fngen/providers/openwhisk/sink/trigger"
)

type order struct {
	ID    string `json:"id"`
	Total int    `json:"total"`
}

func main() {
	letters := emit.DeadLetters("/example.com/shop/order", trigger.Trigger{Name: "order-letters"})
	openwhisk.Start(fn.On(func(context.Context, order) error { return nil }), openwhisk.Trigger{Topic: "orders", DeadLetter: letters})
}
