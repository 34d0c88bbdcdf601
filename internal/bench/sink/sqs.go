package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/emit"
	queue "github.com/fngen/fngen/providers/aws/sink/sqs"
)

// sendingSQS prints the CPU time of one event: by fn.Emit in a handler, and by a
// handler that encodes the event with the CloudEvents SDK and calls
// SendMessageBatch of the full client. Both talk to the same server within
// this process, whose time is in both.
func sendingSQS(stdout io.Writer, rounds, calls int) error {
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
	native, err := nativeSQS()
	if err != nil {
		return err
	}
	return compare(stdout, "SQS", rounds, calls, []way{
		{"fn.Emit", emit.Replies(fn.HandlerFunc(emits), "/example.com/shop/confirm", queue.Queue{Name: "news"})},
		{"hand-written, full client", native},
	})
}

const queueURL = "https://sqs.eu-west-1.amazonaws.com/123456789012/news"

func nativeSQS() (fn.Handler, error) {
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
