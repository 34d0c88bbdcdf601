package portable

import (
	"cmp"
	"errors"
	"strings"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
)

// A Record is what a stream delivers.
type Record struct {
	Source       string    // a URI-reference with the shard or partition as fragment
	ID           string    // shard:sequence or partition:offset
	Name         string    // the logical stream
	Time         time.Time // when it arrived in the stream; zero if the platform does not say
	ContentType  string    // the record's own; "" if it says none
	Body         []byte    // verbatim; kept by the event
	PartitionKey string
	Sequence     string // a decimal number, or ""
	TraceParent  string
	TraceState   string
}

// Event returns the record as an event.
func (r Record) Event() (event.Event, error) {
	if r.ID == "" {
		return event.Event{}, errors.New("the record has no id")
	}
	ctx, err := attributes(fn.TypeRecordReceived, r.Source, r.ID, r.Name, r.Time, cmp.Or(r.ContentType, event.ApplicationJSON),
		"partitionkey", r.PartitionKey, "sequence", Sequence(r.Sequence), "traceparent", r.TraceParent, "tracestate", r.TraceState)
	if err != nil {
		return event.Event{}, err
	}
	return event.Event{Context: ctx, DataEncoded: r.Body}, nil
}

// sequenceWidth is the number of digits of a Kinesis sequence number, the
// longest of all platforms' (a Kafka offset has at most 19).
const sequenceWidth = 56

// Sequence pads a decimal number with zeros, so that numbers compare as
// strings do.
func Sequence(number string) string {
	if number == "" || len(number) >= sequenceWidth {
		return number
	}
	return strings.Repeat("0", sequenceWidth-len(number)) + number
}
