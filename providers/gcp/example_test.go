package gcp_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/providers/gcp"
)

type Order struct {
	ID string `json:"id"`
}

// Charge is a handler.
func Charge(ctx context.Context, order Order) error {
	if order.ID != "A-1" {
		return errors.New("the bank is busy")
	}
	fmt.Println("charged", order.ID)
	return nil
}

// The main function of a container on Cloud Run, written by hand.
func ExampleServe() {
	gcp.Serve(gcp.Handler(fn.On(Charge), gcp.PubSub{Queue: "orders"}))
}

// Where everybody may call, the function itself checks that Pub/Sub does.
func ExampleVerify() {
	h := gcp.Handler(fn.On(Charge), gcp.PubSub{Queue: "orders"})
	gcp.Serve(gcp.Verify(h, "https://charge.example", "pusher@acme.iam.gserviceaccount.com"))
}

// The requests of a subscription, and their answers: the first message is done,
// and Pub/Sub delivers the second again.
func ExampleHandler() {
	h := gcp.Handler(fn.On(Charge), gcp.PubSub{Queue: "orders"})
	for _, data := range []string{"eyJpZCI6ICJBLTEifQ==", "eyJpZCI6ICJBLTIifQ=="} { // {"id": "A-1"} and A-2
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`{
			"message": {"messageId": "2070443601311540", "data": "`+data+`", "publishTime": "2026-02-26T19:13:55.749Z"},
			"subscription": "projects/acme/subscriptions/orders-charge"
		}`))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		fmt.Println(w.Code)
	}
	// Output:
	// charged A-1
	// 204
	// 500
}
