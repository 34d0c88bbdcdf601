package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"syscall"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/emit"
	queue "github.com/fngen/fngen/providers/aws/sink/sqs"
)

// sending prints the CPU time of one event: by fn.Emit in a handler, and by a
// handler that encodes the event with the CloudEvents SDK and calls
// SendMessageBatch of the full client. Both talk to the same server within
// this process, whose time is in both.
func sending(stdout io.Writer, rounds, calls int) error {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, `{"Successful":[{"Id":"0","MessageId":"1","MD5OfMessageBody":""}]}`)
	}))
	defer server.Close()
	for name, value := range map[string]string{
		"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "SECRET",
		"AWS_ENDPOINT_URL_SQS": server.URL, "FNGEN_SINK_NEWS": queueURL,
	} {
		os.Setenv(name, value)
	}
	native, err := nativeHandler()
	if err != nil {
		return err
	}
	handlers := map[string]fn.Handler{
		"fn.Emit":                   emit.Replies(fn.HandlerFunc(emits), "/example.com/shop/confirm", queue.Queue{Name: "news"}),
		"hand-written, full client": native,
	}
	names := []string{"fn.Emit", "hand-written, full client"}
	cpu, allocs := map[string][]float64{}, map[string][]float64{}
	for range rounds { // in turns
		for _, name := range names {
			runtime.GC()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := used()
			for range calls {
				if _, err := handlers[name].Handle(context.Background(), input()); err != nil {
					return fmt.Errorf("%s: %w", name, err)
				}
			}
			cpu[name] = append(cpu[name], (used()-start)/float64(calls))
			runtime.ReadMemStats(&after)
			allocs[name] = append(allocs[name], float64(after.Mallocs-before.Mallocs)/float64(calls))
		}
	}
	fmt.Fprint(stdout, "\n| one event to SQS | µs CPU | of hand-written | allocations |\n|---|--:|--:|--:|\n")
	for _, name := range names {
		fmt.Fprintf(stdout, "| %s | %.0f | %.2f | %.0f |\n", name, median(cpu[name]), median(cpu[name])/median(cpu[names[1]]), median(allocs[name]))
	}
	return nil
}

const queueURL = "https://sqs.eu-west-1.amazonaws.com/123456789012/news"

func input() event.Event {
	e := event.New()
	e.SetID("17")
	e.SetSource("/orders")
	e.SetType("com.example.order.placed")
	return e
}

func confirmed() (event.Event, error) {
	e := event.New()
	e.SetType("com.example.order.confirmed")
	return e, e.SetData(event.ApplicationJSON, map[string]any{"order": "17", "total": 4200, "currency": "EUR"})
}

func emits(ctx context.Context, _ event.Event) (*event.Event, error) {
	e, err := confirmed()
	if err != nil {
		return nil, err
	}
	return nil, fn.Emit(ctx, e)
}

func nativeHandler() (fn.Handler, error) {
	settings, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		return nil, err
	}
	client := sqs.NewFromConfig(settings, func(o *sqs.Options) { o.DisableMessageChecksumValidation = true })
	n := 0
	return fn.HandlerFunc(func(ctx context.Context, in event.Event) (*event.Event, error) {
		e, err := confirmed()
		if err != nil {
			return nil, err
		}
		n++
		e.SetID(fmt.Sprint(n))
		e.SetSource("/example.com/shop/confirm")
		e.SetExtension("causationid", in.ID())
		body, err := json.Marshal(e)
		if err != nil {
			return nil, err
		}
		out, err := client.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{
			QueueUrl: aws.String(queueURL),
			Entries: []types.SendMessageBatchRequestEntry{{
				Id: aws.String("0"), MessageBody: aws.String(string(body)),
				MessageAttributes: map[string]types.MessageAttributeValue{"content-type": {DataType: aws.String("String"), StringValue: aws.String("application/cloudevents+json")}},
			}},
		})
		if err == nil && len(out.Failed) > 0 {
			err = fmt.Errorf("%s", *out.Failed[0].Message)
		}
		return nil, err
	}), nil
}

// used is the CPU time of this process in microseconds.
func used() float64 {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // this process always has one
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e3
}
