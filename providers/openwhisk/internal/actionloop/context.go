package actionloop

import (
	"context"
)

// APIKey returns the key with which the activation may call the platform, of
// the form UUID:KEY, or "" if the platform has sent none: the action has the
// annotation provide-api-key then only if it calls the platform.
func APIKey(ctx context.Context) string {
	key, _ := ctx.Value(apiKey{}).(string)
	return key
}

type apiKey struct{}

// Context returns a context that ends at the deadline, and has the API's key.
func (r *Request) Context(parent context.Context) (context.Context, context.CancelFunc) {
	if r.key != "" {
		parent = context.WithValue(parent, apiKey{}, r.key)
	}
	if r.Deadline.IsZero() {
		return context.WithCancel(parent)
	}
	return context.WithDeadline(parent, r.Deadline)
}
