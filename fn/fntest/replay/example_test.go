package replay_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/fntest/replay"
)

type Order struct {
	ID    string `json:"id"`
	Lines int    `json:"lines"`
}

type Confirmation struct {
	Order string `json:"order"`
}

// Confirm confirms each order.
//
//fn:queue orders
//fn:sink topic:order-events type=com.example.order.confirmed
func Confirm(_ context.Context, order Order) (Confirmation, error) {
	if order.Lines == 0 {
		return Confirmation{}, fn.Permanent(errors.New("an empty order"))
	}
	return Confirmation{Order: order.ID}, nil
}

// The table shows what became of each message on every platform.
func Example() {
	t := new(testing.T) // the test's

	f := replay.Queue("orders", fn.Reply(Confirm))
	f.Sinks = []replay.Sink{{Name: "order-events", Type: "com.example.order.confirmed"}}
	out := f.Deliver(t,
		replay.Message{Data: Order{ID: "o-1", Lines: 2}},
		replay.Message{Data: Order{ID: "o-2"}},
	)
	out.Want(t, replay.Acknowledged, replay.DeadLettered)

	fmt.Println(string(out.On("aws").Emitted[0].Event.Data()))
	fmt.Print(out)
	// Output:
	// {"order":"o-1"}
	//            aws                                          gcp                                          openwhisk
	// message 1  acknowledged                                 acknowledged                                 acknowledged
	// message 2  dead-lettered: an empty order                dead-lettered: an empty order                dead-lettered: an empty order
	// emitted    com.example.order.confirmed to order-events  com.example.order.confirmed to order-events  com.example.order.confirmed to order-events
}

// A fault takes the place of a call; with Retries the platforms deliver again.
func ExampleFunction_Deliver_faults() {
	t := new(testing.T) // the test's

	f := replay.Queue("orders", fn.On(func(context.Context, Order) error { return nil }))
	f.Retries = 2
	f.Faults = []replay.Fault{replay.Fail(errors.New("the database is away")), replay.Panic("out of range")}
	out := f.Deliver(t, replay.Message{Data: Order{ID: "o-1"}})
	out.Want(t, replay.Acknowledged)
	fmt.Print(out)
	// Output:
	//          aws                         gcp                         openwhisk
	// message  acknowledged after 3 calls  acknowledged after 3 calls  acknowledged after 3 calls
}

// Archive takes the order from the change, which OpenWhisk's feed does not tell.
// Either the function is meant for two platforms, or it reads the order itself.
func ExampleFunction_platforms() {
	t := new(testing.T) // the test's

	archive := func(_ context.Context, change fn.Change) error {
		var order Order
		if err := json.Unmarshal(change.After, &order); err != nil {
			return err
		}
		if order.Lines == 0 {
			return fn.Permanent(errors.New("an empty order"))
		}
		return nil
	}
	f := replay.Collection("orders", fn.On(archive))
	f.Differs = map[string]string{"openwhisk": "the feed tells no documents"} // without this line the test fails
	fmt.Print(f.Deliver(t, replay.Change{Key: "o-1", After: map[string]any{"lines": 2}}))
	// Output:
	//         aws           gcp           openwhisk
	// change  acknowledged  acknowledged  dead-lettered: an empty order
}

// A request goes through each platform's gateway.
func ExampleHTTP() {
	t := new(testing.T) // the test's

	mux := http.NewServeMux()
	mux.HandleFunc("GET /orders/{id}", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "order %s", r.PathValue("id"))
	})
	out := replay.HTTP(mux).Do(t, httptest.NewRequest("GET", "/orders/7", nil))
	fmt.Print(out)
	// Output:
	//         aws     gcp     openwhisk
	// status  200 OK  200 OK  200 OK
}
