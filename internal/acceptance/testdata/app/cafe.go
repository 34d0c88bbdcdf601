// Package acceptance is an application that the acceptance tests build and
// drive: a café, with handlers of every shape over HTTP here, a queue, a bucket
// and documents in package orders, events in an internal package, and in
// package soak a queue whose messages say how to fail.
package acceptance

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net/http"

	"github.com/cloudevents/sdk-go/v2/event"

	"example.com/acceptance/internal/show"
	"example.com/greeting"
	"github.com/fngen/fngen/fn"
)

//go:embed menu.txt
var menu string

// Menu is a net/http handler. It needs an embedded file and a module that a
// local folder replaces.
//
//fn:http GET /menu/{guest} auth=public
func Menu(w http.ResponseWriter, r *http.Request) {
	guest := r.PathValue("guest")
	if guest == "panic" {
		panic("menu on fire")
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprintf(w, "%s\n%s", greeting.For(guest), menu)
}

// An Order is a number of cups.
type Order struct {
	Guest int64 `json:"guest"`
	Cups  int   `json:"cups"`
}

// A Bill is the answer to an order.
type Bill struct {
	Guest int64 `json:"guest"`
	Cents int   `json:"cents"`
}

// Bills answers a typed value with a typed value.
//
//fn:http POST /bills auth=public
func Bills(_ context.Context, order Order) (Bill, error) {
	if order.Cups < 0 {
		return Bill{}, fn.BadInput(errors.New("less than no cups"))
	}
	return Bill{order.Guest, 250 * order.Cups}, nil
}

// Relay takes whatever arrives over HTTP as an event and answers with another.
//
//fn:http /{path...} auth=public
func Relay(_ context.Context, e event.Event) (*event.Event, error) {
	if err := show.Event(e); err != nil {
		return nil, err
	}
	reply := event.New()
	reply.SetID("reply-1")
	reply.SetSource("/cafe")
	reply.SetType("com.example.relayed")
	reply.SetSubject(e.Type())
	return &reply, reply.SetData("text/plain", e.Data())
}
