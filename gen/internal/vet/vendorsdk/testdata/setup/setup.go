package setup // want package:`links .*sqs`

import (
	"context"

	_ "github.com/aws/aws-sdk-go-v2/service/sqs"
)

type Shop struct{}

//fn:setup
//fn:allow vendor-sdk "The queue of the other company is there."
func New(context.Context) (*Shop, error) { return nil, nil }

//fn:queue orders
func (*Shop) Confirm(ctx context.Context, order string) error { return nil }

//fn:queue others
func (*Shop) Others(ctx context.Context, order string) error { return nil }
