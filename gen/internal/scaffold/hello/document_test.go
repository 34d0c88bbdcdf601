package hello

import (
	"testing"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/fntest/replay"
)

// What every platform makes of a customer who comes and goes.
func TestCustomers(t *testing.T) {
	ada := Customer{Name: "Ada"}
	replay.Collection("customers", fn.On(Customers)).Deliver(t,
		replay.Change{Key: "c-1", After: ada},
		replay.Change{Key: "c-1", Before: ada},
	).Want(t, replay.Acknowledged)
}
