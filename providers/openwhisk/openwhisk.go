// Package openwhisk runs handlers of events on Apache OpenWhisk, as the
// precompiled program of an action. Web actions are package web's.
//
// OpenWhisk delivers at most once: it retries nothing and knows no dead
// letters. An event that fails is therefore tried again in the process, inside
// the activation's deadline, and one that fails for good, has no time left, or
// is not even begun is written to the function's dead letters. Where there are
// none, or they are not taken whole, it is logged whole at error level. The answer is {} if every event is done and
// otherwise {"error": …} with the names of those that failed; why is in the log.
package openwhisk

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/emit"
	"github.com/fngen/fngen/internal/run"
	"github.com/fngen/fngen/internal/run/mark"
	"github.com/fngen/fngen/providers/openwhisk/internal/actionloop"
)

// A Source is what triggers the function: [Kafka], [Trigger], [Alarm] or
// [CouchDB].
type Source interface {
	// read reads the line of the activation.
	read(line []byte) (*actionloop.Request, error)
	// decode splits the activation into records. An error means that the
	// activation is not the source's at all.
	decode(*actionloop.Request) ([]run.Record, error)
	policy() run.Policy
}

// An Invoker answers requests of the ActionLoop protocol: a line of JSON, of
// which it keeps nothing, with one JSON object without a line break. Failures
// are answers too, of the form {"error": "text"}.
type Invoker interface {
	Invoke(ctx context.Context, line []byte) []byte
}

// Start hands the events of src to h until standard input ends. It speaks
// ActionLoop on standard input and file descriptor 3, and acknowledges the
// start where __OW_WAIT_FOR_ACK is set.
//
// A process whose handlers do not return any more, since one has left a mutex
// locked for instance, ends with 1 when it has answered, so that the platform
// starts another: one has not returned while three later activations became
// late too.
func Start(h fn.Handler, src Source) {
	actionloop.Serve((&invoker{handler: h, source: src}).Invoke)
}

// Fail reports that the function cannot start: it logs the error and ends the
// process with 1. Call it before [Start], which acknowledges the start.
func Fail(err error) { actionloop.Fail(err) }

// FailOnPanic reports a setup that panics as [Fail] does one that fails. A main
// defers it before it calls the setup.
func FailOnPanic() {
	if p := recover(); p != nil {
		Fail(mark.Panicked(p))
	}
}

// Handler returns what [Start] serves. Invoke returns in time, whatever h does,
// which runs in a goroutine of its own.
func Handler(h fn.Handler, src Source) Invoker { return &invoker{handler: h, source: src} }

type invoker struct {
	handler fn.Handler
	source  Source
}

// Invoke implements Invoker.
func (i *invoker) Invoke(ctx context.Context, line []byte) []byte {
	request, err := i.source.read(line)
	if err != nil {
		return actionloop.Refuse(err)
	}
	records, err := i.decode(request)
	if err != nil {
		records = []run.Record{foreign(request, err)}
	}
	results := run.Each(request.Context(ctx), i.handler, i.source.policy(), records)
	if err != nil {
		return actionloop.Error(err.Error())
	}
	return encode(records, results)
}

// decode splits the activation into records.
func (i *invoker) decode(r *actionloop.Request) ([]run.Record, error) {
	if err := r.CheckNesting(); err != nil {
		return nil, err
	}
	return i.source.decode(r)
}

// foreign is the record of an activation that the source does not understand;
// it is logged like any event that is lost.
func foreign(r *actionloop.Request, err error) run.Record {
	return run.Record{Err: err, Native: &actionloop.Activation{Request: r, Name: "activation"}}
}

// encode makes the answer. It names the events that failed, as far as they are
// few, and leaves the reasons to the log: answers are kept with the activation.
func encode(records []run.Record, results []run.Result) []byte {
	const most = 20
	var names []string
	failed := 0
	for i, r := range results {
		if r.Outcome == run.Done {
			continue
		}
		if failed++; failed <= most {
			names = append(names, records[i].String())
		}
	}
	if failed == 0 {
		return []byte("{}")
	}
	if failed > most {
		names = append(names, fmt.Sprintf("%d more", failed-most))
	}
	return actionloop.Error(fmt.Sprintf("%d of %d events failed: %s", failed, len(records), strings.Join(names, ", ")))
}

// policy is that of every source, since the platform delivers nothing again.
func policy(retries int, noDeadLetter bool, letters *emit.DeadLetter) run.Policy {
	return run.Policy{Retries: retries, Backoff: backoff, NoDeadLetter: noDeadLetter, DeadLetter: letters, NoRedelivery: true}
}

// backoff waits 0.2 s before the first further try, twice as long before each
// that follows, and at most 5 s.
func backoff(try int) time.Duration {
	const first, longest = 200 * time.Millisecond, 5 * time.Second
	return min(first<<min(try-1, 10), longest)
}
