// Command sdk is a function fed by a queue that writes to another through the
// service's full client.
package main

import (
	"context"
	"log"

	"cloud.google.com/go/pubsub/v2"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/providers/gcp"
)

func main() {
	client, err := pubsub.NewClient(context.Background(), "shop")
	if err != nil {
		log.Fatal(err)
	}
	letters := client.Publisher("letters")
	gcp.Serve(gcp.Handler(fn.On(func(ctx context.Context, body string) error {
		_, err := letters.Publish(ctx, &pubsub.Message{Data: []byte(body)}).Get(ctx)
		return err
	}), gcp.PubSub{Queue: "orders"}))
}
