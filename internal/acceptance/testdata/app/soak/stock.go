package soak

import (
	"context"
	"errors"
	"log/slog"

	"github.com/fngen/fngen/fn"
)

// A Request says what becomes of it.
type Request struct {
	Do string `json:"do"`
}

// Stock is the function of docs/logs.md.
//
//fn:queue stock
//fn:deadletter none
func Stock(ctx context.Context, r Request) error {
	switch r.Do {
	case "fail":
		slog.WarnContext(ctx, "stock is low", "article", 7)
		return errors.New("no stock")
	case "panic":
		panic("shelf is empty")
	case "drop":
		return fn.Permanent(errors.New("no such article"))
	}
	return nil
}
