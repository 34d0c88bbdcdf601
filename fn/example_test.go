package fn_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/fntest"
)

type Order struct {
	ID     string `json:"id"`
	Amount int    `json:"amount"`
}

type Confirmation struct {
	OrderID string `json:"order"`
}

// placed is an event as a queue hands it over.
func placed(data string) fn.Event {
	e := event.New()
	e.SetType(fn.TypeMessageReceived)
	e.SetSource("/queues/orders")
	e.SetID("1")
	_ = e.SetData(event.ApplicationJSON, []byte(data)) // bytes are taken as they are
	return e
}

// The function gets its own type. Data that does not decode never reaches it,
// and is bad input: nobody tries it again.
func ExampleOn() {
	confirm := func(ctx context.Context, order Order) error {
		fmt.Println("confirmed", order.ID)
		return nil
	}
	h := fn.On(confirm)

	_, err := h.Handle(context.Background(), placed(`{"id": "A-17"}`))
	fmt.Println(err)
	_, err = h.Handle(context.Background(), placed(`null`))
	fmt.Println(err)
	// Output:
	// confirmed A-17
	// <nil>
	// decode data: JSON null
}

// What the function returns is the reply: a response on HTTP, and an event for
// the function's sink anywhere else.
func ExampleReply() {
	confirm := func(ctx context.Context, order Order) (Confirmation, error) {
		return Confirmation{OrderID: order.ID}, nil
	}
	reply, err := fn.Reply(confirm).Handle(context.Background(), placed(`{"id": "A-17"}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(reply.DataContentType())
	fmt.Println(string(reply.Data()))
	// Output:
	// application/json
	// {"order":"A-17"}
}

// A handler emits as many events as it likes. They leave when it has returned
// nil; type, source, id and time may be left to the sink.
func ExampleEmit() {
	ship := func(ctx context.Context, order Order) error {
		for _, item := range []string{"book", "pen"} {
			e := event.New()
			e.SetType("com.example.item.shipped")
			e.SetSubject(order.ID + "/" + item)
			if err := fn.Emit(ctx, e); err != nil {
				return err
			}
		}
		return nil
	}

	ctx, sent := fntest.Record(context.Background()) // in place of a sink
	if err := ship(ctx, Order{ID: "A-17"}); err != nil {
		fmt.Println(err)
	}
	for _, e := range sent.Events() {
		fmt.Println(e.Type(), e.Subject())
	}
	// Output:
	// com.example.item.shipped A-17/book
	// com.example.item.shipped A-17/pen
}

// An order that will never be paid goes to the dead letters at once. Any other
// error has the event delivered again.
func ExamplePermanent() {
	errRefused := errors.New("card refused")
	charge := func(ctx context.Context, order Order) error {
		err := fmt.Errorf("charge %s: %w", order.ID, errRefused) // of the bank, say
		if errors.Is(err, errRefused) {
			return fn.Permanent(err)
		}
		return err
	}

	err := charge(context.Background(), Order{ID: "A-17"})
	fmt.Println(err)
	fmt.Println("refused:", errors.Is(err, errRefused)) // the mark hides nothing
	// Output:
	// charge A-17: card refused
	// refused: true
}

// Middleware is a function of handlers, as with net/http.
func ExampleHandlerFunc() {
	logged := func(next fn.Handler) fn.Handler {
		return fn.HandlerFunc(func(ctx context.Context, e fn.Event) (*fn.Event, error) {
			reply, err := next.Handle(ctx, e)
			fmt.Println(e.Source(), e.ID(), "done:", err == nil)
			return reply, err
		})
	}
	h := logged(fn.On(func(ctx context.Context, order Order) error {
		return nil
	}))
	_, _ = h.Handle(context.Background(), placed(`{"id": "A-17"}`))
	// Output:
	// /queues/orders 1 done: true
}

// The event is the same on every cloud. What differs is in the delivery, which
// a plain unit test does not have.
func ExampleDeliveryFrom() {
	confirm := func(ctx context.Context, order Order) error {
		if d, ok := fn.DeliveryFrom(ctx); ok && d.Attempt > 1 {
			fmt.Println("once more, by", d.Provider)
		}
		fmt.Println("confirmed", order.ID)
		return nil
	}
	_ = confirm(context.Background(), Order{ID: "A-17"})
	// Output:
	// confirmed A-17
}
