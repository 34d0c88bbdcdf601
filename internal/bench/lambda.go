package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/bench/payload"
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

func lambdaSubject(name string, ctx context.Context, data []byte, h lambda.Handler) subject {
	return subject{name, func() ([]byte, error) { return h.Invoke(ctx, data) }}
}

// startedSubject calls fngen's handler as aws.Start does, which leaves a late
// one the goroutine.
func startedSubject(name string, ctx context.Context, data []byte, h lambda.Handler) subject {
	started := h.(interface {
		Answer(ctx context.Context, payload []byte) (response []byte, goesOn bool, err error)
	})
	return subject{name, func() ([]byte, error) {
		response, _, err := started.Answer(ctx, data)
		return response, err
	}}
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

// eventsOnLambda compares functions of queues and buckets with handlers of
// events written by hand: both only take the event, and both read its data.
func eventsOnLambda() ([]comparison, error) {
	ctx := invocation()
	one, err := payload.SQS(1)
	if err != nil {
		return nil, err
	}
	ten, err := payload.SQS(10)
	if err != nil {
		return nil, err
	}
	s3, err := payload.S3()
	if err != nil {
		return nil, err
	}
	queue := func(what string, data []byte, allocs float64) []comparison {
		return []comparison{
			{what: what, time: 0.25, allocs: allocs, subjects: []subject{
				startedSubject("fngen `fn.On(func(ctx, []byte) error)`", ctx, data, aws.Handler(fn.On(takes[[]byte]), aws.SQS{Queue: "orders"})),
				lambdaSubject("`lambda.Start(func(ctx, events.SQSEvent) error)`", ctx, data, lambda.NewHandler(takes[events.SQSEvent])),
			}},
			{what: what + ", typed", time: 0.35, subjects: []subject{
				startedSubject("fngen `fn.On(func(ctx, Order) error)`", ctx, data, aws.Handler(fn.On(takes[order]), aws.SQS{Queue: "orders"})),
				lambdaSubject("`json.Unmarshal` of each body", ctx, data, lambda.NewHandler(readsQueue)),
			}},
		}
	}
	all := append(queue("SQS ×1", one, 14), queue("SQS ×10", ten, 0)...)
	return append(all,
		comparison{what: "S3 ×1", time: 0.25, allocs: 14, subjects: []subject{
			startedSubject("fngen `fn.On(func(ctx, []byte) error)`", ctx, s3, aws.Handler(fn.On(takes[[]byte]), aws.S3{Bucket: "uploads", Created: true})),
			lambdaSubject("`lambda.Start(func(ctx, events.S3Event) error)`", ctx, s3, lambda.NewHandler(takes[events.S3Event])),
		}},
		comparison{what: "S3 ×1, typed", time: 0.35, subjects: []subject{
			startedSubject("fngen `fn.On(func(ctx, fn.Object) error)`", ctx, s3, aws.Handler(fn.On(readsObject), aws.S3{Bucket: "uploads", Created: true})),
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
