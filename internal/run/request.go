package run

import (
	"context"

	"github.com/fngen/fngen/internal/logging"
	"github.com/fngen/fngen/internal/run/mark"
)

// A Request is what a provider knows of an HTTP request that is to become an
// event. It is at hand without the cost of a delivery.
type Request struct {
	ID     string // never the client's
	Source string // "" where the platform does not say
}

// WithRequest returns the context of an HTTP request, in which
// [fn.DeliveryFrom] describes native and [RequestFrom] returns q.
func WithRequest(ctx context.Context, native Native, q Request) context.Context {
	return &requestContext{ctx, native, q}
}

type requestContext struct {
	context.Context
	native  Native
	request Request
}

// Value implements context.Context.
func (c *requestContext) Value(key any) any {
	switch key {
	case requestKey{}:
		return &c.request
	case mark.DeliveryKey{}:
		return c.native
	case logging.Key{}:
		if subject, ok := c.native.(logging.Subject); ok {
			return subject
		}
	}
	return c.Context.Value(key)
}

type requestKey struct{}

// RequestFrom returns what a provider said of the request, the zero Request
// outside of one.
func RequestFrom(ctx context.Context) Request {
	if q, ok := ctx.Value(requestKey{}).(*Request); ok {
		return *q
	}
	return Request{}
}
