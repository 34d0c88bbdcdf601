package broker

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fngen/fngen/gen/internal/dev/platform"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/internal/ce"
	"github.com/fngen/fngen/internal/native"
)

// A load is many messages on their way through functions that fail at random.
type load struct {
	t      *testing.T
	target string
	b      *Broker

	mu       sync.Mutex
	r        *rand.Rand
	done     map[string]int // by function and message: how often it was acknowledged
	lettered map[string]int // how often it is a dead letter that its function wrote
	last     map[string]int // by function and order group: the last message acknowledged
	gone     int            // deliveries that found no process
	most     int            // bytes that waited for functions
}

const (
	loadMessages = 10_000
	loadGroups   = 7
)

// body is a message with a name, whose bytes reach the broker's limit together.
func body(name string) []byte {
	return []byte(`{"name":"` + name + `","of":"` + strings.Repeat("x", 6500) + `"}`)
}

// dataOf is the name of the message that the occurrence, its report or its dead
// letter holds.
func (l *load) dataOf(o native.Occurrence) string {
	var text []byte
	switch o := o.(type) {
	case native.Record:
		text = o.Data
	case native.Message:
		text = o.Body
	}
	_, rest, ok := bytes.Cut(text, []byte(`"name":"`))
	name, _, end := bytes.Cut(rest, []byte(`"`))
	if !ok || !end {
		l.t.Errorf("%T: %.100s", o, text)
	}
	return string(name)
}

// deliver is a process with its adapter: now and then it is gone, times out, fails
// on an event or writes it to the dead letters.
func (l *load) deliver(_ context.Context, f model.Function, events []native.Delivery) (Outcome, error) {
	l.mu.Lock()
	chance := func(percent int) bool { return l.r.IntN(100) < percent }
	isGone, isLate, rest := chance(3), chance(2), time.Duration(l.r.IntN(20))*time.Millisecond
	l.mu.Unlock()
	time.Sleep(rest)
	if isGone {
		l.mu.Lock()
		l.gone++
		l.mu.Unlock()
		return Outcome{}, errors.New("gone")
	}
	out, _ := again(f, events)
	if m, ok := events[0].Occurrence.(native.Message); ok {
		out.Payload = m.Body
	}
	if isLate && l.target != "openwhisk" {
		return out, nil
	}
	stopped := map[string]bool{}
	for i, e := range events {
		group := l.groupOf(f, e.Occurrence)
		l.mu.Lock()
		fails, drops := chance(20), chance(3)
		l.mu.Unlock()
		if l.target == "openwhisk" {
			fails, drops = false, drops || fails && e.Number%7 == 0
		}
		switch {
		case group != "" && stopped[group], fails:
			stopped[group] = true
		case drops:
			if err := l.b.Emit(f.Name, l.letter(f, e.Occurrence)); err != nil {
				if !errors.Is(err, ErrFull) {
					l.t.Errorf("write a dead letter: %v", err)
				}
				stopped[group] = true
				out.Results[i].Fate = l.failed()
				continue
			}
			l.note(l.lettered, f, e, "")
			out.Results[i].Fate = native.Acknowledged
		default:
			l.note(l.done, f, e, group)
			out.Results[i].Fate = native.Acknowledged
		}
	}
	return out, nil
}

func (l *load) failed() native.Fate {
	if l.target == "openwhisk" {
		return native.Failed
	}
	return native.Redelivered
}

// note counts the message, and sees that those of an order group come in order.
func (l *load) note(in map[string]int, f model.Function, e native.Delivery, group string) {
	name := l.dataOf(e.Occurrence)
	l.mu.Lock()
	defer l.mu.Unlock()
	in[f.Name+" "+name]++
	if group == "" {
		return
	}
	var n int
	if _, err := fmt.Sscanf(name, "m%d", &n); err != nil {
		l.t.Error(err)
	}
	if before := l.last[f.Name+group]; n <= before {
		l.t.Errorf("%s gets %d of group %s after %d", f.Name, n, group, before)
	}
	l.last[f.Name+group] = n
}

// groupOf is the order group for the function; "" where there is no order.
func (l *load) groupOf(f model.Function, o native.Occurrence) string {
	switch targets[l.target].Delivery(f).Order {
	case model.ByShard:
		return "shard"
	case model.ByGroup:
		return keyOf(o)
	}
	return ""
}

func keyOf(o native.Occurrence) string {
	if r, ok := o.(native.Record); ok {
		return r.Key
	}
	return o.(native.Message).Key
}

// letter is what the adapter sends.
func (l *load) letter(f model.Function, o native.Occurrence) platform.Emission {
	e := structured(l.t, "queue", f.DeadLetterSink(), "dev.fngen.message.received.v1", map[string]string{"deadletterreason": "no", "deadletterfunction": "/shop/" + f.Name})
	e.IsLetter = true
	event, err := ce.Decode(e.Body)
	if err != nil {
		l.t.Error(err)
	}
	if err := event.SetData("application/json", json.RawMessage(body(l.dataOf(o)))); err != nil {
		l.t.Error(err)
	}
	if e.Body, err = ce.Encode(event); err != nil {
		l.t.Error(err)
	}
	return e
}

