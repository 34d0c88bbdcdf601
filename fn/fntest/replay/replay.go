// Package replay shows in a test what a function makes of something that
// happens on every platform: it is sent as each platform sends it, through the
// code that decodes and answers it there, and the answer is read as the platform
// reads it. Nothing listens and nothing is installed; a test takes milliseconds.
//
//	func TestConfirm(t *testing.T) {
//		f := replay.Queue("orders", fn.On(Confirm))
//		f.Deliver(t, replay.Message{Data: Order{ID: "o-1"}}).Want(t, replay.Acknowledged)
//	}
//
// A delivery on which the platforms do not agree fails the test, with a table of
// what each of them made of it. What the model of events leaves to the platform
// is no difference: an object's etag, contenttype, version and sequencer, the
// images of a change that is partial, the time of a tick that is approximate, a
// record's sequence, and every id, source and time. Nor is it one that OpenWhisk,
// which delivers nothing again, writes to the dead letters what others deliver
// again.
//
// A test of the handler alone, as the function that it is, needs only
// package fntest, which links no platform.
package replay

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/native"
)

// A Function is a handler behind a trigger, on every platform. Its fields say
// what the directives say, and may be set before the first delivery.
type Function struct {
	Content                   string // content= of a queue or topic; "" is JSON
	FIFO, Letters             bool   // of a queue
	Envelope                  string // of a queue on AWS, as resources.NAME.aws.envelope in fngen.yaml: sns, eventbridge, s3 or sns+s3
	Created, Updated, Deleted bool   // of a bucket or collection; none of them is all
	Prefix, Suffix            string // of a bucket's keys
	Source                    string // of events; "" is any
	Stream                    bool   // of HTTP: what the handler flushes leaves at once
	Batch                     bool   // of HTTP, to a handler of events: batches of CloudEvents
	NoDeadLetter              bool   // what //fn:deadletter none says
	Sinks                     []Sink // what //fn:sink says

	// Retries is how often an event that fails is delivered again, as
	// //fn:retries says it; what has still failed then goes to the dead
	// letters. With 0 a test looks at one delivery, and what is to be delivered
	// again is [Redelivered].
	Retries int

	// Timeout is how long an invocation may take; a minute if 0. Handlers are
	// answered for a little earlier, and at half of a short time.
	Timeout time.Duration

	// Faults happen instead of the first calls of the handler, one each, on
	// every platform; nil is a call as it is.
	Faults []Fault

	// Platforms are those that the function is meant for, as in //fn:targets;
	// none is all: aws, gcp, openwhisk.
	Platforms []string

	// Differs names platforms on which another outcome is meant, and why.
	Differs map[string]string

	trigger native.Trigger
	handler fn.Handler
	serve   http.Handler
}

// A Sink is one that the function's directives name.
type Sink struct {
	Name string
	Type string // of events that have none
}

// Queue returns a function that //fn:queue NAME feeds.
func Queue(name string, h fn.Handler) *Function { return function("queue", name, h) }

// Topic returns a function that //fn:topic NAME feeds.
func Topic(name string, h fn.Handler) *Function { return function("topic", name, h) }

// Stream returns a function that //fn:stream NAME feeds.
func Stream(name string, h fn.Handler) *Function { return function("stream", name, h) }

// Bucket returns a function that //fn:object NAME feeds.
func Bucket(name string, h fn.Handler) *Function { return function("object", name, h) }

// Collection returns a function that //fn:document NAME feeds.
func Collection(name string, h fn.Handler) *Function { return function("document", name, h) }

// Schedule returns the function with the name, which //fn:schedule fires.
func Schedule(name string, h fn.Handler) *Function { return function("schedule", name, h) }

// Events returns a function that //fn:event TYPE feeds.
func Events(eventType string, h fn.Handler) *Function { return function("event", eventType, h) }

// HTTP returns a function that //fn:http feeds, with a handler of requests: a
// [http.ServeMux] where the directive has a pattern.
func HTTP(h http.Handler) *Function {
	return &Function{trigger: native.Trigger{Kind: "http"}, serve: h}
}

// HTTPEvents returns a function that //fn:http feeds, with a handler of events.
// Deliver posts an [Event] to it, or with Batch several as one request.
func HTTPEvents(h fn.Handler) *Function { return function("http", "", h) }

func function(kind, name string, h fn.Handler) *Function {
	return &Function{trigger: native.Trigger{Kind: kind, Name: name}, handler: h}
}

