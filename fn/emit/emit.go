// Package emit sends what a function emits to its sinks. Generated entrypoints
// call it, and so can a main written by hand:
//
//	aws.Start(emit.Replies(fn.Reply(shop.Confirm), "/example.com/shop/confirm", sns.Topic{Name: "order-events"}), aws.SQS{Queue: "orders"})
//
// Where the sink order-events is, a queue's URL for instance, says the variable
// FNGEN_SINK_ORDER_EVENTS of the environment, which the infrastructure sets.
//
// The events of a handler are buffered until it has returned nil, and are sent
// before its input is acknowledged. If sending fails for a passing reason the
// input is delivered again, and what was sent before is sent once more, under
// the same source and id.
package emit

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/cloudevents/sdk-go/v2/types"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/ce"
	"github.com/fngen/fngen/internal/portable"
	"github.com/fngen/fngen/internal/run/mark"
)

// A Sink is a service that takes events.
type Sink interface {
	// Declared returns what the directive //fn:sink says: the sink's name, and
	// the type of events that have none.
	Declared() (name, eventType string)

	// Send sends the events in their order and returns an error for each that
	// the service has not taken, at its index; nil if it has taken all. An
	// error that [fn.Permanent] marks will be the same at any other time. Send
	// is safe for concurrent use and keeps within ctx.
	Send(ctx context.Context, events []event.Event) []error
}

// Replies returns a handler whose emissions go to the sinks, and its replies to
// the first of them. source is /MODULE/FUNCTION.
func Replies(h fn.Handler, source string, sinks ...Sink) fn.Handler {
	return &function{handler: h, source: source, sinks: sinks}
}

// Answers is [Replies] on an http trigger, where a reply is the response to the
// request. On a public one everybody chooses the ids of events: it makes those
// of emissions random.
func Answers(h fn.Handler, source string, public bool, sinks ...Sink) fn.Handler {
	return &function{handler: h, source: source, sinks: sinks, answers: true, public: public}
}

type function struct {
	handler fn.Handler
	source  string
	sinks   []Sink
	answers bool
	public  bool
}

// Handle implements fn.Handler.
func (f *function) Handle(ctx context.Context, e event.Event) (*event.Event, error) {
	b := f.begin(e)
	defer b.close()
	reply, err := f.handler.Handle(&emitterContext{ctx, b}, e)
	if err != nil {
		return nil, err
	}
	if reply != nil && !f.answers {
		if err := b.reply(*reply); err != nil {
			return nil, err
		}
		reply = nil
	}
	return reply, b.flush(ctx)
}

type emitterContext struct {
	context.Context
	buffer *buffer
}

func (c *emitterContext) Value(key any) any {
	if key == (mark.EmitterKey{}) {
		return c.buffer
	}
	return c.Context.Value(key)
}

// A buffer takes the emissions of one event's handler.
type buffer struct {
	function *function
	input    event.Event
	salt     string // of ids; "" where the same input gives the same ids

	mu     sync.Mutex
	events map[int][]event.Event // by sink
	count  map[[3]string]int     // of what has the same sink, type and subject
	size   int
	closed bool
}

func (f *function) begin(input event.Event) *buffer {
	b := &buffer{function: f, input: input}
	if f.public {
		b.salt = rand.Text()
	}
	return b
}

// maxEmissions is the number of events that a handler may emit for one of its
// own.
const maxEmissions = 10_000

// Emit serves [fn.Emit].
func (b *buffer) Emit(e event.Event, sink ...string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	at, e, err := b.complete(e, sink)
	if err != nil {
		return fmt.Errorf("emit: %w", err)
	}
	b.add(at, e)
	return nil
}

// EmitNow serves [fn.EmitNow].
func (b *buffer) EmitNow(ctx context.Context, e event.Event, sink ...string) error {
	b.mu.Lock()
	at, e, err := b.complete(e, sink)
	b.mu.Unlock()
	if err == nil {
		err = send(ctx, b.function.sinks[at], []event.Event{e})
	}
	if err != nil {
		return fmt.Errorf("emit: %w", err)
	}
	return nil
}

// reply takes the handler's reply for the first sink. A bare value, and an event
// that says nothing of itself, has the subject of the input.
func (b *buffer) reply(e event.Event) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	name, _ := b.function.sinks[0].Declared()
	if isBare(e) && e.Subject() == "" && b.input.Context != nil && b.input.Subject() != "" {
		e = e.Clone()
		e.SetSubject(b.input.Subject())
	}
	at, e, err := b.complete(e, []string{name})
	if err != nil {
		return fmt.Errorf("reply: %w", err)
	}
	b.add(at, e)
	return nil
}

func isBare(e event.Event) bool {
	return e.Context != nil && e.Type() == "" && e.Source() == "" && e.ID() == ""
}

