package bound // want package:`links .*sqs`

import (
	"context"

	_ "github.com/aws/aws-sdk-go-v2/service/sqs"
)

//fn:queue orders
//fn:targets aws
func Confirm(ctx context.Context, order string) error { return nil }