// Fresh returns a handler that is made anew for every platform, since one that
// keeps something between events would otherwise have it from the platform
// before.
func Fresh(newHandler func() fn.Handler) fn.Handler { return fresh(newHandler) }

type fresh func() fn.Handler

// Handle implements fn.Handler.
func (f fresh) Handle(ctx context.Context, e fn.Event) (*fn.Event, error) { return f().Handle(ctx, e) }

// A Fault happens instead of a call of the handler.
type Fault func(ctx context.Context) error

// Fail is a call that returns the error.
func Fail(err error) Fault { return func(context.Context) error { return err } }

// Panic is a call that panics.
func Panic(v any) Fault { return func(context.Context) error { panic(v) } }

// Late is a call that takes all the time that there is: see Function.Timeout.
func Late() Fault {
	return func(ctx context.Context) error {
		<-ctx.Done()
		return ctx.Err()
	}
}

// Deliver delivers what happens on every platform: several in one batch where
// the platform's source has batches, in their order. It reports what the
// platforms do not agree on.
func (f *Function) Deliver(t testing.TB, occurrences ...Occurrence) *Outcome {
	t.Helper()
	if len(occurrences) == 0 {
		t.Fatal("replay: nothing to deliver")
	}
	var of []native.Occurrence
	for i, o := range occurrences {
		n, err := o.native(f.declared())
		if err != nil {
			t.Fatalf("replay: %s %d: %v", noun(f.trigger.Kind), i+1, err)
		}
		of = append(of, n)
	}
	if f.trigger.Kind == "http" {
		request, err := posted(of, f.Batch)
		if err != nil {
			t.Fatalf("replay: %v", err)
		}
		of = []native.Occurrence{request}
	}
	return f.run(t, of)
}

// Do sends the request on every platform and returns the responses. It reports
// what the platforms do not agree on.
func (f *Function) Do(t testing.TB, r *http.Request) *Outcome {
	t.Helper()
	request, err := native.FromHTTP(r)
	if err != nil {
		t.Fatalf("replay: %v", err)
	}
	return f.run(t, []native.Occurrence{request})
}

func (f *Function) run(t testing.TB, of []native.Occurrence) *Outcome {
	t.Helper()
	out := &Outcome{function: f, what: of}
	for _, p := range f.platforms(t) {
		result, err := f.on(p, ctxOf(t), of)
		if err != nil {
			t.Fatalf("replay: %s: %v", p.name, err)
		}
		out.Results = append(out.Results, result)
	}
	if table := out.disagreement(); table != "" {
		t.Errorf("replay: %s", table)
	}
	return out
}

// ctxOf returns the test's context; the zero testing.T of an example has none.
func ctxOf(t testing.TB) context.Context {
	if ctx := t.Context(); ctx != nil {
		return ctx
	}
	return context.Background()
}

// declared returns the trigger with what the fields say.
func (f *Function) declared() native.Trigger {
	t := f.trigger
	t.Content, t.FIFO, t.Letters, t.Source = f.Content, f.FIFO, f.Letters, f.Source
	t.Objects = strings.HasSuffix(f.Envelope, "s3")
	t.Created, t.Updated, t.Deleted, t.Prefix, t.Suffix = f.Created, f.Updated, f.Deleted, f.Prefix, f.Suffix
	return t
}

// check returns what the fields cannot be.
func (f *Function) check() error {
	if f.handler == nil && f.serve == nil {
		return errors.New("there is no handler")
	}
	kind := f.trigger.Kind
	switch {
	case (f.FIFO || f.Letters || f.Envelope != "") && kind != "queue":
		return errors.New("FIFO, Letters and Envelope are of queues alone")
	case !slices.Contains([]string{"", "sns", "eventbridge", "s3", "sns+s3"}, f.Envelope):
		return fmt.Errorf("%q is no Envelope; there are sns, eventbridge, s3 and sns+s3", f.Envelope)
	case f.Letters && f.Envelope != "":
		return errors.New("a queue of Letters has no Envelope: they are taken as they are")
	case f.Stream && f.serve == nil, f.Stream && len(f.Sinks) > 0:
		return errors.New("only HTTP without Sinks is a Stream")
	case f.Batch && (kind != "http" || f.handler == nil):
		return errors.New("only HTTPEvents takes a Batch")
	case f.NoDeadLetter && kind == "http":
		return errors.New("an HTTP function has no dead letters, and no NoDeadLetter")
	}
	return nil
}
