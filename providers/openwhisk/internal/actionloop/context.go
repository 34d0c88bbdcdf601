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

// Use returns the parameter of a name that begins with [uses.Prefix], which is
// bound to the action for a service that it uses: its user and password, or "".
func Use(ctx context.Context, name string) string {
	all, _ := ctx.Value(usedKey{}).(map[string]string)
	return all[name]
}

type usedKey struct{}

// Context returns a context with the activation's deadline, the API's key and what
// [Use] returns. It
// costs no timer: what makes a context for handlers of it, as run.Reserve does,
// ends that in time, and this one only when the parent ends.
func (r *Request) Context(parent context.Context) context.Context {
	return &activation{parent, r.Deadline, r.key, r.ActivationID, r.used}
}

type activation struct {
	context.Context
	deadline time.Time // zero for none
	key      string    // "" for none
	id       string
	used     map[string]string
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
	case key == usedKey{} && a.used != nil:
		return a.used
	case key == activationID{}:
		return a.id
	}
	return a.Context.Value(key)
}
