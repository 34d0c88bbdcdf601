package replay

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/native"
	"github.com/fngen/fngen/internal/native/sample"
)

// A sample of every trigger is decoded on every platform that has the trigger,
// and the handler sees it.
func TestSamples(t *testing.T) {
	for _, trigger := range []native.Trigger{
		{Kind: "http", Methods: []string{"POST"}, Path: "/orders/{id}"},
		{Kind: "schedule", Name: "nightly", Cron: "0 3 * * *"},
		{Kind: "queue", Name: "orders"}, {Kind: "queue", Name: "orders", FIFO: true}, {Kind: "queue", Name: "orders", Content: "application/cloudevents+json"},
		{Kind: "queue", Name: "orders-dead-letters", Letters: true},
		{Kind: "topic", Name: "prices"},
		{Kind: "object", Name: "uploads", Created: true, Suffix: ".png"}, {Kind: "object", Name: "uploads", Deleted: true},
		{Kind: "document", Name: "orders"}, {Kind: "document", Name: "orders", Updated: true}, {Kind: "document", Name: "orders", Deleted: true},
		{Kind: "stream", Name: "clicks"},
		{Kind: "event", Name: "com.example.order.placed"}, {Kind: "event", Name: "com.example.order.placed", Source: "/shop"},
	} {
		o, err := sample.Of(trigger, time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC), nil)
		if err != nil {
			t.Fatal(err)
		}
		f := function(trigger.Kind, trigger.Name, fn.HandlerFunc(func(context.Context, fn.Event) (*fn.Event, error) { return nil, nil }))
		if trigger.Kind == "http" {
			mux := http.NewServeMux()
			mux.HandleFunc("POST /orders/{id}", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) })
			f = HTTP(mux)
		}
		f.Content, f.FIFO, f.Letters, f.Source = trigger.Content, trigger.FIFO, trigger.Letters, trigger.Source
		f.Created, f.Updated, f.Deleted, f.Suffix = trigger.Created, trigger.Updated, trigger.Deleted, trigger.Suffix
		out := f.run(t, []native.Occurrence{o})
		out.Want(t, Acknowledged)
		for _, r := range out.Results {
			if r.Never == "" && (r.Deliveries[0].Calls != 1 || r.Response != nil && r.Response.StatusCode != http.StatusAccepted) {
				t.Errorf("%+v on %s: %+v", trigger, r.Platform, r)
			}
			if r.Never == "" && trigger.Letters && r.Deliveries[0].Event.Extensions()["deadletterfunction"] != "/sample/orders" {
				t.Errorf("the letter on %s is %v", r.Platform, r.Deliveries[0].Event)
			}
			if r.Never != "" && trigger.Kind != "object" {
				t.Errorf("%+v never reaches %s: %s", trigger, r.Platform, r.Never)
			}
		}
	}
}
