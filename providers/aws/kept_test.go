package aws

import (
	"bytes"
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/ce"
)

// The runtime's client uses a payload's memory again for the next one, while a
// handler may keep what it was given: nothing of an event or of its delivery
// lies in the payload.
func TestNothingIsKeptOfThePayload(t *testing.T) {
	for file, src := range map[string]Source{
		"sqs-event.json":              SQS{Queue: "orders", Content: "text/plain"},
		"s3-event.json":               S3{Bucket: "uploads"},
		"sns-event.json":              SNS{Topic: "news", Content: "text/plain"},
		"kinesis-event.json":          Kinesis{Stream: "clicks"},
		"dynamodb-event.json":         DynamoDB{Collection: "carts", Keys: []string{"key", "val"}},
		"codebuild-state-change.json": EventBridge{},
	} {
		var events []fn.Event
		var deliveries []fn.Delivery
		h := fn.HandlerFunc(func(ctx context.Context, e fn.Event) (*fn.Event, error) {
			d, _ := fn.DeliveryFrom(ctx)
			events, deliveries = append(events, e), append(deliveries, d)
			return nil, nil
		})
		shown := func() (all []string) {
			for i, e := range events {
				structured, err := ce.Encode(e)
				if err != nil {
					t.Fatal(err)
				}
				d := deliveries[i]
				all = append(all, string(structured), d.NativeID, string(d.Raw()))
			}
			return all
		}
		payload := bytes.Clone(fixture(t, file))
		if _, err := Handler(h, src).Invoke(t.Context(), payload); err != nil || len(events) == 0 {
			t.Errorf("%s: %d events, error %v", file, len(events), err)
		}
		before := shown()
		for i := range payload {
			payload[i] = 'X'
		}
		if diff := cmp.Diff(before, shown()); diff != "" {
			t.Errorf("%s: kept in place (-before +after):\n%s", file, diff)
		}
	}
}
