// Package cloudstorage opens the buckets on Google Cloud that functions use. Its
// client adds 20 MB to a function, which only one that uses a bucket links.
package cloudstorage

import (
	"context"
	"fmt"
	"net/http"

	"gocloud.dev/blob"
	"gocloud.dev/blob/gcsblob"
	"gocloud.dev/gcp"
	"golang.org/x/oauth2/google"

	"github.com/fngen/fngen/internal/uses"
)

// Bucket opens the bucket that the parameter of the setup is for, or what is in
// it below the prefix, which keys then are without; "" is all of it. Its name is
// in the environment, as FNGEN_USE_PICTURES for the parameter pictures. It calls
// nobody: the token of the function's service account is asked for with the
// first request.
//
// With STORAGE_EMULATOR_HOST, requests go there and without a token.
func Bucket(param, prefix string) (*blob.Bucket, error) {
	name, err := uses.Name(param)
	if err != nil {
		return nil, err
	}
	client, err := gcp.NewHTTPClient(http.DefaultTransport, google.ComputeTokenSource(""))
	if err != nil {
		return nil, fmt.Errorf("open bucket %s: %w", name, err)
	}
	bucket, err := gcsblob.OpenBucket(context.Background(), client, name, nil)
	if err != nil {
		return nil, fmt.Errorf("open bucket %s: %w", name, err)
	}
	if prefix != "" {
		bucket = blob.PrefixedBucket(bucket, prefix)
	}
	return bucket, nil
}
