// Package emit is an application whose functions send to each other: an order
// comes over HTTP, is reserved, and is shipped.
package emit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
)

// Order announces what is posted, and answers 202, or 500 to ?do=fail.
//
//fn:http POST /orders auth=public
//fn:targets openwhisk
//fn:sink topic:orders
func Order(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	e := event.New()
	e.SetType("com.example.order.placed")
	e.SetSubject("order")
	if err == nil {
		err = e.SetData("application/json", body)
	}
	if err == nil {
		err = fn.Emit(r.Context(), e)
	}
	switch {
	case err != nil:
		http.Error(w, err.Error(), http.StatusBadRequest)
	case r.FormValue("do") == "fail":
		http.Error(w, "no", http.StatusInternalServerError)
	default:
		w.WriteHeader(http.StatusAccepted)
	}
}

// A Reservation is what is announced of an order.
type Reservation struct {
	Order string `json:"order"`
	Note  string `json:"note,omitempty"`
}

// Reserve replies with a reservation after it has done what the order asks for:
// {"do": "fail"} or {"do": "give up"} after an emission, {"do": "emit"} two
// emissions, {"do": "large"} a reply above every limit.
//
//fn:topic orders
//fn:targets openwhisk
//fn:sink event:reservations type=com.example.order.reserved
//fn:deadletter lost
func Reserve(ctx context.Context, e event.Event) (*Reservation, error) {
	var order struct{ ID, Do string }
	if err := json.Unmarshal(e.Data(), &order); err != nil {
		return nil, fn.BadInput(err)
	}
	emit := func(subject string) error {
		e := event.New()
		e.SetType("com.example.order.noted")
		e.SetSubject(subject)
		return fn.Emit(ctx, e)
	}
	switch order.Do {
	case "fail":
		return nil, errors.Join(emit("failing"), errors.New("out of stock"))
	case "give up":
		return nil, fn.Permanent(errors.Join(emit("failing"), errors.New("no such article")))
	case "emit":
		if err := errors.Join(emit("first"), emit("second")); err != nil {
			return nil, err
		}
	case "large":
		return &Reservation{Order: order.ID, Note: strings.Repeat("x", 1<<20)}, nil
	}
	return &Reservation{Order: order.ID}, nil
}

// Ship shows each reservation. It sends nothing.
//
//fn:event com.example.order.reserved
//fn:targets openwhisk
func Ship(_ context.Context, r Reservation) error {
	_, err := fmt.Fprintln(os.Stdout, "shipped", r.Order)
	return err
}

// Lost takes the dead letters.
//
//fn:topic lost
//fn:targets openwhisk
func Lost(_ context.Context, letter event.Event) error {
	_, err := fmt.Fprintln(os.Stdout, "lost", letter.ID(), letter.Extensions()["dataref"])
	return err
}

// Nightly never succeeds.
//
//fn:schedule every=24h
//fn:targets openwhisk
func Nightly(context.Context, fn.Tick) error { return fn.Permanent(errors.New("no night suits")) }

// Daily takes what Nightly gave up.
//
//fn:queue nightly-dead-letters letters
//fn:targets openwhisk
func Daily(_ context.Context, letter event.Event) error {
	_, err := fmt.Fprintln(os.Stdout, "given up", letter.Type(), letter.Extensions()["deadletterreason"])
	return err
}
