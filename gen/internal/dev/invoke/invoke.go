// Package invoke delivers one payload to a function that runs on this machine,
// and says what came of it in terms that mean the same on every platform.
package invoke

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/fngen/fngen/gen/internal/dev/platform"
	"github.com/fngen/fngen/gen/internal/dev/program"
	"github.com/fngen/fngen/gen/internal/dev/store"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/internal/ce"
	"github.com/fngen/fngen/internal/native"
)

// A Run is a function with all that it runs with.
type Run struct {
	Target   string
	Function model.Function
	Program  string            // the executable that package program has built
	Artifact *platform.Command // runs in its place; nil for none
	Options  platform.Options
	Payload  platform.Payload
}

// A Result is what came of a delivery.
type Result struct {
	Events    []json.RawMessage // as the handler is given them, or the request; none if what arrived is none
	Response  *Response         // of an HTTP function
	Answer    []byte            // to the platform; on Google the status, which is all that it looks at
	Failure   string            // that the platform sees in it; "" for none
	Fate      Fate
	Emissions []Emission
	Writes    []Write         // to collections and buckets
	Logs      []platform.Line // from its start to its answer
	Duration  time.Duration   // from delivery to answer
}

// An Emission is an event that the function has sent.
type Emission struct {
	Kind, Name string          // of the sink
	Event      json.RawMessage // in CloudEvents' structured mode
	IsLetter   bool            // it is a dead letter
}

// A Write is a change of a document or an object that the function has written.
type Write struct {
	Kind, Name, Key string          // document or object; of the collection or bucket
	Change          string          // created, updated or deleted
	Document        json.RawMessage // as it is then; nil of one that is gone, and of objects
	Size            int64           // of an object
}

// writeOf is the write without what the platform adds.
func writeOf(w store.Write) Write {
	out := Write{Kind: w.Kind(), Name: w.Name}
	switch o := w.Occurrence.(type) {
	case native.Change:
		out.Key, out.Change = o.Key[0], o.Kind.String()
		if o.After != nil {
			out.Document = store.JSON(o.After)
		}
	case native.Object:
		out.Key, out.Change, out.Size = o.Key, "created", o.Size
		if o.Deleted {
			out.Change = "deleted"
		}
	}
	return out
}

// Do starts the function, delivers the payload and stops it. The events are what
// the same trigger gives a handler that shows them, under the same protocol: the
// function itself runs unchanged.
func Do(ctx context.Context, r Run) (Result, error) {
	var result Result
	host, err := platform.New(r.Target)
	if err != nil {
		return result, err
	}
	defer host.Close()
	events, err := r.see(ctx, host)
	if err != nil {
		return result, err
	}
	result.Events = events
	command := platform.Command{Path: r.Program, Args: []string{r.Function.Name}}
	if r.Artifact != nil {
		command = *r.Artifact
	}
	var log []platform.Line // of its start
	o := r.Options
	o.Log = func(l platform.Line) { log = append(log, l) }
	answer, err := once(ctx, host, command, r.Function, o, r.Payload)
	result.Logs = append(log, answer.Logs...)
	if err != nil {
		return result, err
	}
	result.Answer, result.Failure, result.Duration = answer.Body, answer.Failure, answer.Duration
	if answer.Status != 0 {
		result.Answer = fmt.Appendf(nil, "%d %s", answer.Status, http.StatusText(answer.Status))
	}
	for _, e := range answer.Emissions {
		one, err := e.Event()
		if err != nil {
			return result, fmt.Errorf("what %s sends to %s is no event: %w", r.Function.Name, e.Name, err)
		}
		text, err := ce.Encode(one)
		if err != nil {
			return result, fmt.Errorf("what %s sends to %s: %w", r.Function.Name, e.Name, err)
		}
		result.Emissions = append(result.Emissions, Emission{e.Kind, e.Name, text, e.IsLetter})
	}
	for _, w := range answer.Writes {
		result.Writes = append(result.Writes, writeOf(w))
	}
	return result, result.understand(r.Target, r.Function, answer)
}

// see returns what the handler is given.
func (r Run) see(ctx context.Context, host *platform.Host) ([]json.RawMessage, error) {
	command := platform.Command{Path: r.Program, Args: []string{r.Function.Name + program.SeenSuffix}}
	answer, err := once(ctx, host, command, r.Function, r.Options, r.Payload)
	if err != nil {
		return nil, fmt.Errorf("show the event: %w", err)
	}
	var events []json.RawMessage
	for _, line := range answer.Logs {
		if !line.Error && json.Valid([]byte(line.Text)) {
			events = append(events, json.RawMessage(line.Text))
		}
	}
	return events, nil
}

// once starts a process for one delivery, whose log ends with that.
func once(ctx context.Context, host *platform.Host, command platform.Command, f model.Function, o platform.Options, payload platform.Payload) (platform.Answer, error) {
	var isAnswered atomic.Bool
	log := o.Log
	o.Log = func(l platform.Line) {
		if log != nil && !isAnswered.Load() {
			log(l)
		}
	}
	p, err := host.Start(ctx, command, f, o)
	if err != nil {
		return platform.Answer{}, err
	}
	answer, err := p.Invoke(ctx, payload)
	isAnswered.Store(true)
	p.Stop(ctx)
	return answer, err
}
