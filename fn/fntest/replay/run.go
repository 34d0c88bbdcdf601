package replay

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/emit"
	"github.com/fngen/fngen/fn/fnhttp"
	"github.com/fngen/fngen/internal/native"
	nativeaws "github.com/fngen/fngen/internal/native/aws"
	"github.com/fngen/fngen/providers/aws"
)

// on delivers on one platform until nothing is to be delivered again.
func (f *Function) on(p platform, ctx context.Context, of []native.Occurrence) (Result, error) {
	r := Result{Platform: p.name}
	if f.Stream && p.name == "openwhisk" {
		r.Never = string(native.NoStreams)
		return r, nil
	}
	w := &watch{faults: f.Faults, deliveries: make([]Delivery, len(of))}
	one := f.started(p, w, of)
	pending := make([]int, len(of))
	for i := range of {
		pending[i] = i
	}
	attempts := f.Retries + 1
	if p.final || f.trigger.Kind == "http" {
		attempts = 1
	}
	for attempt := 1; attempt <= attempts && len(pending) > 0; attempt++ {
		results, response, body, err := one(ctx, pending, attempt)
		var never native.Reason
		switch {
		case errors.As(err, &never):
			return Result{Platform: p.name, Never: string(never)}, nil
		case err != nil:
			return r, err
		}
		r.Response, r.body = response, body
		pending = w.settle(f, pending, results)
	}
	r.Deliveries, r.Emitted = w.result()
	for _, i := range pending {
		if f.Retries > 0 && r.Deliveries[i].Fate == Redelivered {
			r.Deliveries[i].Fate = f.givenUp() // by the platform's own policy
		}
	}
	return r, f.drop(r.Deliveries, func(kept *Function) (Result, error) { return kept.on(p, ctx, of) })
}

// givenUp is the fate of what has failed for good.
func (f *Function) givenUp() Fate {
	if f.NoDeadLetter {
		return Dropped
	}
	return DeadLettered
}

// drop tells what was dropped without a call from what the directive does not
// ask for: of the same function with dead letters, the first has one.
func (f *Function) drop(deliveries []Delivery, deliver func(kept *Function) (Result, error)) error {
	isIgnored := func(d Delivery) bool { return d.Fate == Ignored }
	if !f.NoDeadLetter || !slices.ContainsFunc(deliveries, isIgnored) {
		return nil
	}
	kept := *f
	kept.NoDeadLetter, kept.Sinks, kept.Faults, kept.Retries = false, nil, nil, 0
	kept.handler = fn.HandlerFunc(func(context.Context, fn.Event) (*fn.Event, error) { return nil, nil })
	r, err := deliver(&kept)
	if err != nil {
		return err
	}
	for i, d := range deliveries {
		if isIgnored(d) && r.Deliveries[i].Letter != nil {
			deliveries[i].Fate = Dropped
		}
	}
	return nil
}

// settle notes what became of the deliveries and returns those that are to be
// delivered again.
func (w *watch) settle(f *Function, which []int, results []native.Result) []int {
	w.mu.Lock()
	defer w.mu.Unlock()
	var again []int
	for n, i := range which {
		d := &w.deliveries[i]
		switch {
		case results[n].Fate == native.Redelivered:
			d.Fate = Redelivered
			again = append(again, i)
		case results[n].Fate == native.Failed || d.Letter != nil || f.NoDeadLetter && d.Err != nil:
			d.Fate = f.givenUp()
		case d.Calls == 0:
			d.Fate = Ignored
		default:
			d.Fate = Acknowledged
		}
	}
	return again
}

// started starts the function as its entrypoint does, and returns what delivers
// some of the occurrences.
func (f *Function) started(p platform, w *watch, of []native.Occurrence) func(context.Context, []int, int) ([]native.Result, *http.Response, []byte, error) {
	invoke := p.start(f.served(w, of))
	began := time.Now()
	return func(ctx context.Context, which []int, attempt int) ([]native.Result, *http.Response, []byte, error) {
		var deliveries []native.Delivery
		for _, i := range which {
			deliveries = append(deliveries, native.Delivery{Occurrence: of[i], Number: int64(i + 1), Time: began, Attempt: attempt})
		}
		payloads, err := f.encode(p, deliveries)
		if err != nil {
			return nil, nil, nil, err
		}
		return f.send(ctx, p, w, payloads, which, invoke)
	}
}

