package fn

import (
	"context"
	"errors"

	"github.com/fngen/fngen/internal/run/mark"
)

// Emit sends e to the function's sink once the handler has returned nil, and
// before its own event is acknowledged. If the handler fails, nothing is sent.
//
// sink is the name in the directive //fn:sink, and needed only where a function
// has several. What e lacks is filled in: source is /MODULE/FUNCTION, time is
// now, type is the directive's, and id is a hash of the function, its input and
// what was emitted before, so that a handler which runs again for the same
// event emits the same ids and consumers can drop the copy. The extensions
// causationid, the id of the input, and traceparent are added.
//
// A handler can pass its own event on, a dead letter for instance, which keeps
// its source and id. Of the types that adapters make only a message,
// [TypeMessageReceived], can be sent.
//
// An error says why e can never be sent: it is no valid event, or there is no
// such sink. In a plain unit test there is none: fntest.Record is one.
func Emit(ctx context.Context, e Event, sink ...string) error {
	to, err := emitterFrom(ctx)
	if err != nil {
		return err
	}
	return to.Emit(e, sink...)
}

// EmitNow is [Emit], but sends at once, whatever becomes of the handler. A nil
// error means that the service has taken e.
func EmitNow(ctx context.Context, e Event, sink ...string) error {
	to, err := emitterFrom(ctx)
	if err != nil {
		return err
	}
	return to.EmitNow(ctx, e, sink...)
}

// emitter takes the emissions of one event's handler.
type emitter interface {
	Emit(e Event, sink ...string) error
	EmitNow(ctx context.Context, e Event, sink ...string) error
}

func emitterFrom(ctx context.Context) (emitter, error) {
	to, ok := ctx.Value(mark.EmitterKey{}).(emitter)
	if !ok {
		return nil, Permanent(errors.New("emit: the function has no sink; declare one with //fn:sink, or use fntest.Record in a test"))
	}
	return to, nil
}
