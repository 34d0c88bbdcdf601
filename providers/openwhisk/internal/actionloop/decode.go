package actionloop

import (
	"fmt"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/internal/jsonscan"
)

// A CloudEvent is a parameter that was read as one in structured mode.
type CloudEvent struct {
	Text  string // the parameter; "" if there is none
	Event event.Event
	Err   error // why the parameter is no event
}

// Decode reads the line of a request, of which it keeps nothing. Names are taken
// in their exact spelling, and of members of one name the last counts.
func Decode(line []byte) (*Request, error) { return decode(line, "") }

// DecodeEvent is [Decode], but the parameter is read as a CloudEvent on the way
// and is not in the value; it is there if [Request.CheckNesting] fails.
func DecodeEvent(line []byte, parameter string) (*Request, error) { return decode(line, parameter) }

func decode(line []byte, eventParameter string) (*Request, error) {
	text := string(line)
	e, err := readEnvelope(text, around+MaxNesting, eventParameter)
	if err != nil && !jsonscan.IsTypeError(err) {
		e, err = readNested(text, eventParameter)
	}
	if err == nil {
		err = e.finish()
	} else {
		err = jsonscan.Explain(line, err)
	}
	if err != nil {
		return nil, fmt.Errorf("decode request: %w", err)
	}
	return &e.Request, nil
}

// around is the number of levels that a parameter lies in: those of the request
// and of its value.
const around = 2

// readNested reads a request that may be nested more deeply than a parameter
// should be, so that it can be reported.
func readNested(text, eventParameter string) (*envelope, error) {
	const most = 10_000 // levels, as in encoding/json
	e, err := readEnvelope(text, most, "")
	if err != nil {
		return e, err
	}
	if e.nesting = e.Value.CheckNesting(); e.nesting == nil { // it is another member of the request
		return readEnvelope(text, most, eventParameter)
	}
	return e, nil
}
