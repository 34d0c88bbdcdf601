// Package speaking emits to every sink that AWS has.
package speaking

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
)

// An Order says what its handler does.
type Order struct {
	ID string `json:"id"`
	Do string `json:"do"` // fail, refuse, or nothing special
}

// Place takes an order and passes it on.
//
//fn:http POST /orders auth=public
//fn:sink queue:orders
func Place(w http.ResponseWriter, r *http.Request) {
	var order Order
	if err := json.NewDecoder(r.Body).Decode(&order); err != nil {
		http.Error(w, "no order", http.StatusBadRequest)
		return
	}
	e := event.New()
	e.SetType("com.example.order.placed")
	e.SetSubject(order.ID)
	e.SetExtension("partitionkey", "customer-4")
	if err := e.SetData(event.ApplicationJSON, order); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	if err := fn.Emit(r.Context(), e); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	fmt.Fprintf(w, "placed %s", order.ID)
}

// Confirm announces an order twice on the bus and returns it for the topic.
//
//fn:queue orders fifo
//fn:sink topic:confirmed type=com.example.order.confirmed
//fn:sink event:shop
func Confirm(ctx context.Context, order Order) (Order, error) {
	for range 2 {
		e := event.New()
		e.SetType("com.example.order.announced")
		if err := fn.Emit(ctx, e, "shop"); err != nil {
			return Order{}, err
		}
	}
	switch order.Do {
	case "fail":
		return Order{}, errors.New("no stock")
	case "refuse":
		return Order{}, fn.Permanent(errors.New("no such article"))
	}
	return order, nil
}

// Silent sends nothing.
//
//fn:topic silence
//fn:deadletter none
func Silent(ctx context.Context, order Order) error { return nil }

// Again gets what Confirm gave up, and sends it back mended.
//
//fn:queue confirm-dead-letters fifo letters
//fn:sink queue:orders
func Again(ctx context.Context, letter event.Event) error {
	fmt.Fprintf(os.Stderr, "letter %s %v of %v\n", letter.Type(), letter.Extensions()["deadletterreason"], letter.Extensions()["deadletterfunction"])
	var order Order
	if err := letter.DataAs(&order); err != nil {
		return fn.BadInput(err)
	}
	order.Do = ""
	if err := letter.SetData(event.ApplicationJSON, order); err != nil {
		return err
	}
	return fn.Emit(ctx, letter)
}
