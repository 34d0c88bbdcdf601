package emit

import (
	"context"
	"strings"
	"unicode"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
)

// A DeadLetter is where a function's events go that can never succeed: as the
// CloudEvent that they are, with the extensions deadletterreason,
// deadletterattempts and deadletterfunction, or without its data where the sink
// refuses that.
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
// is given up. An error that [fn.Permanent] marks says that the sink refuses the
// letter for good, as too large for instance.
func (d *DeadLetter) Write(ctx context.Context, e event.Event, attempts int, reason error) error {
	e, err := d.letter(e, attempts, reason)
	if err != nil {
		return err
	}
	return send(ctx, d.sink, []event.Event{e})
}

// WriteWithoutData is [DeadLetter.Write] for an event that the sink refuses: its
// dataref names the event, and deadlettertruncated is true.
func (d *DeadLetter) WriteWithoutData(ctx context.Context, e event.Event, attempts int, reason error) error {
	e, err := d.letter(e, attempts, reason)
	if err != nil {
		return err
	}
	e.DataEncoded = nil
	e.SetExtension("dataref", e.Source()+"#"+e.ID())
	e.SetExtension("deadlettertruncated", true)
	return send(ctx, d.sink, []event.Event{e})
}

// letter returns the event as a dead letter. An error is permanent.
func (d *DeadLetter) letter(e event.Event, attempts int, reason error) (event.Event, error) {
	e, err := clone(e)
	if err != nil {
		return e, fn.Permanent(err)
	}
	e.SetExtension("deadletterreason", clean(reason.Error()))
	e.SetExtension("deadletterattempts", attempts)
	e.SetExtension("deadletterfunction", d.function)
	return e, nil
}

// clean returns the text within maxReason and without the characters that
// CloudEvents forbids in attributes: controls and noncharacters.
func clean(reason string) string {
	reason = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Noncharacter_Code_Point, r) {
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
