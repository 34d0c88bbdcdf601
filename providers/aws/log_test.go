package aws

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/fn"
)

// What a handler logs with its context, and what is logged of its failure, are
// lines that Lambda's JSON format filters and shows by request, and that name
// the event.
func TestLogger(t *testing.T) {
	t.Setenv("AWS_LAMBDA_FUNCTION_NAME", "confirm")
	t.Setenv("AWS_LAMBDA_LOG_LEVEL", "INFO")
	var b bytes.Buffer
	before := slog.Default()
	slog.SetDefault(logger(&b))
	t.Cleanup(func() { slog.SetDefault(before) })
	h := fn.HandlerFunc(func(ctx context.Context, _ fn.Event) (*fn.Event, error) {
		slog.InfoContext(ctx, "checking stock", "article", 7)
		slog.DebugContext(ctx, "below the level")
		return nil, errors.New("no stock")
	})
	ctx := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "r-1"})
	const traceparent = `"traceparent":{"dataType":"String","stringValue":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}`
	payload := batch(message("orders", "m", "{}", "", traceparent))
	if _, err := Handler(h, SQS{Queue: "orders"}).Invoke(ctx, []byte(payload)); err != nil {
		t.Fatal(err)
	}
	var got []map[string]any
	for line := range strings.Lines(b.String()) {
		var members map[string]any
		if err := json.Unmarshal([]byte(line), &members); err != nil || members["timestamp"] == nil {
			t.Fatalf("%s: %v", line, err)
		}
		for _, varies := range []string{"timestamp", "event.source", "attempt"} {
			delete(members, varies)
		}
		got = append(got, members)
	}
	line := func(level, text string, more ...any) map[string]any {
		members := map[string]any{
			"level": level, "message": text, "requestId": "r-1", "function": "confirm", "event.id": "m", "event.type": fn.TypeMessageReceived,
			"trace_id": "0af7651916cd43dd8448eb211c80319c", "span_id": "b7ad6b7169203331",
		}
		for i := 0; i < len(more); i += 2 {
			members[more[i].(string)] = more[i+1]
		}
		return members
	}
	want := []map[string]any{
		line("INFO", "checking stock", "article", 7.0),
		line("ERROR", "event failed", "record", "SQS record 1 (m)", "error", "no stock"),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want -, got +\n%s\n%s", diff, b.String())
	}
}
