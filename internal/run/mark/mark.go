// Package mark holds what package fn leaves on errors and contexts for the
// providers to read, so that neither has to import the other, and is where what
// users return is asked for its text and its meaning.
package mark

import "time"

// A Kind says what an error means for the event that caused it.
type Kind uint8

const (
	Retry     Kind = iota // try again, not before After; the meaning of an unmarked error too
	Permanent             // will never succeed
	BadInput              // the event's data is at fault; otherwise as Permanent
)

// Error is an error that a handler marked.
type Error struct {
	Kind  Kind
	After time.Duration // with Retry: the hint, 0 for none
	Err   error         // never nil
}

func (e *Error) Error() string { return e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// DeliveryKey is the context key of the delivery; package fn defines the value.
type DeliveryKey struct{}

// EmitterKey is the context key of what takes a handler's emissions; package fn
// defines the value.
type EmitterKey struct{}
