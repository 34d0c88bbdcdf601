package actionloop

import (
	"context"
	"time"
)

// APIKey returns the key with which the activation may call the platform, of
// the form UUID:KEY, or "" if the platform has sent none: the action has the
// annotation provide-api-key then only if it calls the platform.
func APIKey(ctx context.Context) string {
	key, _ := ctx.Value(apiKey{}).(string)
	return key
}

type apiKey struct{}

// Context returns a context with the activation's deadline and the API's key. It
// costs no timer: what makes a context for handlers of it, as run.Reserve does,
// ends that in time, and this one only when the parent ends.
func (r *Request) Context(parent context.Context) context.Context {
	return &activation{parent, r.Deadline, r.key, r.ActivationID}
}

type activation struct {
	context.Context
	deadline time.Time // zero for none
	key      string    // "" for none
	id       string
}

func (a *activation) Deadline() (time.Time, bool) {
	if a.deadline.IsZero() {
		return a.Context.Deadline()
	}
	return a.deadline, true
}

func (a *activation) Value(key any) any {
	switch {
	case key == apiKey{} && a.key != "":
		return a.key
	case key == activationID{}:
		return a.id
	}
	return a.Context.Value(key)
}
