package broker

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/internal/ce"
	"github.com/fngen/fngen/internal/native"
)

// A letter says what a dead letter was before it was one.
type letter struct {
	function string
	reason   string
	attempts int
	was      native.Occurrence // nil if only its event is known, which the letter is
}

// A Held is an event for which no function waits: a dead letter, or a message in
// a queue that nobody handles.
type Held struct {
	Number     int64
	Queue      string // or the store that has it
	Time       time.Time
	Occurrence native.Occurrence

	// Of a dead letter, else empty.
	Function string // that gave it up, or for which it was
	Reason   string
	Attempts int
}

// Held returns the events for which no function waits, in the order in which they
// were sent.
func (b *Broker) Held() []Held {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := []Held{}
	for _, m := range b.held() {
		h := Held{Number: m.number, Queue: m.in.name, Time: m.time, Occurrence: m.occurrence}
		if l := m.letter; l != nil {
			h.Function, h.Reason, h.Attempts = l.function, l.reason, l.attempts
		}
		out = append(out, h)
	}
	return out
}

// A heldMessage is one for which no function waits, and where it is.
type heldMessage struct {
	*message
	in *subscription
}

// held returns what [Broker.Held] does.
func (b *Broker) held() []heldMessage {
	var out []heldMessage
	for _, s := range b.sources {
		if len(s.consumers) > 0 {
			continue
		}
		for m := range s.waits() {
			out = append(out, heldMessage{m, s})
		}
	}
	slices.SortFunc(out, func(a, b heldMessage) int { return cmp.Compare(a.number, b.number) })
	return out
}

// Resend takes the dead letter away and delivers to the function again what it
// was, as something new.
func (b *Broker) Resend(number int64) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range b.held() {
		if m.number == number && m.letter != nil {
			return b.resend(m)
		}
	}
	return fmt.Errorf("there is no dead letter %d", number)
}

// ResendAll resends the dead letters of the queue in the order in which they were
// sent, and returns how many. The error is that of the first one that stays.
func (b *Broker) ResendAll(queue string) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	letters := slices.DeleteFunc(b.held(), func(m heldMessage) bool { return m.in.name != queue || m.letter == nil })
	if len(letters) == 0 {
		return 0, fmt.Errorf("there are no dead letters in %s", queue)
	}
	n := 0
	var first error
	for _, m := range letters {
		switch err := b.resend(m); {
		case errors.Is(err, ErrFull):
			return n, err
		case err != nil:
			first = cmp.Or(first, err)
		default:
			n++
		}
	}
	return n, first
}

func (b *Broker) resend(m heldMessage) error {
	f := b.functions[m.letter.function]
	if f == nil || f.from == nil {
		return fmt.Errorf("there is no function %s any more", m.letter.function)
	}
	was := m.letter.was
	if was == nil {
		text, err := eventIn(m.occurrence)
		if err == nil {
			was, err = b.o.Occurrence(f.Function, text)
		}
		if err != nil {
			return fmt.Errorf("resend the dead letter of %s: %w", f.Name, err)
		}
	}
	if b.isFull(sizeOf(was)) {
		return ErrFull
	}
	m.in.finish(m.message)
	b.push(f.from, &message{occurrence: was, time: b.o.Now()})
	return nil
}

// eventIn returns the event that a dead letter is, in structured mode.
func eventIn(o native.Occurrence) ([]byte, error) {
	m, ok := o.(native.Message)
	if !ok {
		return nil, fmt.Errorf("a %T holds no event", o)
	}
	e, err := emissionOf(m).Event()
	if err != nil {
		return nil, err
	}
	for name := range e.Extensions() {
		switch name {
		case "deadletterreason", "deadletterattempts", "deadletterfunction":
			e.SetExtension(name, nil)
		}
	}
	return ce.Encode(e)
}

// Remove takes an event away for which no function waits.
func (b *Broker) Remove(number int64) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range b.held() {
		if m.number == number {
			m.in.finish(m.message)
			m.in.sweep()
			return nil
		}
	}
	return fmt.Errorf("there is no event %d", number)
}

// bury keeps what a function has failed too often on, as the platform does.
func (b *Broker) bury(f *function, m *message, reason string, outcome Outcome, now time.Time) {
	entry := Entry{Kind: DeadLettered, Function: f.Name, From: f.from.title(), Events: []Event{{Number: m.number, Attempt: m.attempt, Occurrence: m.occurrence}}, Text: reason}
	dead := &message{time: now, letter: &letter{f.Name, reason, m.attempt, m.occurrence}}
	kind, name := "queue", f.DeadLetterSink()
	switch f.numbers.Letters {
	case model.Moved:
		dead.occurrence = b.moved(f, m)
	case model.Reported:
		dead.occurrence = native.Message{Body: b.report(f, m, outcome, now), Direct: true}
	case model.Stored:
		kind, dead.occurrence = "store", m.occurrence
	default:
		entry.Kind, entry.Text = Dropped, reason+", and the platform keeps nothing"
		name = ""
	}
	b.history.add(entry, now)
	if name == "" {
		return
	}
	for _, s := range b.letterBoxes(kind, name) {
		one := *dead
		b.push(s, &one)
	}
}

// letterBoxes returns where dead letters of the name wait: for the functions that
// handle them, or for a person.
func (b *Broker) letterBoxes(kind, name string) []*subscription {
	to := b.feeding(func(f *function) bool { return f.from.kind == kind && f.from.name == name })
	if to == nil {
		to = append(to, b.source(source{kind: kind, name: name}))
	}
	return to
}

// moved is the message among the dead letters, as a queue or a subscription moves
// it there.
//
// https://cloud.google.com/pubsub/docs/handling-failures#how_dead_letter_topics_work
func (b *Broker) moved(f *function, m *message) native.Message {
	var out native.Message
	switch o := m.occurrence.(type) {
	case native.Message:
		out = o
	case native.Record:
		out = native.Message{Body: o.Data, Key: o.Key}
	}
	if b.o.Target != "gcp" {
		return out
	}
	out.Attributes = maps.Clone(out.Attributes)
	if out.Attributes == nil {
		out.Attributes = map[string]string{}
	}
	out.Attributes["CloudPubSubDeadLetterSourceDeliveryCount"] = strconv.Itoa(m.attempt)
	out.Attributes["CloudPubSubDeadLetterSourceSubscription"] = f.Name + "-push"
	out.Attributes["CloudPubSubDeadLetterSourceTopicPublishTime"] = m.time.UTC().Format(time.RFC3339Nano)
	return out
}

// report is what Lambda sends where invocations go that fail for good.
//
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
func (b *Broker) report(f *function, m *message, outcome Outcome, now time.Time) []byte {
	raw := func(b []byte) json.RawMessage {
		if json.Valid(b) {
			return json.RawMessage(b)
		}
		return native.Encode(string(b))
	}
	payload := raw(outcome.Payload)
	if len(outcome.Payload) == 0 {
		payload = native.RawJSON("null")
	}
	return native.JSON(
		"version", "1.0",
		"timestamp", now.UTC().Format("2006-01-02T15:04:05.000Z"),
		"requestContext", native.JSON(
			"requestId", native.UUID(m.number, "request", f.Name),
			"functionArn", "arn:aws:lambda:us-east-1:000000000000:function:"+f.Name+":$LATEST",
			"condition", "RetriesExhausted",
			"approximateInvokeCount", m.attempt,
		),
		"requestPayload", payload,
		"responseContext", native.JSON("statusCode", 200, "executedVersion", "$LATEST", "functionError", "Unhandled"),
		"responsePayload", raw(outcome.Body),
	)
}
