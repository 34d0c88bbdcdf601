// Command typed is an action that a trigger with CloudEvents fires, whose
// handler takes their data.
package main

import (
	"context"
	"errors"

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
	openwhisk.Start(fn.On(func(_ context.Context, o order) error {
		if len(o.Lines) == 0 {
			return errors.New("an order without lines")
		}
		return nil
	}), openwhisk.Trigger{Type: "com.example.order.placed"})
}
