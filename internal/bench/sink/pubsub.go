package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"

	"cloud.google.com/go/pubsub/v2"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/cloudevents/sdk-go/v2/event"
	"google.golang.org/grpc"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/emit"
	topic "github.com/fngen/fngen/providers/gcp/sink/pubsub"
)

// sendingPubSub prints the CPU time of one event: by fn.Emit in a handler, and
// by a handler that calls Publish of the full client and waits for its result.
// Each talks to a server within this process that does nothing, one of
// net/http and one of gRPC, whose time is in the figures.
func sendingPubSub(stdout io.Writer, rounds, calls int) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	rpc := grpc.NewServer()
	pubsubpb.RegisterPublisherServer(rpc, publisher{})
	go func() { _ = rpc.Serve(l) }() // Stop ends it
	defer rpc.Stop()
	rest := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, `{"messageIds":["1"]}`)
	}))
	defer rest.Close()

	os.Setenv("PUBSUB_EMULATOR_HOST", l.Addr().String()) // read once by the client
	client, err := pubsub.NewClient(context.Background(), "shop")
	if err != nil {
		return err
	}
	defer client.Close()
	os.Setenv("PUBSUB_EMULATOR_HOST", strings.TrimPrefix(rest.URL, "http://"))
	os.Setenv("FNGEN_SINK_NEWS", "projects/shop/topics/news")
	return compare(stdout, "Pub/Sub", rounds, calls, []way{
		{"fn.Emit", emit.Replies(fn.HandlerFunc(emits), "/example.com/shop/confirm", topic.Topic{Name: "news"})},
		{"hand-written, full client", nativePubSub(client)},
	})
}

// publisher takes every message.
type publisher struct {
	pubsubpb.UnimplementedPublisherServer
}

func (publisher) Publish(_ context.Context, r *pubsubpb.PublishRequest) (*pubsubpb.PublishResponse, error) {
	ids := make([]string, len(r.Messages))
	for i := range ids {
		ids[i] = fmt.Sprint(i)
	}
	return &pubsubpb.PublishResponse{MessageIds: ids}, nil
}

func nativePubSub(client *pubsub.Client) fn.Handler {
	news := client.Publisher("news")
	news.PublishSettings.CountThreshold = 1 // no waiting for others
	n := 0
	return fn.HandlerFunc(func(ctx context.Context, in event.Event) (*event.Event, error) {
		e, err := confirmed()
		if err != nil {
			return nil, err
		}
		n++
		_, err = news.Publish(ctx, &pubsub.Message{Data: e.Data(), Attributes: map[string]string{
			"ce-specversion": "1.0", "ce-id": fmt.Sprint(n), "ce-source": "/example.com/shop/confirm", "ce-type": e.Type(),
			"ce-causationid": in.ID(), "content-type": e.DataContentType(),
		}}).Get(ctx)
		return nil, err
	})
}
