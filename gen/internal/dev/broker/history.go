package broker

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/fngen/fngen/gen/internal/dev/platform"
	"github.com/fngen/fngen/internal/native"
)

// How much is kept of what happened.
const (
	maxEntries      = 500
	maxEntriesBytes = 16 << 20
	maxLog          = 256 << 10 // of one delivery
)

// An Entry is something that happened.
type Entry struct {
	Number   int64 // one more than that of the entry before
	Kind     Kind
	Time     time.Time // when it was over
	Function string    // "" if it is no function's
	From     string    // the source: queue orders
	Events   []Event
	Text     string // what happened; "" of a delivery

	Request *Request // that was answered; nil of what is none

	// Of a delivery or a request.
	Build     int // of the function; 0 if that is not known
	Duration  time.Duration
	Failure   string // that the platform sees; "" for none
	Logs      []platform.Line
	Cut       int // lines that are left out in the middle
	Emissions []platform.Emission
	Writes    []string // what was written to collections and buckets, the first of it

	size int
}

// An Event is one of an entry.
type Event struct {
	Number     int64 // by which it is told from others
	Attempt    int
	Occurrence native.Occurrence
	Fate       native.Fate // of a delivery
}

// A Request is an HTTP request that a function has answered.
type Request struct {
	native.Request          // as far as it is kept
	Omitted        []string // the names of headers that are not kept, sorted
	Left           int      // bytes of its body, if that is not kept
	Status         int      // of the answer
}

// A Kind says what happened.
type Kind string

// The kinds of entries.
const (
	Answered     Kind = "answered"      // a request, which did not wait here
	Delivered    Kind = "delivered"     // to a function, which has answered
	Undelivered  Kind = "undelivered"   // the function has no process
	Expired      Kind = "expired"       // a lease, without an answer
	DeadLettered Kind = "dead-lettered" // by the platform
	Dropped      Kind = "dropped"       // for good, with the reason
	Unheard      Kind = "unheard"       // no function listens
)

// history is the last of what happened.
type history struct {
	entries  []Entry
	bytes    int
	number   int64
	watchers map[chan struct{}]struct{}
}

// add adds an entry, for which the oldest make room, and tells who watches.
func (h *history) add(e Entry, now time.Time) {
	h.number++
	e.Number, e.Time = h.number, now
	e.cut()
	e.size = 256
	for _, one := range e.Events {
		e.size += sizeOf(one.Occurrence)
	}
	if e.Request != nil {
		e.size += sizeOf(e.Request.Request)
	}
	for _, l := range e.Logs {
		e.size += len(l.Text) + 64
	}
	for _, one := range e.Emissions {
		e.size += len(one.Body) + 256
	}
	h.entries = append(h.entries, e)
	h.bytes += e.size
	n := 0
	for len(h.entries)-n > 1 && (len(h.entries)-n > maxEntries || h.bytes > maxEntriesBytes) {
		h.bytes -= h.entries[n].size
		n++
	}
	h.entries = slices.Delete(h.entries, 0, n)
	for w := range h.watchers {
		select {
		case w <- struct{}{}:
		default: // it knows already
		}
	}
}

// cut leaves out the middle of a log that is too long. What stays is memory of its
// own.
func (e *Entry) cut() {
	size := 0
	for _, l := range e.Logs {
		size += len(l.Text)
	}
	if size <= maxLog {
		return
	}
	front, back := 0, len(e.Logs)
	for room := maxLog / 2; front < back && room > 0; front++ {
		room -= len(e.Logs[front].Text)
	}
	for room := maxLog / 2; back > front && room > 0; back-- {
		room -= len(e.Logs[back-1].Text)
	}
	e.Cut = back - front
	e.Logs = slices.Concat(e.Logs[:front], e.Logs[back:])
	for i, l := range e.Logs {
		if len(l.Text) > maxLog/2 {
			e.Logs[i].Text = strings.Clone(l.Text[:maxLog/2]) + "…"
		}
	}
}

// Record adds the answer to a request, of which the broker knows nothing else.
func (b *Broker) Record(e Entry) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.history.add(e, b.o.Now())
}

// Repeat delivers the events of an entry to its function again, as something new.
func (b *Broker) Repeat(number int64) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := slices.IndexFunc(b.history.entries, func(e Entry) bool { return e.Number == number && e.Function != "" && len(e.Events) > 0 })
	if i < 0 {
		return fmt.Errorf("there is no delivery %d, or it is not kept any more", number)
	}
	e := b.history.entries[i]
	f := b.functions[e.Function]
	if f == nil || f.from == nil || f.from.title() != e.From {
		return fmt.Errorf("%s is not fed by %s any more", e.Function, e.From)
	}
	size := 0
	for _, one := range e.Events {
		size += sizeOf(one.Occurrence)
	}
	if b.isFull(size) {
		return ErrFull
	}
	for _, one := range e.Events {
		b.push(f.from, &message{occurrence: one.Occurrence, time: b.o.Now()})
	}
	return nil
}

// History returns what has happened after the entry of the number, as far as it is
// kept: 500 entries at most.
func (b *Broker) History(after int64) []Entry {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := slices.IndexFunc(b.history.entries, func(e Entry) bool { return e.Number > after })
	if i < 0 {
		return nil
	}
	return slices.Clone(b.history.entries[i:])
}

// Watch returns a channel that has something when there is more history, and what
// ends that. Nothing waits for who reads it.
func (b *Broker) Watch() (<-chan struct{}, func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	w := make(chan struct{}, 1)
	b.history.watchers[w] = struct{}{}
	return w, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.history.watchers, w)
	}
}

// A State is what waits now.
type State struct {
	Sources   []SourceState // sorted
	Schedules []ScheduleState
}

// A SourceState is what waits in a source.
type SourceState struct {
	Kind, Name string
	Functions  []string  // that take it; none if what waits is held
	Waiting    int       // events, those that are out too
	Out        int       // of those
	Next       time.Time // something comes again that failed; zero for nothing
}

// A ScheduleState is when a function's schedule fires next.
type ScheduleState struct {
	Function string
	Next     time.Time // zero for never
}

// State returns what waits now.
func (b *Broker) State() State {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out State
	for _, s := range b.sources {
		one := SourceState{Kind: s.kind, Name: s.name, Waiting: s.waiting, Next: s.ripe()}
		for d := range b.under {
			if d.from == s {
				one.Out += len(d.messages)
			}
		}
		for _, f := range s.consumers {
			one.Functions = append(one.Functions, f.Name)
		}
		out.Sources = append(out.Sources, one)
	}
	slices.SortFunc(out.Sources, func(a, b SourceState) int {
		return slices.Compare(append([]string{a.Kind, a.Name}, a.Functions...), append([]string{b.Kind, b.Name}, b.Functions...))
	})
	for _, name := range slices.Sorted(maps.Keys(b.functions)) {
		if f := b.functions[name]; f.Trigger.Kind() == "schedule" {
			out.Schedules = append(out.Schedules, ScheduleState{name, f.next})
		}
	}
	return out
}

// maxWrites is how many writes of a delivery are kept in words.
const maxWrites = 20

// WritesOf is what was written meanwhile, in words.
func WritesOf(a platform.Answer) []string {
	var out []string
	for _, w := range a.Writes[:min(len(a.Writes), maxWrites)] {
		out = append(out, w.String())
	}
	if more := len(a.Writes) - len(out); more > 0 {
		out = append(out, fmt.Sprintf("and %d more", more))
	}
	return out
}
