// Package conformance is the suite that every provider passes: one table of
// things that happen, told without any platform, each with the event that the
// handler gets and with what becomes of it. A provider supplies the payloads
// alone; what is expected of them stands here, once for all.
//
// A provider's test is
//
//	func TestConformance(t *testing.T) { conformance.Run(t, platform) }
//
// Byte for byte the same on every platform are the event's type, subject,
// datacontenttype and data, and its extensions but for values that are the
// platform's own. Exempt from that are
//
//	an object's etag, contenttype, version and sequencer
//	the images of a change that is partial
//	the scheduled time of a tick that is approximate
//	the extension sequence on Google Cloud, whose streams number nothing
//
// and of those the suite knows the exact bytes too.
package conformance

import (
	"context"
	"time"

	"github.com/fngen/fngen/fn"
)

// A Platform is what the suite has to know of a provider.
type Platform struct {
	Name string // as in [fn.Delivery]: aws

	// Events and Requests say what the package at hand serves: all triggers but
	// http, and http. A provider whose requests are a package of their own runs
	// the suite in both.
	Events, Requests bool

	// Hints says that an answer that asks for another delivery can say when.
	Hints bool

	// Encode returns the occurrence as the platform delivers it: one payload
	// for each envelope that there is for it. Where there is none it says why
	// not, which has to be what the suite says too.
	Encode func(Occurrence) ([]Payload, Reason)
}

// serves reports whether the package at hand has the trigger.
func (p Platform) serves(trigger string) bool {
	if trigger == "http" {
		return p.Requests
	}
	return p.Events
}

// A Payload is an occurrence on its way to a function.
type Payload struct {
	Via      string // the envelope, where there are several
	Mode     Mode
	Arrivals []Arrival // one for each record of the occurrence

	// Invoke hands the payload to a function with the directive and the
	// handler, each invocation in a context of [Invocation], and reads the
	// answers for its records. An error says that the answer is none that the
	// platform understands.
	Invoke func(context.Context, Directive, fn.Handler) ([]Answer, error)
}

// Invocation returns the context of one invocation, with a deadline as the
// platform sets it.
func Invocation(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, 5*time.Minute)
}

// A Mode is how a platform's source delivers several records, and what it can
// be told of them.
type Mode uint8

const (
	Each       Mode = iota // in one invocation; the answer names those to deliver again
	Whole                  // in one invocation; all are delivered again if one has to be
	Onward                 // in order; one that has to be delivered again stops those after it
	Apart                  // in an invocation for each
	EachFinal              // in one invocation, and never again
	ApartFinal             // in an invocation for each, and never again
)

// final reports whether nobody delivers again.
func (m Mode) final() bool { return m == EachFinal || m == ApartFinal }

// An Arrival is what is the platform's own in a record.
type Arrival struct {
	Source string
	ID     string    // of the event; "" if it is random
	Time   time.Time // of the event; zero for none

	// Extensions has the values that are the platform's own. The names are the
	// occurrence's.
	Extensions map[string]string

	NativeID string // of the delivery; "" if it is random
	Attempt  int
	Raw      []byte // the record's own bytes; nil if the handler reads them itself

	Members     []Member // what the platform adds to an object
	Partial     bool     // the change has no images
	Approximate bool     // the scheduled time is that of the arrival

	// Opaque says that what is refused in the record is its envelope there,
	// which fails whatever the directive says of dead letters.
	Opaque bool
}

// A Member is a member of an object's data: etag, contenttype, version or
// sequencer, in this order.
type Member struct{ Name, Value string }

// An Answer is what the platform makes of the native answer for one record.
type Answer struct {
	Verdict Verdict
	After   time.Duration // the hint with a retry; 0 for none
	Status  int           // of the response to a request; 0 for other triggers
}

// A Verdict is what the platform does with a record.
type Verdict uint8

const (
	Acknowledged Verdict = iota // it takes the record for handled
	Retried                     // it delivers the record again
	Failed                      // it takes the record for failed and does not deliver it again
)

func (v Verdict) String() string {
	return [...]string{"acknowledged", "retried", "failed"}[v]
}
