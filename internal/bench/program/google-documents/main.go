// Command google-documents is google-letters that keeps each
// order in a collection, all whose methods it calls.
package main

import (
	"context"
	"errors"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/document"
	"github.com/fngen/fngen/fn/emit"
	"github.com/fngen/fngen/providers/gcp"
	"github.com/fngen/fngen/providers/gcp/resource/firestore"
	"github.com/fngen/fngen/providers/gcp/sink/pubsub"
)

type order struct {
	ID    string `json:"id"`
	Total int    `json:"total"`
}

func main() {
	orders, err := firestore.Collection("orders")
	if err != nil {
		gcp.Fail(err)
	}
	keep := func(ctx context.Context, o order) error {
		if _, err := orders.Create(ctx, o.ID, o); !errors.Is(err, document.ErrExists) {
			return err
		}
		var kept order
		revision, err := orders.Get(ctx, o.ID, &kept)
		switch {
		case err != nil:
			return err
		case o.Total == 0:
			return orders.Delete(ctx, o.ID, revision)
		case kept.Total > o.Total:
			_, err = orders.Replace(ctx, o.ID, o, revision)
		default:
			_, err = orders.Put(ctx, o.ID, o)
		}
		return err
	}
	letters := emit.DeadLetters("/example.com/shop/order", pubsub.Topic{Name: "order-letters"})
	gcp.Serve(gcp.Handler(fn.On(keep), gcp.PubSub{Topic: "orders", DeadLetter: letters}))
}
