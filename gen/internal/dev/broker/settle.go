package broker

import (
	"fmt"
	"time"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/internal/native"
)

// settle does with what was out what its answer says.
func (b *Broker) settle(d *dispatch, events []native.Delivery, outcome Outcome, err error) {
	f, now := d.function, b.o.Now()
	if err != nil {
		b.untaken(d, err, now)
		return
	}
	f.absent = 0
	results := outcome.Results
	if len(results) != len(d.messages) {
		results = native.All(len(d.messages), native.Redelivered)
	}
	entry := Entry{Kind: Delivered, Function: f.Name, From: d.from.title(), Build: outcome.Build, Duration: outcome.Duration, Failure: outcome.Failure, Logs: outcome.Logs, Emissions: outcome.Emissions, Writes: WritesOf(outcome.Answer)}
	if entry.Duration == 0 {
		entry.Duration = now.Sub(d.begun)
	}
	for i, e := range events {
		entry.Events = append(entry.Events, Event{Number: e.Number, Attempt: e.Attempt, Occurrence: e.Occurrence, Fate: results[i].Fate})
	}
	b.history.add(entry, now)
	failed := map[*message]bool{}
	for i, m := range d.messages {
		switch {
		case m.done: // by another delivery
		case results[i].Fate == native.Acknowledged:
			d.from.finish(m)
		case results[i].Fate == native.Failed:
			d.from.finish(m)
			b.history.add(Entry{Kind: Dropped, Function: f.Name, From: d.from.title(), Events: entry.Events[i : i+1], Text: "failed, and the platform delivers nothing again"}, now)
		default: // of a lane that is not this delivery's any more, the next one counts
			failed[m] = true
		}
	}
	for _, l := range d.lanes {
		if l.by == d {
			b.again(d, l, failed, outcome, now)
		}
	}
}

// untaken puts back what found no process.
func (b *Broker) untaken(d *dispatch, err error, now time.Time) {
	f := d.function
	wait := min(firstAbsence<<min(f.absent, 10), longestAbsence)
	f.absent++
	f.until = now.Add(wait)
	var back []*lane
	for _, m := range d.messages {
		if m.by == d {
			m.attempt--
		}
	}
	for _, l := range d.lanes {
		if l.by == d {
			back = append(back, l)
		}
	}
	d.from.giveBack(back, now)
	if f.absent == 1 && b.ctx.Err() == nil {
		b.history.add(Entry{Kind: Undelivered, Function: f.Name, From: d.from.title(), Text: err.Error()}, now)
	}
}

// again decides when what failed of a lane comes again, and what never does.
func (b *Broker) again(d *dispatch, l *lane, failed map[*message]bool, outcome Outcome, now time.Time) {
	numbers := d.function.numbers
	if numbers.Order == model.ByShard {
		l.halve(d, failed)
	}
	var until time.Time
	for _, m := range l.messages {
		if m.done || !failed[m] {
			continue
		}
		wait := backoff(numbers, max(m.attempt, 1), now.Sub(d.begun))
		switch {
		case numbers.Attempts > 0 && m.attempt >= numbers.Attempts:
			b.giveUp(d, m, outcome, now)
			continue
		case numbers.Age > 0 && m.waited+wait > numbers.Age:
			b.giveUp(d, m, outcome, now)
			continue
		}
		m.waited += wait
		if at := now.Add(wait / Compression); at.After(until) {
			until = at
		}
	}
	d.from.postpone(l, until, now)
}

// backoff is how long the platform lets what failed wait. What has no time of its
// own is somebody's until its lease ends, of which a part has passed.
func backoff(n model.Delivery, attempt int, passed time.Duration) time.Duration {
	if n.First == 0 {
		return max(n.Lease-passed, 0)
	}
	wait := n.First
	for range attempt - 1 {
		if wait *= 2; wait >= n.Most {
			return n.Most
		}
	}
	return min(wait, n.Most)
}

// halve does what Lambda does with the records of a shard of which one failed:
// what comes before is done, and the rest comes again in halves, which is no
// attempt until the record is alone.
//
// https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html
func (l *lane) halve(d *dispatch, failed map[*message]bool) {
	l.most = 0
	if len(failed) == 0 {
		return
	}
	left := 0
	for _, m := range d.messages {
		if !m.done {
			left++
		}
	}
	l.most = max(left/2, 1)
	if len(d.messages) == 1 {
		return
	}
	for _, m := range d.messages {
		if !m.done {
			m.attempt--
		}
	}
}

// giveUp takes away what has failed too often, and keeps it as the platform does.
func (b *Broker) giveUp(d *dispatch, m *message, outcome Outcome, now time.Time) {
	d.from.finish(m)
	f := d.function
	reason := fmt.Sprintf("failed %d times", m.attempt)
	if outcome.Failure != "" {
		reason += ", at last with " + outcome.Failure
	}
	b.bury(f, m, reason, outcome, now)
}

// finish takes a message away for good.
func (s *subscription) finish(m *message) {
	m.done = true
	s.waiting--
	s.bytes -= m.size
}

// expire has come again what has no answer within its lease, unless it came too
// often. Its delivery goes on, and is heard if it says that something is done.
func (b *Broker) expire(d *dispatch, now time.Time) {
	d.expires = time.Time{}
	f := d.function
	b.history.add(Entry{Kind: Expired, Function: f.Name, From: d.from.title(), Text: fmt.Sprintf("no answer within %s, so it comes again", f.numbers.Lease)}, now)
	for _, l := range d.lanes {
		for _, m := range l.messages {
			if m.by != d || m.done {
				continue
			}
			if m.by = nil; f.numbers.Attempts > 0 && m.attempt >= f.numbers.Attempts {
				b.giveUp(d, m, Outcome{}, now)
			}
		}
		d.from.postpone(l, time.Time{}, now)
	}
}
