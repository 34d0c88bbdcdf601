package broker

import (
	"container/heap"
	"iter"
	"slices"
	"time"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/internal/native"
)

// A message is an event that waits or is out.
type message struct {
	number     int64
	occurrence native.Occurrence
	group      string
	size       int           // in memory
	time       time.Time     // when it was sent
	attempt    int           // deliveries until now
	waited     time.Duration // between those, as the platform would have let it wait
	by         *dispatch     // the last one
	done       bool
	letter     *letter // nil if it is none
}

// A source is where messages wait: a queue that functions compete for, or what
// feeds one function alone.
type source struct {
	kind, name string
	function   string // "" for whoever takes it
}

// A subscription has the messages of a source.
type subscription struct {
	source
	consumers []*function
	served    bool             // it has or had one
	waiting   int              // messages, those that are out too
	bytes     int              // of those
	lanes     map[string]*lane // by group, of those that have one
	ready     []*lane          // in their order
	later     later
}

// A lane has messages that are delivered one after the other, of which none is
// delivered while one before is out or waits. A message without an order is in a
// lane of its own.
type lane struct {
	group    string // "" for none
	messages []*message
	since    time.Time // it is ready
	until    time.Time // it is not; zero if it is ready or out
	by       *dispatch // nil if it is not out
	most     int       // messages at once; 0 for any number
}

// later are the lanes that are not ready yet, as a heap.
type later []*lane

func (l later) Len() int           { return len(l) }
func (l later) Less(i, j int) bool { return l[i].until.Before(l[j].until) }
func (l later) Swap(i, j int)      { l[i], l[j] = l[j], l[i] }
func (l *later) Push(x any)        { *l = append(*l, x.(*lane)) }
func (l *later) Pop() any {
	old := *l
	last := old[len(old)-1]
	old[len(old)-1] = nil
	*l = old[:len(old)-1]
	return last
}

// A dispatch is messages that are out together.
type dispatch struct {
	function *function
	from     *subscription
	lanes    []*lane
	messages []*message
	begun    time.Time
	expires  time.Time // zero for never
}

// add has the message wait behind those before it.
func (s *subscription) add(m *message, now time.Time) {
	s.waiting++
	s.bytes += m.size
	var l *lane
	if m.group != "" {
		l = s.lanes[m.group]
	}
	if l != nil {
		l.messages = append(l.messages, m)
		return
	}
	l = &lane{group: m.group, messages: []*message{m}, since: now}
	if m.group != "" {
		s.lanes[m.group] = l
	}
	s.ready = append(s.ready, l)
}

// ripen makes ready what has waited long enough.
func (s *subscription) ripen(now time.Time) {
	for len(s.later) > 0 && !s.later[0].until.After(now) {
		l := heap.Pop(&s.later).(*lane)
		l.until, l.since = time.Time{}, now
		s.ready = append(s.ready, l)
	}
}

// ripe returns when next something is ready; zero for never.
func (s *subscription) ripe() time.Time {
	if len(s.later) == 0 {
		return time.Time{}
	}
	return s.later[0].until
}

// take returns what the function gets next: nil if there is nothing, or nothing
// yet, with the time at which there will be.
func (s *subscription) take(f *function, now time.Time) (*dispatch, time.Time) {
	s.sweep()
	if len(s.ready) == 0 {
		return nil, time.Time{}
	}
	most := max(f.numbers.Batch, 1)
	if f.numbers.Window > 0 && s.filled(most) < most {
		if at := s.ready[0].since.Add(f.numbers.Window / Compression); at.After(now) {
			return nil, at
		}
	}
	d := &dispatch{function: f, from: s, begun: now}
	if f.numbers.Lease > 0 {
		d.expires = now.Add(f.numbers.Lease)
	}
	size, n := 0, 0
	for _, l := range s.ready {
		taken := 0
		for _, m := range l.messages {
			if m.done {
				continue
			}
			room := sizeOf(m.occurrence)
			if len(d.messages) == most || l.most > 0 && taken == l.most || f.numbers.Bytes > 0 && len(d.messages) > 0 && size+room > f.numbers.Bytes {
				break
			}
			m.attempt++
			m.by = d
			size += room
			taken++
			d.messages = append(d.messages, m)
		}
		if taken == 0 {
			break
		}
		l.by = d
		d.lanes = append(d.lanes, l)
		n++
		if f.numbers.Order == model.ByShard || len(d.messages) == most {
			break // a payload has records of one shard
		}
	}
	s.skip(n)
	return d, time.Time{}
}

// sweep takes away the lanes in front that have nothing left.
func (s *subscription) sweep() {
	n := 0
	for n < len(s.ready) && !s.ready[n].trim() {
		s.drop(s.ready[n])
		n++
	}
	s.skip(n)
}

// skip takes the first n off what is ready.
func (s *subscription) skip(n int) {
	clear(s.ready[:n])
	s.ready = s.ready[n:]
}

// trim takes away what is done, and reports whether something is left.
func (l *lane) trim() bool {
	l.messages = slices.DeleteFunc(l.messages, func(m *message) bool { return m.done })
	return len(l.messages) > 0
}

// drop forgets a lane that has nothing left.
func (s *subscription) drop(l *lane) {
	if l.group != "" && s.lanes[l.group] == l {
		delete(s.lanes, l.group)
	}
}

// filled counts what is ready, up to the number.
func (s *subscription) filled(most int) int {
	n := 0
	for _, l := range s.ready {
		if n += len(l.messages); n >= most {
			break
		}
	}
	return n
}

// giveBack makes ready what was out, at the front and in its order.
func (s *subscription) giveBack(lanes []*lane, now time.Time) {
	var back []*lane
	for _, l := range lanes {
		l.by = nil
		if !l.trim() {
			s.drop(l)
			continue
		}
		l.since = now
		back = append(back, l)
	}
	s.ready = slices.Concat(back, s.ready)
}

// postpone has the lane wait, or be ready at once if the time is zero.
func (s *subscription) postpone(l *lane, until, now time.Time) {
	l.by = nil
	if !l.trim() {
		s.drop(l)
		return
	}
	if until.After(now) {
		l.until = until
		heap.Push(&s.later, l)
		return
	}
	l.since = now
	s.ready = append(s.ready, l)
}

// waits are the messages that are here and not out, in any order.
func (s *subscription) waits() iter.Seq[*message] {
	return func(yield func(*message) bool) {
		for _, lanes := range [][]*lane{s.ready, s.later} {
			for _, l := range lanes {
				for _, m := range l.messages {
					if !m.done && !yield(m) {
						return
					}
				}
			}
		}
	}
}
