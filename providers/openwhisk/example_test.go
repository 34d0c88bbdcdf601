package openwhisk_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/providers/openwhisk"
)

type Order struct {
	ID string `json:"id"`
}

// Charge is a handler.
func Charge(ctx context.Context, order Order) error {
	if order.ID == "" {
		return fn.BadInput(errors.New("an order without id"))
	}
	fmt.Println("charged", order.ID)
	return nil
}

// The main function of an action, written by hand. What fails is tried twice
// more, since the platform tries nothing again.
func ExampleStart() {
	openwhisk.Start(fn.On(Charge), openwhisk.Kafka{Queue: "orders", Retries: 2})
}

// Handler is what Start runs, for a test with an activation as the platform
// sends it: a line of JSON, here of a Kafka feed with two messages.
func ExampleHandler() {
	h := openwhisk.Handler(fn.On(Charge), openwhisk.Kafka{Queue: "orders"})
	answer := h.Invoke(context.Background(), []byte(`{"value": {"messages": [`+
		`{"topic": "orders", "partition": 0, "offset": 41, "key": null, "value": "eyJpZCI6ICJBLTEifQ=="},`+ // {"id": "A-1"}
		`{"topic": "orders", "partition": 0, "offset": 42, "key": null, "value": "e30="}`+ // {}
		`]}, "namespace": "acme", "action_name": "/acme/shop/charge", "activation_id": "4479"}`))
	fmt.Println(string(answer))
	// Output:
	// charged A-1
	// {"error":"1 of 2 events failed: Kafka message orders 0:42"}
}
