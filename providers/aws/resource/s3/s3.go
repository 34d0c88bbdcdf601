// Package s3 opens the buckets on AWS that functions use. Its clients add 10 MB
// to a function, which only one that uses a bucket links.
package s3

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"gocloud.dev/blob"
	"gocloud.dev/blob/s3blob"

	"github.com/fngen/fngen/internal/uses"
	"github.com/fngen/fngen/providers/aws/internal/api"
)

var service = api.Service{Name: "s3", Variable: "S3"}

// Bucket opens the bucket that the parameter of the setup is for, or what is in
// it below the prefix, which keys then are without; "" is all of it. Its name is
// in the environment, as FNGEN_USE_PICTURES for the parameter pictures. It calls
// nobody.
//
// AWS's own variables lead elsewhere: AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL,
// where the bucket is a part of the path.
func Bucket(param, prefix string) (*blob.Bucket, error) {
	name, err := uses.Name(param)
	if err != nil {
		return nil, err
	}
	region, err := api.Region()
	if err != nil {
		return nil, fmt.Errorf("open bucket %s: %w", name, err)
	}
	options := s3.Options{Region: region, Credentials: aws.CredentialsProviderFunc(api.Credentials)}
	if endpoint := service.Endpoint(); endpoint != "" {
		options.BaseEndpoint, options.UsePathStyle = &endpoint, true
	}
	bucket, err := s3blob.OpenBucket(context.Background(), s3.New(options), name, nil)
	if err != nil {
		return nil, fmt.Errorf("open bucket %s: %w", name, err)
	}
	if prefix != "" {
		bucket = blob.PrefixedBucket(bucket, prefix)
	}
	return bucket, nil
}
