package model

import "time"

// A Delivery is how a platform delivers to a function, in numbers: those that
// the infrastructure sets, and those of the platform's own beside them.
type Delivery struct {
	Attempts int           // deliveries of an event at most, the first one too; 0 for any number
	Age      time.Duration // for which an event that fails is tried again; 0 for any time

	// What fails comes again after First, and twice as long each further time,
	// up to Most. If First is 0 it comes again when its lease has ended.
	First, Most time.Duration
	Lease       time.Duration // after which what has no answer comes again; 0 for never

	Batch  int           // events at once at most; 0 for 1
	Window time.Duration // for which a batch waits to fill
	Bytes  int           // of a payload at most; 0 for no limit of its own

	Order   Order
	Shards  int // of [ByShard]; 0 for 1
	Letters Letters
}

// An Order says what of a source is delivered one after the other: what follows
// in the same group waits until the one before is done with.
type Order uint8

// The orders.
const (
	Unordered Order = iota
	ByGroup         // of an event's own key
	ByShard         // of all, or as many groups as there are shards; what fails is tried again in halves
)

// Letters say how the platform itself keeps what it gives up.
type Letters uint8

// The forms of letters.
const (
	Lost     Letters = iota // not at all
	Moved                   // the message as it was, among the function's dead letters
	Reported                // a record of the failed invocation, among the function's dead letters
	Stored                  // whole, in a store of its own
)

// A Feed is what a target says of the resource that feeds a function.
type Feed struct {
	Envelope string   // of a queue: the service in whose envelope its messages lie; "" for none
	Keys     []string // of a collection: the fields with a document's key; nil for the usual one
	AtOnce   int      // of requests: how many an instance has at once; 0 is one
}

// A Feeder is a [Target] that says such things.
type Feeder interface {
	Feed(Trigger) Feed
}

// A Deliverer is a [Target] whose platform delivers to functions what did not
// come as a request.
type Deliverer interface {
	// Delivery returns the numbers for a function that no client calls.
	Delivery(Function) Delivery
}
