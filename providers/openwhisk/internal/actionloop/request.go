package actionloop

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/portable"
)

// A Request is one activation of the action.
type Request struct {
	Value         Value  `json:"value"`
	Namespace     string `json:"namespace"`
	ActionName    string `json:"action_name"` // fully qualified, /namespace/package/action
	ActionVersion string `json:"action_version"`
	ActivationID  string `json:"activation_id"`
	TransactionID string `json:"transaction_id"`

	Deadline time.Time `json:"-"` // zero if the request has none

	key string // of the API, where the platform sends it along
}

// Decode reads the line of a request.
func Decode(line []byte) (*Request, error) {
	var envelope struct {
		Request
		Deadline json.Number `json:"deadline"` // milliseconds since 1970, as a string
		Key      string      `json:"api_key"`
	}
	if err := json.Unmarshal(line, &envelope); err != nil {
		return nil, fmt.Errorf("decode request: %w", err)
	}
	r := &envelope.Request
	r.key = envelope.Key
	if r.Value == nil {
		return nil, errors.New("decode request: missing value")
	}
	if envelope.Deadline != "" {
		ms, err := envelope.Deadline.Int64()
		if err != nil {
			return nil, fmt.Errorf("decode request: deadline: %w", err)
		}
		r.Deadline = time.UnixMilli(ms).UTC()
	}
	return r, nil
}

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

// ActionSource is the source of what calls the action itself, or "" if the
// request does not name the action.
func (r *Request) ActionSource() string {
	_, action, _ := strings.Cut(strings.TrimPrefix(r.ActionName, "/"), "/")
	if r.Namespace == "" || action == "" {
		return ""
	}
	return portable.Path("namespaces", r.Namespace, "actions") + portable.Path(strings.Split(action, "/")...)
}

// Delivery describes the activation. The attributes are the request's members
// of the same names.
func (r *Request) Delivery(trigger string) fn.Delivery {
	attributes := map[string]string{}
	for name, value := range map[string]string{
		"namespace":      r.Namespace,
		"action_name":    r.ActionName,
		"action_version": r.ActionVersion,
		"activation_id":  r.ActivationID,
		"transaction_id": r.TransactionID,
	} {
		if value != "" {
			attributes[name] = value
		}
	}
	return fn.Delivery{
		Provider:   "openwhisk",
		Trigger:    trigger,
		NativeID:   r.ActivationID,
		Attributes: attributes,
		Deadline:   r.Deadline,
	}
}
