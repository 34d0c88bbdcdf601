package shop // want package:`links .*sqs`

import (
	"context"

	_ "cloud.google.com/go/civil" // types alone
	_ "example.com/cloud"         // another module's
	_ "example.com/shop/deep"     // want `^this brings cloud.google.com/go/storage with it, an SDK of Google Cloud, to which it binds Confirm and Thumbnail; have the service come as a parameter of the setup, by //fn:use, or write //fn:targets gcp \[vendor-sdk\]` `^this brings github.com/aws/aws-sdk-go-v2/service/s3 with it, an SDK of AWS`

	_ "github.com/aws/aws-sdk-go-v2/service/sqs" // want `^this is an SDK of AWS, to which it binds Confirm; name the service with //fn:sink, and return what is sent or give it to fn.Emit, or write //fn:targets aws \[vendor-sdk\]`
)

//fn:queue orders
func Confirm(ctx context.Context, order string) error { return nil }

//fn:object pictures created
//fn:targets aws
func Thumbnail(ctx context.Context, order string) error { return nil }
