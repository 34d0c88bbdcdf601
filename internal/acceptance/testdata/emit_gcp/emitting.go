// Package emitting is an application whose functions lead from one to the next:
// an order over HTTP, its confirmation, and those who learn of it.
package emitting

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
)

// An Order says what becomes of it.
type Order struct {
	ID string `json:"id"`
	Do string `json:"do"` // fail, refuse or swell; anything else is confirmed
}

// Place takes an order and hands it on.
//
//fn:http POST /orders auth=public
//fn:sink queue:orders type=com.example.order.placed
func Place(ctx context.Context, order Order) (string, error) {
	e := event.New()
	e.SetSubject(order.ID)
	e.SetExtension("partitionkey", "customer-4")
	if err := e.SetData(event.ApplicationJSON, order); err != nil {
		return "", err
	}
	return "placed " + order.ID, fn.Emit(ctx, e)
}

// Confirm replies to one topic and announces twice to another.
//
//fn:queue orders fifo
//fn:sink topic:order-events type=com.example.order.confirmed
//fn:sink event:shop
func Confirm(ctx context.Context, order Order) (Order, error) {
	for range 2 {
		e := event.New()
		e.SetType("com.example.order.announced")
		e.SetSubject("Größe 100%")
		if err := fn.Emit(ctx, e, "shop"); err != nil {
			return Order{}, err
		}
	}
	switch order.Do {
	case "fail":
		return Order{}, errors.New("no stock today")
	case "refuse":
		return Order{}, fn.Permanent(errors.New("no such article"))
	case "swell":
		order.Do = strings.Repeat("x", 10<<20)
	}
	return order, nil
}

// Archive hears of announcements.
//
//fn:event com.example.order.announced
//fn:sink queue:archive type=com.example.order.archived
func Archive(ctx context.Context, e event.Event) (string, error) { return e.Type(), nil }

// Notify tells of confirmations over HTTP.
//
//fn:topic order-events
//fn:sink http:crm type=com.example.crm.order
func Notify(ctx context.Context, order Order) (Order, error) { return order, nil }

// Hourly never succeeds.
//
//fn:schedule every=1h
//fn:deadletter late
func Hourly(ctx context.Context, tick fn.Tick) error {
	return fn.Permanent(errors.New("no hour suits"))
}

// Plain emits nothing, not even dead letters.
//
//fn:topic notices
//fn:deadletter none
func Plain(ctx context.Context, notice string) error { return nil }

// Later gets what Hourly gave up, and tells of it.
//
//fn:queue late letters
//fn:sink queue:missed
func Later(ctx context.Context, letter event.Event) error {
	e := event.New()
	e.SetType("com.example.hour.missed")
	e.SetSubject(fmt.Sprintf("%s: %v", letter.Type(), letter.Extensions()["deadletterreason"]))
	return fn.Emit(ctx, e)
}