func (f *Function) served(w *watch, of []native.Occurrence) served {
	s := served{Trigger: f.declared(), envelope: aws.Envelope(f.Envelope), stream: f.Stream, retries: f.Retries, noLetters: f.NoDeadLetter}
	if !f.NoDeadLetter {
		s.letters = emit.DeadLetters(f.source(), letterbox{w})
	}
	var sinks []emit.Sink
	for _, declared := range f.Sinks {
		sinks = append(sinks, sink{declared, w})
	}
	for _, o := range of {
		if c, ok := o.(native.Change); ok && len(c.Key) > 1 {
			s.keys = []string{"_id", "sort"}
		}
	}
	switch {
	case f.trigger.Kind == "http" && f.handler != nil:
		h := w.events(f.handler)
		if len(sinks) > 0 {
			h = emit.Answers(h, f.source(), false, sinks...)
		}
		s.requests = fnhttp.Handler(h, f.source())
		if f.Batch {
			s.requests = fnhttp.Batch(h, f.source())
		}
	case f.serve != nil:
		s.requests = w.requests(f.serve)
		if len(sinks) > 0 {
			s.requests = fnhttp.Emitting(s.requests, f.source(), false, sinks...)
		}
	case len(sinks) > 0:
		s.events = emit.Replies(w.events(f.handler), f.source(), sinks...)
	default:
		s.events = w.events(f.handler)
	}
	return s
}

// source is that of the events that the function makes.
func (f *Function) source() string { return "/replay/" + f.trigger.Kind }

func (f *Function) timeout() time.Duration {
	if f.Timeout > 0 {
		return f.Timeout
	}
	return time.Minute
}

// native returns what sends on the platform what the fields say.
func (f *Function) native(p platform) native.Platform {
	if p.name == "aws" {
		return nativeaws.Platform{Envelope: f.Envelope}
	}
	return p.native
}

// encode returns the payloads of the deliveries. A topic and a bucket deliver
// one at a time, whatever the form of their payloads would allow.
func (f *Function) encode(p platform, deliveries []native.Delivery) ([]native.Payload, error) {
	i := native.Invocation{Deadline: time.Now().Add(f.timeout())}
	if f.trigger.Kind != "topic" && f.trigger.Kind != "object" {
		return f.native(p).Encode(f.declared(), i, deliveries...)
	}
	var out []native.Payload
	for _, d := range deliveries {
		one, err := p.native.Encode(f.declared(), i, d)
		if err != nil {
			return nil, err
		}
		out = append(out, one...)
	}
	return out, nil
}

// send sends the payloads, whose entries are the deliveries with the indices.
func (f *Function) send(ctx context.Context, p platform, w *watch, payloads []native.Payload, which []int,
	invoke func(context.Context, native.Payload) native.Answer,
) (results []native.Result, response *http.Response, body []byte, err error) {
	begin := map[string]int{} // where each payload's entries are in which
	n := 0
	for i, payload := range payloads {
		if payload.ID == "" { // on Google Cloud, where none is told
			payload.ID = fmt.Sprint(i)
			payloads[i].ID = payload.ID
		}
		begin[payload.ID] = n
		n += len(payload.Entries)
	}
	results, err = native.Deliver(p.native, payloads, func(payload native.Payload) (native.Answer, error) {
		from := begin[payload.ID]
		answered := w.deliver(payload.Entries, which[from:from+len(payload.Entries)])
		defer answered()
		ctx, cancel := context.WithTimeout(ctx, f.timeout())
		defer cancel()
		answer := invoke(ctx, payload)
		if f.trigger.Kind != "http" {
			return answer, nil
		}
		got, err := p.native.Response(payload, answer)
		response, body = httpResponse(got), got.Body
		return answer, err
	})
	return results, response, body, err
}

// httpResponse returns the response as clients know it.
func httpResponse(r native.Response) *http.Response {
	return &http.Response{
		Status: strings.TrimSpace(fmt.Sprintf("%d %s", r.Status, http.StatusText(r.Status))), StatusCode: r.Status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: r.Header, Body: io.NopCloser(bytes.NewReader(r.Body)), ContentLength: int64(len(r.Body)),
	}
}
