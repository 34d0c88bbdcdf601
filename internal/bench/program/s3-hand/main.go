// Command s3-hand is a function that a bucket feeds, written by hand.
package main

import (
	"context"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
)

func main() {
	lambda.Start(func(context.Context, events.S3Event) error { return nil })
}
