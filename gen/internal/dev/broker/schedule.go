package broker

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/internal/native"
)

// tick fires the function's schedule if it is time.
func (b *Broker) tick(f *function, now time.Time) {
	if f.next.IsZero() || f.next.After(now) {
		return
	}
	if err := b.fire(f, f.next); err != nil {
		b.history.add(Entry{Kind: Dropped, Function: f.Name, From: f.from.title(), Text: err.Error()}, now)
	}
	f.next = b.nextTick(f, f.Trigger.(model.Schedule), now)
}

// fire has the function get a tick of the time.
func (b *Broker) fire(f *function, at time.Time) error {
	if b.ctx.Err() != nil {
		return ErrClosed
	}
	o := native.Tick{Name: f.Name, Scheduled: at.UTC().Format(time.RFC3339)}
	if b.isFull(sizeOf(o)) {
		return ErrFull
	}
	b.push(f.from, &message{occurrence: o, time: at})
	return nil
}

// nextTick returns when next the function's schedule fires; zero for never.
func (b *Broker) nextTick(f *function, t model.Schedule, now time.Time) time.Time {
	begun := f.begun
	if b.o.Target == "gcp" {
		begun = time.Time{} // its intervals are cron, which begins with the day
	}
	next, err := nextTime(t, begun, now)
	if err != nil {
		b.history.add(Entry{Kind: Dropped, Function: f.Name, From: "schedule " + f.Name, Text: err.Error()}, now)
		return time.Time{}
	}
	return next
}

// nextTime returns the first time after now at which the schedule fires, whose
// intervals begin with begun. An hour that a time zone skips fires nothing, and
// one that it repeats fires once.
func nextTime(t model.Schedule, begun, now time.Time) (time.Time, error) {
	if t.Cron == "" {
		if t.Every <= 0 {
			return time.Time{}, fmt.Errorf("the schedule has neither a cron expression nor an interval")
		}
		if begun.IsZero() {
			return now.Truncate(t.Every).Add(t.Every), nil
		}
		return begun.Add((now.Sub(begun)/t.Every + 1) * t.Every), nil
	}
	zone, err := time.LoadLocation(t.TimeZone)
	if err != nil {
		return time.Time{}, fmt.Errorf("the schedule's time zone: %w", err)
	}
	c, err := model.ParseCron(t.Cron)
	if err != nil {
		return time.Time{}, err
	}
	local := now.In(zone)
	for days := range 41 * 366 { // after which the calendar is the same, but for centuries
		day := time.Date(local.Year(), local.Month(), local.Day()+days, 12, 0, 0, 0, zone)
		if !isOn(c, day) {
			continue
		}
		for _, hour := range c.Hour.Values {
			for _, minute := range c.Minute.Values {
				at := time.Date(day.Year(), day.Month(), day.Day(), hour, minute, 0, 0, zone)
				if at.After(now) && at.Hour() == hour && at.Minute() == minute { // the zone has such a time
					return at, nil
				}
			}
		}
	}
	return time.Time{}, fmt.Errorf("the schedule %q never fires", t.Cron)
}

// isOn reports whether the schedule fires on the day: on either of the days of
// month and week, unless one of them begins with a star.
func isOn(c model.Cron, day time.Time) bool {
	inMonth, inWeek := slices.Contains(c.DayOfMonth.Values, day.Day()), slices.Contains(c.DayOfWeek.Values, int(day.Weekday()))
	isEither := !strings.HasPrefix(c.DayOfMonth.Text, "*") && !strings.HasPrefix(c.DayOfWeek.Text, "*")
	return slices.Contains(c.Month.Values, int(day.Month())) && (inMonth && inWeek || isEither && (inMonth || inWeek))
}
