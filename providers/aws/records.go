package aws

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/fngen/fngen/internal/run"
)

// recordBatch is a payload of records.
type recordBatch struct {
	Records []json.RawMessage

	// Window is there if the mapping of a stream has a tumbling window.
	Window struct {
		Start string `json:"start"`
	} `json:"window"`
}

// splitBatch splits a payload whose records eventSource marks. The text of
// declared names the source in errors: SNS topic "orders" for instance.
func splitBatch(declared, eventSource string, payload []byte) (recordBatch, error) {
	var envelope recordBatch
	err := json.Unmarshal(payload, &envelope)
	if isOfAnotherType(err) || err == nil && envelope.Records == nil {
		return recordBatch{}, mismatch(declared, payload)
	}
	if err != nil {
		return recordBatch{}, fmt.Errorf("decode records of %s: %w", declared, err)
	}
	if len(envelope.Records) > 0 {
		var first struct {
			EventSource string `json:"eventSource"` // SNS spells it EventSource
		}
		err := json.Unmarshal(envelope.Records[0], &first) // what decodes is enough
		if first.EventSource != eventSource && (first.EventSource != "" || err == nil) {
			return recordBatch{}, mismatch(declared, payload)
		}
	}
	return envelope, nil
}

// isOfAnotherType reports whether the error is for JSON of another shape.
func isOfAnotherType(err error) bool {
	var shape *json.UnmarshalTypeError
	return errors.As(err, &shape)
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
		d, _ := records[i].Delivery()
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
	d, _ := records[0].Delivery()
	return d.Attributes[windowStart] != ""
}

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
