package hello

import (
	"context"
	"errors"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
)

// A Receipt is the answer to an order that was placed.
type Receipt struct {
	Order string `json:"order"`
}

// Place takes an order over HTTP and puts it into the queue, from which Confirm
// gets it. It is not meant for OpenWhisk, whose actions cannot send to a queue.
//
//fn:http POST /orders auth=public
//fn:sink queue:orders type=com.example.order.placed
//fn:targets aws,gcp
func Place(ctx context.Context, order Order) (Receipt, error) {
	if order.ID == "" {
		return Receipt{}, fn.BadInput(errors.New("an order without an id"))
	}
	placed := event.New()
	if err := placed.SetData(event.ApplicationJSON, order); err != nil {
		return Receipt{}, err
	}
	if err := fn.Emit(ctx, placed); err != nil {
		return Receipt{}, err
	}
	return Receipt{Order: order.ID}, nil
}
