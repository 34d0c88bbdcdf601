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
	"slices"
	"time"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/native"
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

	// Native encodes what the platform delivers to the occurrence's function,
	// in every envelope that there is for it. Where it cannot, its reason has
	// to be what the suite says too.
	Native func(Occurrence) native.Platform

	// Mode says how the records of a trigger are delivered.
	Mode func(d Directive, envelope string) Mode

	// Arrival returns what is the platform's own in the record with the index,
	// which the payload has as the entry.
	Arrival func(o Occurrence, i int, envelope string, e native.Entry) Arrival

	// Invoke hands the payload to a function with the directive and the
	// handler. The context is that of one invocation.
	Invoke func(context.Context, Occurrence, Directive, fn.Handler, native.Payload) native.Answer
}

// serves reports whether the package at hand has the trigger.
func (p Platform) serves(trigger string) bool {
	if trigger == "http" {
		return p.Requests
	}
	return p.Events
}

// A payload is an occurrence on its way to a function.
type payload struct {
	via      string // the envelope, where there are several
	mode     Mode
	arrivals []Arrival // one for each record of the occurrence

	// invoke hands the payload to a function with the directive and the
	// handler, and reads the answers for its records. An error says that the
	// answer is none that the platform understands.
	invoke func(context.Context, Directive, fn.Handler) ([]Answer, error)
}

// encode returns the occurrence as the platform delivers it: one payload for
// each envelope that there is for it.
func (p Platform) encode(o Occurrence) ([]payload, error) {
	platform := p.Native(o)
	trigger, deliveries := o.Native()
	envelopes := platform.Envelopes(trigger.Kind)
	if len(envelopes) == 0 {
		envelopes = []string{""} // the platform says why
	}
	var out []payload
	for _, envelope := range envelopes {
		i := native.Invocation{Envelope: envelope, ID: "request-1"}
		open, err := platform.Encode(trigger, i, deliveries...) // without credentials
		if err != nil {
			return nil, err
		}
		one := payload{via: envelope, mode: p.Mode(o.Directive, envelope)}
		for _, sent := range open {
			for _, e := range sent.Entries {
				one.arrivals = append(one.arrivals, p.Arrival(o, len(one.arrivals), envelope, e))
			}
		}
		one.invoke = func(ctx context.Context, d Directive, h fn.Handler) ([]Answer, error) {
			ctx, cancel := Invocation(ctx)
			defer cancel()
			i.Deadline, _ = ctx.Deadline()
			sent, err := platform.Encode(trigger, i, withSecrets(deliveries)...)
			if err != nil {
				return nil, err
			}
			return p.deliver(ctx, platform, sent, o, d, h)
		}
		out = append(out, one)
	}
	return out, nil
}

// withSecrets puts a credential into requests.
func withSecrets(deliveries []native.Delivery) []native.Delivery {
	out := slices.Clone(deliveries)
	for i, d := range out {
		if r, ok := d.Occurrence.(native.Request); ok {
			r.Header = r.Header.Clone()
			r.Header.Set("Authorization", Secret)
			out[i].Occurrence = r
		}
	}
	return out
}

// deliver sends the payloads as the platform does, and reads the answers.
func (p Platform) deliver(ctx context.Context, platform native.Platform, sent []native.Payload, o Occurrence, d Directive, h fn.Handler) ([]Answer, error) {
	for i := range sent {
		sent[i].Kind = d.Trigger // who feeds the function reads its answer
	}
	var out []Answer
	results, err := native.Deliver(platform, sent, func(one native.Payload) (native.Answer, error) {
		ctx, cancel := Invocation(ctx)
		defer cancel()
		answer := p.Invoke(ctx, o, d, h, one)
		if d.Trigger != "http" {
			return answer, nil
		}
		if answer.Error != "" { // no response at all
			out = append(out, Answer{Verdict: Retried})
			return answer, nil
		}
		response, err := platform.Response(one, answer)
		if err != nil {
			return answer, err
		}
		a := Answer{Status: response.Status}
		if after := response.Header.Get("Retry-After"); after != "" {
			a.After, err = time.ParseDuration(after + "s")
		}
		out = append(out, a)
		return answer, err
	})
	if err != nil || d.Trigger == "http" {
		return out, err
	}
	for _, r := range results {
		out = append(out, Answer{Verdict: r.Fate, After: r.After})
	}
	return out, nil
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
type Verdict = native.Fate

// The verdicts.
const (
	Acknowledged = native.Acknowledged
	Retried      = native.Redelivered
	Failed       = native.Failed
)
