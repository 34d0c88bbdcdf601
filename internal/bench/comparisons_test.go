package bench

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/awslabs/aws-lambda-go-api-proxy/httpadapter"
	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/ce"
	"github.com/fngen/fngen/providers/aws"
	"github.com/fngen/fngen/providers/gcp"
)

// queues compares functions that only take messages, and others that decode
// their bodies.
func queues(tb testing.TB) []comparison {
	src := aws.SQS{Queue: "orders"}
	const done = `{"batchItemFailures":[]}`
	batch := func(n int, allocs float64) []comparison {
		name, payload := fmt.Sprintf("records=%d", n), SQS(n)
		return []comparison{{
			name, allocs,
			invoke(tb, aws.Handler(fn.On(takes[[]byte]), src), payload, done),
			invoke(tb, lambda.NewHandler(takes[events.SQSEvent]), payload, "null"),
		}, {
			name + ",typed", 0,
			invoke(tb, aws.Handler(fn.On(takes[order]), src), payload, done),
			invoke(tb, lambda.NewHandler(takesOrders), payload, "null"),
		}}
	}
	return append(batch(1, 14), batch(10, 0)...)
}

func buckets(tb testing.TB) []comparison {
	src := aws.S3{Bucket: "uploads", Created: true}
	hand := invoke(tb, lambda.NewHandler(takes[events.S3Event]), S3, "null")
	return []comparison{
		{"records=1", 17, invoke(tb, aws.Handler(fn.On(takes[[]byte]), src), S3, "null"), hand},
		{"records=1,typed", 0, invoke(tb, aws.Handler(fn.On(takes[fn.Object]), src), S3, "null"), hand},
	}
}

//go:embed testdata/http.json
var get []byte

// requests compares what answers a function URL's request, a GET with ten
// headers, by the same net/http handler.
func requests(tb testing.TB) []comparison {
	h := http.HandlerFunc(greet)
	const answer = `"body":"{\"greeting\":\"hello\",\"path\":\"/orders/42\"}"`
	return []comparison{{
		"GET", 33,
		invoke(tb, aws.HTTPHandler(h, aws.HTTP{}), get, answer),
		invoke(tb, lambda.NewHandler(httpadapter.NewV2(h).ProxyWithContext), get, answer),
	}}
}

// invoke returns what has the handler answer the payload, in a context as the
// runtime's client makes it. The answer holds the text.
func invoke(tb testing.TB, h lambda.Handler, payload []byte, answer string) func() error {
	ctx, cancel := context.WithTimeout(tb.Context(), time.Hour)
	tb.Cleanup(cancel)
	ctx = lambdacontext.NewContext(ctx, &lambdacontext.LambdaContext{
		AwsRequestID:       "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
		InvokedFunctionArn: "arn:aws:lambda:eu-west-1:123456789012:function:orders:live",
	})
	return func() error {
		got, err := h.Invoke(ctx, payload)
		if err == nil && !bytes.Contains(got, []byte(answer)) {
			err = fmt.Errorf("the answer is %s, want %s", got, answer)
		}
		return err
	}
}

func takes[T any](context.Context, T) error { return nil }

type order struct {
	ID    string `json:"id"`
	Total int    `json:"total"`
	Lines []struct {
		Article string `json:"article"`
		Count   int    `json:"count"`
	} `json:"lines"`
}

func takesOrders(_ context.Context, e events.SQSEvent) error {
	for _, r := range e.Records {
		if err := json.Unmarshal([]byte(r.Body), new(order)); err != nil {
			return err
		}
	}
	return nil
}

// greet answers as most handlers do: a header, a status and a small body.
func greet(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	_, _ = io.WriteString(w, `{"greeting":"hello","path":"`+r.URL.Path+`"}`)
}

// google compares fngen with the handler that a CloudEvent function of Google's
// framework is.
func google(tb testing.TB) []comparison {
	protocol, err := cloudevents.NewHTTP()
	if err != nil {
		tb.Fatal(err)
	}
	framework, err := cloudevents.NewHTTPReceiveHandler(tb.Context(), protocol, takes[event.Event])
	if err != nil {
		tb.Fatal(err)
	}
	return []comparison{{
		"binary", 0,
		serve(tb, gcp.Handler(fn.On(takes[event.Event]), gcp.Event{Type: "com.example.order.placed"})),
		serve(tb, framework),
	}}
}

// serve returns what has the handler answer the request with an event.
func serve(tb testing.TB, h http.Handler) func() error {
	request, err := http.ReadRequest(bufio.NewReader(strings.NewReader(Event)))
	if err != nil {
		tb.Fatal(err)
	}
	_, body, _ := strings.Cut(Event, "\r\n\r\n")
	return func() error {
		r := *request
		r.Body = io.NopCloser(strings.NewReader(body))
		w := response{header: http.Header{}}
		if h.ServeHTTP(&w, &r); w.status >= 300 {
			return fmt.Errorf("the status is %d", w.status)
		}
		return nil
	}
}

// response keeps the status alone.
type response struct {
	header http.Header
	status int
}

func (r *response) Header() http.Header         { return r.header }
func (r *response) Write(p []byte) (int, error) { return len(p), nil }
func (r *response) WriteHeader(status int)      { r.status = status }

//go:embed testdata/event.json
var structured []byte

// cloudEvents compares the codec of structured events with the SDK's.
func cloudEvents(tb testing.TB) []comparison {
	e, err := ce.Decode(structured)
	if err != nil {
		tb.Fatal(err)
	}
	return []comparison{{
		"encode", 0,
		func() error { _, err := ce.Encode(e); return err },
		func() error { _, err := json.Marshal(e); return err },
	}, {
		"decode", 0,
		func() error { _, err := ce.Decode(structured); return err },
		func() error { return json.Unmarshal(structured, new(event.Event)) },
	}}
}

// data compares fn.On, given an event with data, with json.Unmarshal.
func data(tb testing.TB) []comparison {
	e, err := ce.Decode(structured)
	if err != nil {
		tb.Fatal(err)
	}
	object := []byte(`{"bucket":"uploads","key":"pictures/a b.png","size":30721,"etag":"d41d8cd98f00b204e9800998ecf8427e",` +
		`"version":"096fKKXTRTtl3on89fVO.nfljtsv6qko","sequencer":"0055AED6DCD90281E5"}`)
	return []comparison{decoding[order]("order", 6, e.Data()), decoding[fn.Object]("object", 7, object)}
}

func decoding[T any](name string, allocs float64, data []byte) comparison {
	h, e, ctx := fn.On(takes[T]), fn.Event{DataEncoded: data}, context.Background()
	return comparison{
		name, allocs,
		func() error { _, err := h.Handle(ctx, e); return err },
		func() error { return json.Unmarshal(data, new(T)) },
	}
}
