// Package native makes what the platforms send out of things that happen: an
// occurrence that names no platform becomes the bytes that start a function
// there, and the function's answer becomes the fate of the occurrence.
//
// It serves tests, replays and local runs. What is deployed reads such bytes
// and never links this.
package native

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

// A Platform encodes for one platform and one function, whose surroundings its
// fields describe. It does no I/O, and the same arguments give the same bytes.
type Platform interface {
	Name() string // as in fn.Delivery: aws

	// Envelopes names the envelopes in which the platform brings what a trigger
	// of the kind asks for. The first is the one that fngen's infrastructure
	// sets up. There are none for a kind that the platform does not have.
	Envelopes(kind string) []string

	// Encode returns the deliveries as the platform sends them, in their order:
	// one payload with all of them, or a payload for each. An error is a
	// [Reason], or unwraps to one, if the platform never sends such a thing.
	Encode(t Trigger, i Invocation, deliveries ...Delivery) ([]Payload, error)

	// Recorded returns the payload in a file, as the platform sent it to a
	// function with a trigger of the kind: Lambda's JSON; Google's request with
	// or without its first line, headers, an empty line and the body; what
	// OpenWhisk's line or its member value is.
	Recorded(kind string, i Invocation, file []byte) (Payload, error)

	// Results reads what becomes of each delivery of the payload. An error
	// says that the answer is none that the platform understands.
	Results(p Payload, a Answer) ([]Result, error)

	// Response reads the response to a request as its client gets it.
	Response(p Payload, a Answer) (Response, error)
}

// A Trigger is what a function is fed by, as its directive says it.
type Trigger struct {
	Kind string // http, schedule, queue, topic, object, document, stream or event
	Name string // of the queue, topic, bucket, collection or stream; the function's on a schedule; the events' type

	Content string // content= of a queue and a topic
	FIFO    bool   // of a queue
	Letters bool   // of a queue: it holds dead letters
	Objects bool   // of a queue: its messages tell of objects of a bucket

	Created, Updated, Deleted bool   // of objects and documents; none of them is all
	Prefix, Suffix            string // of objects' keys
	Source                    string // of events

	Keys []string // of documents: the fields with their keys; _id if empty

	Methods []string // of requests; none of them is all
	Path    string   // of requests, a pattern of http.ServeMux

	Cron     string        // of a schedule, five fields; "" if Every is set
	Every    time.Duration // of a schedule
	TimeZone string        // of Cron; UTC if empty
}

// Check returns an error if the trigger is fed by other occurrences than this one.
func (t Trigger) Check(o Occurrence) error {
	if o == nil || !o.isOf(t.Kind) {
		return fmt.Errorf("a %s trigger has no %T", t.Kind, o)
	}
	return nil
}

// An Invocation is what a platform says of one start of a function.
type Invocation struct {
	Envelope string    // one of the platform's [Platform.Envelopes]; "" is the first
	ID       string    // of the invocation; several payloads of one call have -2, -3 … behind it
	Deadline time.Time // when the platform ends it; only OpenWhisk's payloads hold it
}

// A Delivery is one delivery of an occurrence.
type Delivery struct {
	Occurrence Occurrence
	Number     int64     // of the occurrence among those of its resource: all that the platform's ids are made of
	Time       time.Time // when it happened
	Attempt    int       // counted from 1; 0 is 1
}

// Attempts returns the number of the attempt, counted from 1.
func (d Delivery) Attempts() int { return max(d.Attempt, 1) }

// A Payload is what the platform sends to start a function once.
type Payload struct {
	Kind     string // of the trigger
	Envelope string
	ID       string // of the invocation: Lambda's request id, OpenWhisk's activation id

	// Body is Lambda's payload, the body of Google's request, or OpenWhisk's
	// line of ActionLoop without its line break.
	Body []byte

	// Of Google's request; empty elsewhere.
	Method, Target string
	Header         http.Header

	Function string  // on AWS the ARN that is invoked
	Entries  []Entry // for each delivery
}

// An Entry is one delivery in a payload.
type Entry struct {
	ID    string // the platform's own, as fn.Delivery has it; "" if the platform gives none
	Raw   []byte // the record's own bytes, credentials included, perhaps a part of the payload's Body; nil for a request on Google Cloud
	Group string // of an order group: after a failure the platform sends none of it
}

// An Answer is what the function answers to a payload.
type Answer struct {
	Body  []byte
	Error string // of a Lambda invocation that failed; Body is not looked at then

	// Of the response to Google's request.
	Status int
	Header http.Header
}

// A Fate is what the platform does with a delivery after the answer.
type Fate uint8

// The fates.
const (
	Acknowledged Fate = iota // takes it for handled
	Redelivered              // delivers it again
	Failed                   // takes it for failed, and does not deliver it again
)

// String returns the fate in lower case.
func (f Fate) String() string {
	return [...]string{"acknowledged", "redelivered", "failed"}[f]
}

// A Result is what becomes of a delivery.
type Result struct {
	Fate  Fate
	After time.Duration // the hint with which it is to be delivered again; 0 for none
}

// EnvelopeFor returns the envelope that is asked for, or the first one where none
// is.
func EnvelopeFor(p Platform, kind, asked string) (string, error) {
	all := p.Envelopes(kind)
	switch {
	case len(all) == 0:
		return "", fmt.Errorf("%s has no %q trigger", p.Name(), kind)
	case asked == "":
		return all[0], nil
	case !slices.Contains(all, asked):
		return "", fmt.Errorf("%s has no envelope %q of a %s trigger; it has %q", p.Name(), asked, kind, all)
	}
	return asked, nil
}

// All returns n times the fate.
func All(n int, f Fate) []Result {
	out := make([]Result, n)
	for i := range out {
		out[i].Fate = f
	}
	return out
}

// A Response is the response to a request, as a client gets it.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// Deliver sends the payloads in their order as the platform does, and returns
// what becomes of each delivery in them. What follows a failure in its order
// group is not sent, and is delivered again with it.
func Deliver(p Platform, payloads []Payload, invoke func(Payload) (Answer, error)) ([]Result, error) {
	var out []Result
	stopped := map[string]bool{}
	for _, payload := range payloads {
		if len(payloads) > 1 && stopped[payload.Entries[0].Group] {
			out = append(out, All(len(payload.Entries), Redelivered)...)
			continue
		}
		answer, err := invoke(payload)
		if err != nil {
			return nil, err
		}
		results, err := p.Results(payload, answer)
		if err != nil {
			return nil, err
		}
		for i, r := range results {
			if group := payload.Entries[i].Group; group != "" && r.Fate == Redelivered {
				stopped[group] = true
			}
		}
		out = append(out, results...)
	}
	return out, nil
}
