package aws

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/fngen/fngen/internal/jsonscan"
	"github.com/fngen/fngen/internal/run"
)

// declared names a source in errors: SNS topic "orders" for instance.
type declared struct{ kind, name string }

func (d declared) String() string { return fmt.Sprintf("%s %q", d.kind, d.name) }

// recordBatch is a payload of records.
type recordBatch struct {
	Records []json.RawMessage

	// Window is there if the mapping of a stream has a tumbling window.
	Window struct {
		Start string
	}
}

// splitBatch splits a payload whose records eventSource marks.
func splitBatch(d declared, eventSource string, payload []byte) (recordBatch, error) {
	var b recordBatch
	list := recordList{
		begin: func() { b.Records = []json.RawMessage{} },
		record: func(j *jsonscan.Reader) error {
			var raw string
			err := j.Keep(&raw)
			b.Records = append(b.Records, []byte(raw))
			return err
		},
		window: &b.Window.Start,
	}
	if err := list.read(d, payload); err != nil {
		return recordBatch{}, err
	}
	if len(b.Records) > 0 {
		var first struct {
			EventSource string `json:"eventSource"` // SNS spells it EventSource
		}
		err := json.Unmarshal(b.Records[0], &first) // what decodes is enough
		if isForeign(first.EventSource, eventSource, err) {
			return recordBatch{}, mismatch(d.String(), payload)
		}
	}
	return b, nil
}

// isForeign reports whether a batch whose first record is marked so, or does
// not decode for a reason, is one of another source than the declared.
func isForeign(eventSource, declared string, err error) bool {
	return eventSource != declared && (eventSource != "" || err == nil)
}

// A recordList says what to do with the parts of a payload of records. Of
// members with one name the last counts.
type recordList struct {
	begin  func()                       // where the list begins
	record func(*jsonscan.Reader) error // reads a record
	window *string                      // takes the start of a tumbling window; may be nil

	// other reads the other members; nil passes over them.
	other func(j *jsonscan.Reader, name string) error
}

// read reads the payload. It is an error if there is no list, unless others
// are read.
func (l *recordList) read(d declared, payload []byte) error {
	text := jsonscan.Valid(string(payload)) // of which records keep parts, while the runtime uses its buffer again
	found := false
	j := jsonscan.NewReader(text, maxNesting)
	err := j.Object(func(name string) error {
		switch {
		case name == "Records":
			if found = !j.IsNull(); found {
				l.begin()
			}
			return j.Array(func() error { return l.record(j) })
		case name == "window" && l.window != nil:
			return j.Object(func(name string) error {
				if name == "start" {
					return j.String(l.window)
				}
				return j.Skip()
			})
		case l.other != nil:
			return l.other(j, name)
		}
		return j.Skip()
	})
	if err == nil {
		err = j.End()
	}
	switch {
	case jsonscan.IsTypeError(err), err == nil && !found && l.other == nil:
		return mismatch(d.String(), payload)
	case err != nil:
		return fmt.Errorf("decode records of %s: %w", d, jsonscan.Explain(payload, err))
	}
	return nil
}

// A partial is a record that is decoded as far as its members are of the types
// that they should be.
type partial struct{ err error }

// object reads the object of the name, which may be the record itself, and
// each of its members by member.
func (p *partial) object(j *jsonscan.Reader, name string, member func(*jsonscan.Reader, string) error) error {
	return p.note(name, j.Object(func(name string) error {
		if err := member(j, name); err != nil {
			return p.note(name, err)
		}
		return nil
	}))
}

// note keeps the error of the member of the name, if the JSON goes on behind it.
func (p *partial) note(name string, err error) error {
	if !jsonscan.IsTypeError(err) {
		return err
	}
	if p.err == nil {
		p.err = fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// readString reads a string into s. Null is "".
func readString(j *jsonscan.Reader, s *string) error {
	*s = ""
	return j.String(s)
}

// streamGroup is the group of all records of a shard's batch, which is handled
// in order: the answer is a checkpoint, and what comes after it comes again.
const streamGroup = "shard"

// windowStart is the attribute of a record that comes through a tumbling
// window.
const windowStart = "windowStart"

// answerLowest is encode of the streams, whose records have their sequence
// number as native id: only the lowest that failed is named, since the stream
// delivers again from there on.
//
// An answer to a tumbling window counts as failed if it has no state. An empty
// batch exists only there: it closes the window.
//
// https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html
func answerLowest(records []run.Record, results []run.Result) ([]byte, error) {
	var answer struct {
		batchAnswer
		State *struct{} `json:"state,omitempty"`
	}
	lowest := ""
	for i, r := range results {
		if r.Outcome != run.Retry {
			continue
		}
		d := records[i].Delivery()
		if lowest == "" || lessNumber(d.NativeID, lowest) {
			lowest = d.NativeID
		}
	}
	answer.batchAnswer = failures()
	if lowest != "" {
		answer.batchAnswer = failures(lowest)
	}
	if isWindow(records) {
		answer.State = &struct{}{}
	}
	return json.Marshal(answer)
}

func isWindow(records []run.Record) bool {
	if len(records) == 0 {
		return true
	}
	d := records[0].Delivery()
	return d.Attributes[windowStart] != ""
}

// nothingFailed is the answer after which nothing is delivered again.
const nothingFailed = `{"batchItemFailures":[]}`

// batchAnswer says what has to be delivered again.
type batchAnswer struct {
	Failures []batchFailure `json:"batchItemFailures"` // never nil
}

type batchFailure struct {
	ID string `json:"itemIdentifier"`
}

func failures(ids ...string) batchAnswer {
	answer := batchAnswer{make([]batchFailure, len(ids))}
	for i, id := range ids {
		answer.Failures[i].ID = id
	}
	return answer
}

// lessNumber compares two decimal numbers, which no integer type holds.
func lessNumber(a, b string) bool {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	if len(a) != len(b) {
		return len(a) < len(b)
	}
	return a < b
}

// isNumber reports whether s is made of digits only, at least one.
func isNumber(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
