// Command s3-fngen is a function that a bucket feeds.
package main

import (
	"context"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/providers/aws"
)

func main() {
	aws.Start(fn.On(func(context.Context, []byte) error { return nil }), aws.S3{Bucket: "uploads", Created: true})
}
