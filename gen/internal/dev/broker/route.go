package broker

import (
	"fmt"
	"hash/fnv"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fngen/fngen/gen/internal/dev/platform"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/internal/ce"
	"github.com/fngen/fngen/internal/native"
)

// Emit takes what the function has sent to one of its sinks. An error says that
// the service does not take it.
func (b *Broker) Emit(from string, e platform.Emission) error {
	if e.Kind == "http" {
		return nil // it goes to no function by itself
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	message := messageOf(e)
	message.Direct = e.Kind == "queue"
	name, occurrence := e.Name, native.Occurrence(message)
	event, err := e.Event()
	if e.Kind == "event" {
		if err != nil {
			return fmt.Errorf("what is sent to %s is no event: %w", e.Name, err)
		}
		text, err := ce.Encode(event)
		if err != nil {
			return fmt.Errorf("what is sent to %s: %w", e.Name, err)
		}
		name, occurrence = event.Type(), native.Event{Structured: string(text)}
		if t := b.firedType(from, e.Name); t != "" {
			name = t
		}
	}
	var l *letter
	if e.IsLetter && err == nil {
		l = &letter{}
		x := event.Extensions()
		l.reason, _ = x["deadletterreason"].(string)
		of, _ := x["deadletterfunction"].(string)
		l.function = path.Base(of)
		l.attempts, _ = strconv.Atoi(fmt.Sprint(x["deadletterattempts"]))
	}
	return b.publish(e.Kind, name, occurrence, l)
}

// firedType is the type of the events of the trigger that the sink fires on
// OpenWhisk, whatever is sent there; "" for that of what is sent.
func (b *Broker) firedType(from, sink string) string {
	f := b.functions[from]
	if b.o.Target != "openwhisk" || f == nil {
		return ""
	}
	i := slices.IndexFunc(f.Sinks, func(s model.Sink) bool { return s.Kind == "event" && s.Name == sink })
	if i < 0 {
		return ""
	}
	return f.Sinks[i].Type
}

// messageOf is the message that the service makes of the emission.
func messageOf(e platform.Emission) native.Message {
	m := native.Message{Body: e.Body, Key: e.Group}
	for name, value := range e.Attributes {
		short, isEvents := strings.CutPrefix(name, "ce-")
		switch {
		case isEvents:
			if m.Binary == nil {
				m.Binary = map[string]string{}
			}
			m.Binary[short] = value
		case name == "content-type":
			m.ContentType = value
		case name == "traceparent":
			m.TraceParent = value
		case name == "tracestate":
			m.TraceState = value
		default:
			if m.Attributes == nil {
				m.Attributes = map[string]string{}
			}
			m.Attributes[name] = value
		}
	}
	return m
}

// emissionOf is what the message was when it was sent.
func emissionOf(m native.Message) platform.Emission {
	e := platform.Emission{Body: m.Body, Attributes: m.All(), Group: m.Key}
	for name, value := range m.Binary {
		e.Attributes["ce-"+name] = value
	}
	return e
}

// Send has something happen to the queue, topic, stream, bucket or collection of
// the name, or publishes an event of the type that is the name.
func (b *Broker) Send(kind, name string, o native.Occurrence) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.publish(kind, name, o, nil)
}

// Hears reports whether a function is delivered what happens to the queue, topic,
// stream, bucket or collection.
func (b *Broker) Hears(kind, name string, o native.Occurrence) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.feeding(func(f *function) bool { return b.listens(f, kind, name, o) })) > 0
}

// Fire has the function's schedule fire now.
func (b *Broker) Fire(name string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	f := b.functions[name]
	if f == nil || f.Trigger.Kind() != "schedule" {
		return fmt.Errorf("%s is no function with a schedule", name)
	}
	return b.fire(f, b.o.Now())
}

// publish has what happened wait for all functions that listen to it. A queue
// keeps it if there are none.
func (b *Broker) publish(kind, name string, o native.Occurrence, l *letter) error {
	if b.ctx.Err() != nil {
		return ErrClosed
	}
	now := b.o.Now()
	to := b.feeding(func(f *function) bool { return b.listens(f, kind, name, o) })
	if to == nil && kind == "queue" {
		to = append(to, b.source(source{kind: "queue", name: name}))
	}
	if to == nil {
		b.history.add(Entry{Kind: Unheard, From: kind + " " + name, Events: []Event{{Occurrence: o}}, Text: "no function listens to it"}, now)
		if b.o.Target == "openwhisk" {
			return fmt.Errorf("the trigger %s: %w, and nothing keeps it", name, ErrUnheard)
		}
		return nil
	}
	for _, s := range to {
		if s.served && b.isFull(sizeOf(o)) {
			return ErrFull
		}
	}
	for _, s := range to {
		b.push(s, &message{occurrence: o, letter: l, time: now})
	}
	return nil
}

// feeding returns what feeds the functions, each once.
func (b *Broker) feeding(is func(*function) bool) []*subscription {
	var out []*subscription
	for _, name := range slices.Sorted(maps.Keys(b.functions)) {
		if f := b.functions[name]; f.from != nil && is(f) && !slices.Contains(out, f.from) {
			out = append(out, f.from)
		}
	}
	return out
}

