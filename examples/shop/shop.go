// Package shop is a small shop on functions: orders arrive over HTTP and on a
// queue, pictures in a bucket, and what happens is announced as events.
//
// It imports no cloud. fngen writes an entrypoint for each function and each
// platform into entrypoints/.
package shop

import (
	"context"
	"fmt"

	"github.com/fngen/fngen/examples/shop/internal/stock"
)

//go:generate go tool -modfile=fngen.mod fngen generate

// Shop holds what the handlers share.
type Shop struct {
	stock *stock.Stock
}

// New opens the shop. It runs once in each process, before the first event.
//
//fn:setup
func New(context.Context) (*Shop, error) {
	s, err := stock.Load()
	if err != nil {
		return nil, fmt.Errorf("load the stock: %w", err)
	}
	return &Shop{stock: s}, nil
}

// An Order is what a customer wants.
type Order struct {
	ID    string `json:"id"`
	Lines []Line `json:"lines"`
}

// A Line is a number of one article.
type Line struct {
	Article string `json:"article"`
	Count   int    `json:"count"`
}

// A Quote is the price of an order.
type Quote struct {
	Order string `json:"order"`
	Cents int64  `json:"cents"`
}
