package allowed // want package:`links .*sqs`

import (
	"context"

	_ "github.com/aws/aws-sdk-go-v2/service/sqs"
)

//fn:queue orders
//fn:allow vendor-sdk "The queue of the other company is there."
func Confirm(ctx context.Context, order string) error { return nil }
