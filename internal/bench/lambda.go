package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/providers/aws"
)

// invocation returns the context of an invocation as the runtime's client makes
// it, with a deadline.
func invocation() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
	context.AfterFunc(ctx, cancel) // it ends with the process
	return lambdacontext.NewContext(ctx, &lambdacontext.LambdaContext{
		AwsRequestID:       "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
		InvokedFunctionArn: "arn:aws:lambda:eu-west-1:123456789012:function:orders:live",
	})
}

func lambdaSubject(name string, ctx context.Context, payload []byte, h lambda.Handler) subject {
	return subject{name, func() ([]byte, error) { return h.Invoke(ctx, payload) }}
}

// An order is the body of the messages.
type order struct {
	ID    string `json:"id"`
	Total int    `json:"total"`
	Lines []struct {
		Article string `json:"article"`
		Count   int    `json:"count"`
	} `json:"lines"`
}

const orderBody = `{"id":"17","total":4200,"lines":[{"article":"apple","count":3},{"article":"pear","count":1}],"customer":{"name":"Ada","city":"London"}}`

// eventsOnLambda compares functions of queues and buckets with handlers of
// events written by hand: both only take the event, and both read its data.
func eventsOnLambda() ([]comparison, error) {
	ctx := invocation()
	one, err := sqsPayload(1)
	if err != nil {
		return nil, err
	}
	ten, err := sqsPayload(10)
	if err != nil {
		return nil, err
	}
	s3, err := shipped("s3-event.json")
	if err != nil {
		return nil, err
	}
	queue := func(what string, payload []byte, allocs float64) []comparison {
		return []comparison{
			{what: what, time: 0.25, allocs: allocs, subjects: []subject{
				lambdaSubject("fngen `fn.On(func(ctx, []byte) error)`", ctx, payload, aws.Handler(fn.On(takes[[]byte]), aws.SQS{Queue: "orders"})),
				lambdaSubject("`lambda.Start(func(ctx, events.SQSEvent) error)`", ctx, payload, lambda.NewHandler(takes[events.SQSEvent])),
			}},
			{what: what + ", typed", time: 0.35, subjects: []subject{
				lambdaSubject("fngen `fn.On(func(ctx, Order) error)`", ctx, payload, aws.Handler(fn.On(takes[order]), aws.SQS{Queue: "orders"})),
				lambdaSubject("`json.Unmarshal` of each body", ctx, payload, lambda.NewHandler(readsQueue)),
			}},
		}
	}
	all := append(queue("SQS ×1", one, 0), queue("SQS ×10", ten, 0)...)
	return append(all,
		comparison{what: "S3 ×1", time: 0.25, subjects: []subject{
			lambdaSubject("fngen `fn.On(func(ctx, []byte) error)`", ctx, s3, aws.Handler(fn.On(takes[[]byte]), aws.S3{Bucket: "uploads", Created: true})),
			lambdaSubject("`lambda.Start(func(ctx, events.S3Event) error)`", ctx, s3, lambda.NewHandler(takes[events.S3Event])),
		}},
		comparison{what: "S3 ×1, typed", time: 0.35, subjects: []subject{
			lambdaSubject("fngen `fn.On(func(ctx, fn.Object) error)`", ctx, s3, aws.Handler(fn.On(readsObject), aws.S3{Bucket: "uploads", Created: true})),
			lambdaSubject("the fields of `events.S3Event`", ctx, s3, lambda.NewHandler(readsBucket)),
		}},
	), nil
}

func takes[T any](context.Context, T) error { return nil }

func readsQueue(_ context.Context, e events.SQSEvent) error {
	for _, r := range e.Records {
		var o order
		if err := json.Unmarshal([]byte(r.Body), &o); err != nil {
			return err
		}
	}
	return nil
}

func readsObject(_ context.Context, o fn.Object) error {
	if o.Key == "" || o.Size == 0 {
		return fmt.Errorf("no object: %v", o)
	}
	return nil
}

func readsBucket(_ context.Context, e events.S3Event) error {
	for _, r := range e.Records {
		if r.S3.Object.Key == "" || r.S3.Object.Size == 0 {
			return fmt.Errorf("no object: %v", r)
		}
	}
	return nil
}

// sqsPayload returns the sample that aws-lambda-go ships with n messages, whose
// bodies are orders.
func sqsPayload(n int) ([]byte, error) {
	data, err := shipped("sqs-event.json")
	if err != nil {
		return nil, err
	}
	var e struct{ Records []map[string]any }
	if err := json.Unmarshal(data, &e); err != nil {
		return nil, err
	}
	first := e.Records[0]
	e.Records = nil
	for i := range n {
		r := map[string]any{}
		for k, v := range first {
			r[k] = v
		}
		r["messageId"], r["body"] = fmt.Sprintf("059f36b4-87a3-44ab-83d2-66197537%04d", i), orderBody
		delete(r, "messageAttributes")
		r["messageAttributes"] = map[string]any{}
		e.Records = append(e.Records, r)
	}
	return json.Marshal(e)
}

// shipped returns a payload that aws-lambda-go ships.
func shipped(name string) ([]byte, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/aws/aws-lambda-go").Output()
	if err != nil {
		return nil, fmt.Errorf("find aws-lambda-go: %w", err)
	}
	return os.ReadFile(filepath.Join(strings.TrimSpace(string(out)), "events", "testdata", name))
}
