package actionloop

import (
	"cmp"
	"crypto/rand"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/portable"
)

// A Request is one activation of the action.
type Request struct {
	Value         Value
	CloudEvent    CloudEvent // of [DecodeEvent]
	Namespace     string
	ActionName    string // fully qualified, /namespace/package/action
	ActionVersion string
	ActivationID  string
	TransactionID string

	Deadline time.Time // zero if the request has none

	key     string            // of the API, where the platform sends it along
	used    map[string]string // of [Use]; nil for none
	nesting error
}

// Identify gives a request what events are named by where it has none, as one that
// does not come from the platform: the namespace of __OW_NAMESPACE, or _, which
// stands for the caller's own, and an id that is made up and logged.
func (r *Request) Identify() {
	if r.Namespace == "" {
		r.Namespace = cmp.Or(os.Getenv("__OW_NAMESPACE"), "_")
	}
	if r.ActivationID == "" {
		r.ActivationID = rand.Text()
		slog.Warn("the activation has no id; the one of its events is made up", "activation", r.ActivationID)
	}
}

// CheckNesting says that a parameter has more than [MaxNesting] levels.
func (r *Request) CheckNesting() error { return r.nesting }

// ActionSource is the source of what calls the action itself, or "" if the
// request does not name the action.
func (r *Request) ActionSource() string {
	_, action, _ := strings.Cut(strings.TrimPrefix(r.ActionName, "/"), "/")
	if r.Namespace == "" || action == "" {
		return ""
	}
	return portable.Path("namespaces", r.Namespace, "actions") + portable.Path(strings.Split(action, "/")...)
}

// An Activation is a run.Native that is a request as a whole.
type Activation struct {
	Request *Request
	Trigger string // of the delivery
	Name    string // what kind of activation it is
}

// String implements run.Native.
func (a *Activation) String() string { return a.Name + " " + a.Request.ActivationID }

// Raw implements run.Native: the parameters without headers, whose writer is
// not known.
func (a *Activation) Raw() []byte { return a.Request.Value.Without(Headers) }

// Delivery implements run.Native.
func (a *Activation) Delivery() fn.Delivery { return a.Request.Delivery(a.Trigger) }

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