func (b *buffer) add(sink int, e event.Event) {
	if b.events == nil {
		b.events = map[int][]event.Event{}
	}
	b.events[sink] = append(b.events[sink], e)
}

// flush sends what was emitted, to each sink in the order of emission.
func (b *buffer) flush(ctx context.Context) error {
	b.mu.Lock()
	b.closed = true
	events := b.events
	b.mu.Unlock()
	for at, sink := range b.function.sinks {
		if len(events[at]) == 0 {
			continue
		}
		if err := send(ctx, sink, events[at]); err != nil {
			return fmt.Errorf("emit: %w", err)
		}
	}
	return nil
}

func (b *buffer) close() {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
}

// complete returns the event with what it lacks, and the index of its sink.
// An error is permanent.
func (b *buffer) complete(e event.Event, name []string) (sink int, _ event.Event, err error) {
	defer func() { err = fn.Permanent(err) }()
	if b.closed {
		return 0, e, errors.New("the handler has returned, so that its emissions are on their way; emit before it returns")
	}
	if b.size++; b.size > maxEmissions {
		return 0, e, fmt.Errorf("more than %d events for one; emit fewer, or split the input", maxEmissions)
	}
	if sink, err = b.function.sink(name); err != nil {
		return 0, e, err
	}
	sinkName, eventType := b.function.sinks[sink].Declared()
	if e.Context == nil {
		e = event.New()
	}
	if e, err = clone(e); err != nil {
		return 0, e, err
	}
	if e.Type() == "" {
		if eventType == "" {
			return 0, e, fmt.Errorf("the event has no type; set one, or write type= in the directive of the sink %s", sinkName)
		}
		e.SetType(eventType)
	}
	if strings.HasPrefix(e.Type(), "dev.fngen.") && e.Type() != fn.TypeMessageReceived { // a message can be passed on
		return 0, e, fmt.Errorf("the type %q is made by adapters only; choose another", e.Type())
	}
	if e.Source() == "" {
		e.SetSource(b.function.source)
	}
	if e.Time().IsZero() {
		e.SetTime(time.Now())
	}
	b.trace(&e)
	same := [3]string{sinkName, e.Type(), e.Subject()}
	if b.count == nil {
		b.count = map[[3]string]int{}
	}
	b.count[same]++
	if e.ID() == "" {
		e.SetID(b.id(same, b.count[same]))
	}
	if err := e.Validate(); err != nil {
		return 0, e, fmt.Errorf("no valid event: %w", err)
	}
	if err := ce.Check(e); err != nil {
		return 0, e, err
	}
	return sink, e, nil
}

// clone returns a copy that shares no attributes with e.
func clone(e event.Event) (event.Event, error) {
	for name, value := range e.Extensions() {
		switch value.(type) {
		case bool, int32, string, []byte, types.URI, types.URIRef, types.Timestamp, *types.URI, *types.URIRef, *types.Timestamp:
		default: // the SDK's Clone would panic
			return e, fmt.Errorf("no valid event: the extension %s is of type %T; set it with SetExtension", name, value)
		}
	}
	return e.Clone(), nil
}

// trace adds what leads from the event back to the input.
func (b *buffer) trace(e *event.Event) {
	if b.input.Context == nil {
		return
	}
	has, input := e.Extensions(), b.input.Extensions()
	itself := e.ID() == b.input.ID() && e.Source() == b.input.Source() // the input, passed on
	if _, ok := has["causationid"]; !ok && b.input.ID() != "" && !itself {
		e.SetExtension("causationid", b.input.ID())
	}
	if _, ok := has["traceparent"]; ok {
		return
	}
	for _, name := range []string{"traceparent", "tracestate"} {
		if v, ok := input[name]; ok {
			e.SetExtension(name, v)
		}
	}
}

// id returns 32 hex digits that are the same whenever the handler runs for the
// same input.
func (b *buffer) id(same [3]string, n int) string {
	var source, id string
	if b.input.Context != nil {
		source, id = b.input.Source(), b.input.ID()
	}
	return portable.Hash(b.function.source, source, id, same[0], same[1], same[2], fmt.Sprint(n), b.salt)
}

// sink returns the index of the sink with the name, or of the only one.
func (f *function) sink(name []string) (int, error) {
	var names []string
	for _, s := range f.sinks {
		n, _ := s.Declared()
		names = append(names, n)
	}
	switch {
	case len(name) == 0 && len(names) == 1:
		return 0, nil
	case len(name) != 1:
		return 0, fmt.Errorf("the function has the sinks %s; name one of them", strings.Join(names, ", "))
	}
	if at := slices.Index(names, name[0]); at >= 0 {
		return at, nil
	}
	return 0, fmt.Errorf("no sink %q; the function has %s", name[0], strings.Join(names, ", "))
}
