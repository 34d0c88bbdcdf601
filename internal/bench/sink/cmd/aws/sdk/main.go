// Command sdk is a function fed by a queue that writes to another through the
// service's full client.
package main

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/providers/aws"
)

func main() {
	settings, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		aws.Fail(err)
	}
	client := sqs.NewFromConfig(settings)
	aws.Start(fn.On(func(ctx context.Context, body string) error {
		url := "https://sqs.eu-west-1.amazonaws.com/123456789012/letters"
		_, err := client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &url, MessageBody: &body})
		return err
	}), aws.SQS{Queue: "orders"})
}