// 10,000 messages through functions that fail at random and are reloaded five times
// all end handled once, or among the dead letters, and those of an order group in
// order. What waits is bounded all the while, and nothing is left of it.
func TestLoad(t *testing.T) {
	for target := range targets {
		t.Run(target, func(t *testing.T) {
			before := live()
			synctest.Test(t, func(t *testing.T) { testLoad(t, target, before) })
		})
	}
}

func testLoad(t *testing.T, target string, before uint64) {
	l := &load{t: t, target: target, r: rand.New(rand.NewPCG(3, 4)), done: map[string]int{}, lettered: map[string]int{}, last: map[string]int{}}
	l.b = New(Options{Target: target, Numbers: targets[target].Delivery, Deliver: l.deliver, AtOnce: func(model.Function) int { return 3 }})
	functions := []model.Function{
		fnOf("pick", model.Queue{Name: "orders", Concurrency: 3}), fnOf("ordered", model.Queue{Name: "ordered", FIFO: true}),
		fnOf("mail", model.Topic{Name: "news"}), fnOf("count", model.Stream{Name: "clicks"}),
	}
	l.b.Update(functions)
	var feeders sync.WaitGroup
	for i, f := range functions {
		feeders.Go(func() {
			for n := range loadMessages / len(functions) {
				name := fmt.Sprintf("m%d", n+1)
				key := fmt.Sprint("g", n%loadGroups)
				var o native.Occurrence = native.Message{Body: body(name), Key: key}
				if f.Trigger.Kind() == "stream" {
					o = native.Record{Data: body(name), Key: key}
				}
				for {
					err := l.b.Send(f.Trigger.Kind(), f.Trigger.Resource(), o)
					if err == nil {
						break
					}
					if !errors.Is(err, ErrFull) {
						t.Errorf("%d of %d: %v", n, i, err)
						return
					}
					time.Sleep(time.Second)
				}
			}
		})
	}
	for range 5 {
		time.Sleep(2 * time.Second)
		l.reload(functions)
	}
	feeders.Wait()
	for hours := 0; l.waiting() > 0; hours++ {
		if hours == 100 {
			t.Fatalf("%+v", l.b.State())
		}
		time.Sleep(time.Hour)
	}
	synctest.Wait()
	byPlatform := map[string]int{}
	for _, h := range l.b.Held() {
		if name := h.Function + " " + l.dataOf(h.Occurrence); l.lettered[name] == 0 || h.Reason != "no" {
			byPlatform[name]++
		}
	}
	for _, f := range functions {
		for n := range loadMessages / len(functions) {
			name := fmt.Sprintf("%s m%d", f.Name, n+1)
			if ends := l.done[name] + l.lettered[name] + byPlatform[name]; ends != 1 {
				t.Fatalf("%s is handled %d times, %d times a letter of its function and %d times of the platform", name, l.done[name], l.lettered[name], byPlatform[name])
			}
		}
	}
	t.Logf("%d handled, %d dead letters of functions and %d of the platform, %d deliveries without a process, %d MB at most", len(l.done), len(l.lettered), len(byPlatform), l.gone, l.most>>20)
	if len(l.lettered) < 100 || l.gone < 20 || target == "aws" && len(byPlatform) == 0 {
		t.Error("too little fails for the test to mean anything")
	}
	l.mu.Lock()
	if l.most > maxWaitingBytes {
		t.Errorf("%d bytes waited, more than %d", l.most, maxWaitingBytes)
	}
	l.mu.Unlock()
	if left := l.b.Close(t.Context()); left != 0 {
		t.Errorf("%d are left", left)
	}
	clear(l.done)
	if after := live(); after > before && after-before > maxEntriesBytes+maxHeldBytes+8<<20 {
		t.Errorf("%d MB are kept", (after-before)>>20)
	}
	runtime.KeepAlive(l)
}

// reload stops all functions, leaves one away for a while, and starts them again.
func (l *load) reload(functions []model.Function) {
	for _, f := range functions {
		if err := l.b.Pause(l.t.Context(), f.Name); err != nil {
			l.t.Error(err)
		}
	}
	l.mu.Lock()
	i := l.r.IntN(len(functions))
	l.mu.Unlock()
	l.waiting()
	// A topic that nobody listens to loses what is sent to it: mail is never away.
	if functions[i].Trigger.Kind() == "queue" && l.target == "aws" {
		l.b.Update(slices.Delete(slices.Clone(functions), i, i+1))
		time.Sleep(10 * time.Millisecond)
	}
	l.b.Update(functions)
	for _, f := range functions {
		l.b.Resume(f.Name)
	}
}

// waiting counts what waits for functions.
func (l *load) waiting() int {
	l.b.mu.Lock()
	defer l.b.mu.Unlock()
	waiting, bytes := 0, 0
	for s := range maps.Values(l.b.sources) {
		if len(s.consumers) > 0 {
			waiting += s.waiting
			bytes += s.bytes
		}
	}
	l.mu.Lock()
	l.most = max(l.most, bytes)
	l.mu.Unlock()
	return waiting
}

func live() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
