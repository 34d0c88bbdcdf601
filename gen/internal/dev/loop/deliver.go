package loop

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/fngen/fngen/gen/internal/dev/broker"
	"github.com/fngen/fngen/gen/internal/dev/invoke"
	"github.com/fngen/fngen/gen/internal/dev/platform"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/internal/native"
)

// errChanged says that a build is being swapped in which something else feeds the
// function.
var errChanged = errors.New("another build is on its way")

// toFunction implements [broker.Deliver].
func (s *session) toFunction(_ context.Context, f model.Function, events []native.Delivery) (broker.Outcome, error) {
	var out broker.Outcome
	fate := native.Redelivered // of all, of whose answer nothing is understood
	if s.target == "openwhisk" {
		fate = native.Failed
	}
	payloads, err := invoke.Payloads(s.target, f, events...)
	if err != nil { // the platform would not have taken it, and never will
		out.Failure, out.Results = err.Error(), native.All(len(events), native.Failed)
		return out, nil
	}
	var undelivered error
	out.Results, err = native.Deliver(invoke.PlatformOf(s.target, f), payloads, func(p native.Payload) (native.Answer, error) {
		if json.Valid(p.Body) {
			out.Payload = p.Body
		}
		w, answer, err := s.deliver(f.Name, func(w *worker) (platform.Payload, error) {
			if now := w.function.Trigger; now.Kind() != f.Trigger.Kind() || now.Resource() != f.Trigger.Resource() {
				return platform.Payload{}, errChanged
			}
			return invoke.Payload(s.target, p)
		})
		if err != nil {
			undelivered = err
			return native.Answer{}, err
		}
		add(&out.Answer, answer)
		out.Build = w.build
		return native.Answer{Body: answer.Body, Error: answer.Failure, Status: answer.Status, Header: answer.Header}, nil
	})
	switch {
	case undelivered != nil && out.Duration == 0:
		return out, undelivered
	case err != nil:
		out.Results = native.All(len(events), fate)
		if out.Failure == "" {
			out.Failure = err.Error()
		}
	}
	return out, nil
}

// add adds what came of one of several payloads. The last answer that says
// something of a failure is kept.
func add(sum *platform.Answer, a platform.Answer) {
	sum.Logs = append(sum.Logs, a.Logs...)
	sum.Emissions = append(sum.Emissions, a.Emissions...)
	sum.Writes = append(sum.Writes, a.Writes...)
	sum.Duration += a.Duration
	if sum.Failure == "" {
		sum.Body, sum.ContentType, sum.Status, sum.Header, sum.Failure = a.Body, a.ContentType, a.Status, a.Header, a.Failure
	}
}
