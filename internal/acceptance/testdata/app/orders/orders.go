// Package orders takes orders from a queue, pictures from a bucket and
// purchases from a collection of documents.
package orders

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"example.com/acceptance/internal/show"
)

// A Desk takes orders.
type Desk struct{}

// Open fails with the text in ORDERS_SETUP_ERROR, if there is one.
//
//fn:setup
func Open(context.Context) (*Desk, error) {
	if text := os.Getenv("ORDERS_SETUP_ERROR"); text != "" {
		return nil, errors.New(text)
	}
	return &Desk{}, nil
}

// Receive shows each message and then does what it asks for: {"do": "panic"},
// {"do": "fail"} or {"do": "hang"}. Any other message is done at once.
//
//fn:queue orders
func (*Desk) Receive(_ context.Context, e event.Event) error {
	if err := show.Event(e); err != nil {
		return err
	}
	var order struct{ Do string }
	if json.Unmarshal(e.Data(), &order) != nil {
		return nil // a message need not be JSON
	}
	switch order.Do {
	case "panic":
		panic("order on fire")
	case "fail":
		return errors.New("out of coffee")
	case "hang":
		time.Sleep(time.Hour) // deaf to its context, as bad handlers are
	}
	return nil
}

// Picture shows each new object.
//
//fn:object pictures created suffix=.jpg
//fn:targets aws,gcp
func (*Desk) Picture(_ context.Context, e event.Event) error { return show.Event(e) }

// Purchase shows each change of a purchase.
//
//fn:document purchases
//fn:targets gcp
func (*Desk) Purchase(_ context.Context, e event.Event) error { return show.Event(e) }
