package emit

import (
	"context"
	"fmt"
	"strings"
	"unicode"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/internal/run/mark"
)

// A DeadLetter is where a function's events go that can never succeed: as the
// CloudEvent that they are, with the extensions deadletterreason,
// deadletterattempts and deadletterfunction.
type DeadLetter struct {
	function string
	sink     Sink
}

// DeadLetters returns the dead letters of the function, which is
// /MODULE/FUNCTION, in the sink.
func DeadLetters(function string, sink Sink) *DeadLetter { return &DeadLetter{function, sink} }

// maxReason is the length of a reason in bytes.
const maxReason = 256

// Write writes the event, which was tried so many times, with the reason why it
// is given up. If the sink refuses it for good, as too large for instance, a
// letter without data takes its place, whose dataref names the event. An error
// means that neither was written.
func (d *DeadLetter) Write(ctx context.Context, e event.Event, attempts int, reason error) error {
	e, err := clone(e)
	if err != nil {
		return err
	}
	e.SetExtension("deadletterreason", clean(reason.Error()))
	e.SetExtension("deadletterattempts", attempts)
	e.SetExtension("deadletterfunction", d.function)
	err = send(ctx, d.sink, []event.Event{e})
	if !mark.IsFinal(err) {
		return err
	}
	e.DataEncoded = nil
	e.SetExtension("deadletterreason", "too-large")
	e.SetExtension("dataref", e.Source()+"#"+e.ID())
	if again := send(ctx, d.sink, []event.Event{e}); again != nil {
		return fmt.Errorf("%w; without data: %w", err, again)
	}
	return nil
}

// clean returns the text within maxReason and without control characters.
func clean(reason string) string {
	reason = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(reason, "?"))
	if len(reason) > maxReason {
		reason = strings.ToValidUTF8(reason[:maxReason], "")
	}
	return reason
}

// Undecodable returns an event that holds a record which does not decode to
// one, for the dead letters: source is the function's name, and data the
// record's bytes.
func (d *DeadLetter) Undecodable(id string, record []byte) event.Event {
	e := event.New()
	e.SetType(TypeUndecodable)
	e.SetSource(d.function)
	e.SetID(id)
	_ = e.SetData("application/octet-stream", record) // bytes are taken as they are
	return e
}

// TypeUndecodable is the type of a dead letter for a record that is no event.
const TypeUndecodable = "dev.fngen.record.undecodable.v1"
