package aws_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/emit"
	"github.com/fngen/fngen/providers/aws"
)

type Order struct {
	ID string `json:"id"`
}

// Charge is a handler. A refused card stays refused; a bank that is busy may
// have time later.
func Charge(ctx context.Context, order Order) error {
	switch order.ID {
	case "A-2":
		return errors.New("the bank is busy")
	case "A-3":
		return fn.Permanent(errors.New("card refused"))
	}
	return nil
}

// The main function of a Lambda function, written by hand: this is all.
func ExampleStart() {
	aws.Start(fn.On(Charge), aws.SQS{Queue: "orders"})
}

// An HTTP API is any handler of net/http.
func ExampleServe() {
	orders := http.NewServeMux()
	orders.HandleFunc("GET /orders/{id}", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.PathValue("id"))
	})
	aws.Serve(orders, aws.HTTP{})
}

// Clients are made once for each process. If that fails, the platform is told
// why.
func ExampleFail() {
	bank, err := dial()
	if err != nil {
		aws.Fail(err)
	}
	aws.Start(fn.On(bank.charge), aws.SQS{Queue: "orders"})
}

type bank struct{}

func dial() (*bank, error)                                  { return &bank{}, nil }
func (*bank) charge(ctx context.Context, order Order) error { return nil }

// batch is what Lambda hands over of a queue, but for the members that nobody
// looks at here.
const batch = `{"Records": [
	{"messageId": "m1", "body": "{\"id\": \"A-1\"}", "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:orders"},
	{"messageId": "m2", "body": "{\"id\": \"A-2\"}", "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:orders"}
]}`

// Handler is what Start runs, for a test with a native payload. Of the batch
// the queue keeps only what failed.
func ExampleHandler() {
	h := aws.Handler(fn.On(Charge), aws.SQS{Queue: "orders"})
	answer, err := h.Invoke(context.Background(), []byte(batch))
	fmt.Println(string(answer), err)
	// Output:
	// {"batchItemFailures":[{"itemIdentifier":"m2"}]} <nil>
}

// What can never succeed is not delivered again: it is written to the dead
// letters, as the event that it is, and the queue may forget it.
func ExampleHandler_deadLetters() {
	letters := emit.DeadLetters("/example.com/shop/charge", printer{})
	h := aws.Handler(fn.On(Charge), aws.SQS{Queue: "orders", DeadLetter: letters})
	answer, err := h.Invoke(context.Background(), []byte(`{"Records": [{
		"messageId": "m3",
		"body": "{\"id\": \"A-3\"}",
		"eventSource": "aws:sqs",
		"eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:orders"
	}]}`))
	fmt.Println(string(answer), err)
	// Output:
	// dead letter: {"id": "A-3"} because of card refused
	// {"batchItemFailures":[]} <nil>
}

// printer stands in for a queue of dead letters, sqs.Queue for instance.
type printer struct{}

func (printer) Declared() (name, eventType string) { return "charge-dead-letters", "" }

func (printer) Send(ctx context.Context, events []event.Event) []error {
	for _, e := range events {
		fmt.Printf("dead letter: %s because of %s\n", e.Data(), e.Extensions()["deadletterreason"])
	}
	return nil
}
