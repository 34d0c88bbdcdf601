package hello

import (
	"context"
	"errors"
	"log/slog"

	"github.com/fngen/fngen/fn"
)

// An Order is what a customer wants.
type Order struct {
	ID    string `json:"id"`
	Items int    `json:"items"`
}

// Confirm confirms each order in the queue. One for which it returns an error
// is delivered again; one that can never succeed goes to the dead letters.
//
//fn:queue orders
func Confirm(ctx context.Context, order Order) error {
	if order.ID == "" {
		return fn.Permanent(errors.New("an order without an id"))
	}
	slog.InfoContext(ctx, "confirmed", "order", order.ID, "items", order.Items)
	return nil
}
