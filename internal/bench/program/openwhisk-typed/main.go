// Command openwhisk-typed is an action that takes the data of CloudEvents.
package main

import (
	"context"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/providers/openwhisk"
)

type order struct {
	ID    string `json:"id"`
	Total int    `json:"total"`
	Lines []struct {
		Article string `json:"article"`
		Count   int    `json:"count"`
	} `json:"lines"`
	Comment string `json:"comment"`
}

func main() {
	openwhisk.Start(fn.On(func(context.Context, order) error { return nil }), openwhisk.Trigger{Type: "com.example.order.placed"})
}
