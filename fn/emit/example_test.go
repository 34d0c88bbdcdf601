package emit_test

import (
	"context"
	"fmt"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/emit"
)

// Printer is a sink of one's own: it takes everything, and prints it.
type Printer struct{ name string }

func (p Printer) Declared() (name, eventType string) {
	return p.name, "com.example.order.confirmed"
}

func (p Printer) Send(ctx context.Context, events []event.Event) []error {
	for _, e := range events {
		fmt.Println(p.name, "takes", e.Type(), "of", e.Source())
		fmt.Println("because of", e.Extensions()["causationid"])
		fmt.Println(string(e.Data()))
	}
	return nil
}

// A reply leaves as an event: the sink declares its type, and the function is
// its source.
func ExampleReplies() {
	type Order struct{ ID string }
	type Confirmation struct{ Order string }
	confirm := func(ctx context.Context, o Order) (Confirmation, error) {
		return Confirmation{Order: o.ID}, nil
	}
	h := emit.Replies(fn.Reply(confirm), "/example.com/shop/confirm", Printer{"order-events"})

	placed := event.New()
	placed.SetType("com.example.order.placed")
	placed.SetSource("/web")
	placed.SetID("placed-1")
	_ = placed.SetData(event.ApplicationJSON, Order{ID: "A-17"})
	if _, err := h.Handle(context.Background(), placed); err != nil {
		fmt.Println(err)
	}
	// Output:
	// order-events takes com.example.order.confirmed of /example.com/shop/confirm
	// because of placed-1
	// {"Order":"A-17"}
}