// listens reports whether the platform delivers what happened to the function.
// What it does not look at is the adapter's to see.
func (b *Broker) listens(f *function, kind, name string, o native.Occurrence) bool {
	feeds := f.Trigger.Kind()
	if q, ok := f.Trigger.(model.Queue); ok && q.Letters && b.o.Target == "openwhisk" {
		feeds = "topic" // dead letters fire a trigger there
	}
	if feeds != kind || f.Trigger.Resource() != name {
		return false
	}
	isAWS := b.o.Target == "aws"
	switch t := f.Trigger.(type) {
	case model.Object:
		object, ok := o.(native.Object)
		return ok && (object.Deleted && t.Deleted || !object.Deleted && t.Created) &&
			(!isAWS || strings.HasPrefix(object.Key, t.Prefix) && strings.HasSuffix(object.Key, t.Suffix))
	case model.Document:
		change, ok := o.(native.Change)
		return ok && (b.hasNoFilter(t) || [...]bool{t.Created, t.Updated, t.Deleted}[change.Kind])
	case model.Event:
		event, ok := o.(native.Event)
		if !ok {
			return false
		}
		event, err := event.Complete()
		return !isAWS || t.Source == "" || err == nil && event.Attributes["source"] == t.Source
	}
	return true
}

// hasNoFilter reports whether the function gets all changes, of which its adapter
// takes those that it is for: Eventarc has a filter for one kind alone, and the
// feed of CouchDB none.
func (b *Broker) hasNoFilter(t model.Document) bool {
	n := 0
	for _, asked := range []bool{t.Created, t.Updated, t.Deleted} {
		if asked {
			n++
		}
	}
	return b.o.Target == "openwhisk" || b.o.Target == "gcp" && n > 1
}

// sourceOf returns where what the function is delivered waits. Functions compete
// for a queue of SQS; elsewhere each has what was sent for itself.
func (b *Broker) sourceOf(f model.Function) source {
	s := source{f.Trigger.Kind(), f.Trigger.Resource(), f.Name}
	switch f.Trigger.(type) {
	case model.Queue:
		if b.o.Target == "aws" {
			s.function = ""
		}
	case model.Schedule:
		s.name = f.Name
	}
	return s
}

// source returns the subscription, which it makes if there is none.
func (b *Broker) source(of source) *subscription {
	s := b.sources[of]
	if s == nil {
		s = &subscription{source: of, lanes: map[string]*lane{}}
		b.sources[of] = s
	}
	return s
}

// forget forgets the sources that have nothing and that no function has.
func (b *Broker) forget() {
	maps.DeleteFunc(b.sources, func(_ source, s *subscription) bool { return len(s.consumers) == 0 && s.waiting == 0 })
}

// title is what the source is called where it is shown.
func (s source) title() string { return s.kind + " " + s.name }

// isFull reports whether no event of the size is taken for functions.
func (b *Broker) isFull(size int) bool {
	waiting, bytes := 0, 0
	for _, s := range b.sources {
		if s.served {
			waiting += s.waiting
			bytes += s.bytes
		}
	}
	return waiting >= maxWaiting || bytes+size > maxWaitingBytes
}

// push has the message wait. Where no function ever waited for it, and for a dead
// letter that none waits for now, the oldest ones make room.
func (b *Broker) push(s *subscription, m *message) {
	now := b.o.Now()
	b.number++
	m.number, m.size = b.number, sizeOf(m.occurrence)
	if m.letter != nil && m.letter.was != nil {
		m.size += sizeOf(m.letter.was)
	}
	m.group = groupOf(s, m.occurrence)
	if !s.served || len(s.consumers) == 0 && m.letter != nil {
		b.makeRoom(s, m.size, now)
	}
	s.add(m, now)
	b.hurry()
}

// makeRoom drops as many of the oldest messages as the new one takes the room of.
func (b *Broker) makeRoom(s *subscription, size int, now time.Time) {
	freed, dropped := 0, 0
	for s.waiting > 0 && (s.waiting >= maxHeld && dropped == 0 || s.bytes+size > maxHeldBytes && freed < size) {
		oldest := s.oldest()
		if oldest == nil {
			break
		}
		s.finish(oldest)
		freed, dropped = freed+oldest.size, dropped+1
	}
	if dropped > 0 {
		s.sweep()
		b.history.add(Entry{Kind: Dropped, From: s.title(), Text: fmt.Sprintf("%d of the oldest events, since no function takes them and %d or %d MB are the most that are kept", dropped, maxHeld, maxHeldBytes>>20)}, now)
	}
}

// oldest returns the message that was sent before all others here; nil for none.
func (s *subscription) oldest() *message {
	var oldest *message
	for m := range s.waits() {
		if oldest == nil || m.number < oldest.number {
			oldest = m
		}
	}
	return oldest
}

// groupOf returns the order group in the source; "" for none.
func groupOf(s *subscription, o native.Occurrence) string {
	key := ""
	switch o := o.(type) {
	case native.Message:
		key = o.Key
	case native.Record:
		key = o.Key
	}
	if len(s.consumers) == 0 {
		return key // it may get one that keeps the order
	}
	switch n := s.consumers[0].numbers; n.Order {
	case model.ByGroup:
		return key
	case model.ByShard:
		h := fnv.New32a()
		h.Write([]byte(key))
		return "shard " + strconv.Itoa(int(h.Sum32()%uint32(max(n.Shards, 1))))
	}
	return ""
}

// sizeOf is about how many bytes the event has in a payload, and here.
func sizeOf(o native.Occurrence) int {
	const around = 1024 // a record has beside its body
	texts := func(maps ...map[string]string) int {
		n := 0
		for _, m := range maps {
			for k, v := range m {
				n += len(k) + len(v)
			}
		}
		return n
	}
	switch o := o.(type) {
	case native.Message:
		return around + len(o.Body)*4/3 + texts(o.Attributes, o.Binary)
	case native.Record:
		return around + len(o.Data)*4/3
	case native.Event:
		return around + len(o.Structured) + len(o.Data) + texts(o.Attributes)
	case native.Request:
		return around + len(o.Target) + len(o.Body) // of its headers, those that are kept are few
	case native.Change:
		return around + len(fmt.Sprint(o.Before, o.After))
	}
	return around
}
