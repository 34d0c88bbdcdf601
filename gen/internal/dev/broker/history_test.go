package broker

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/gen/internal/dev/platform"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/internal/native"
)

// The history has what came of deliveries, and the last of it. Who watches is told,
// and nothing waits for him.
func TestHistory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, "aws", 0, func(f model.Function, events []native.Delivery) (Outcome, error) {
			out, _ := again(f, events)
			out.Logs, out.Emissions, out.Duration = []platform.Line{{Text: "hello"}}, []platform.Emission{{Kind: "topic", Name: "x"}}, 7*time.Millisecond
			return out, nil
		}, fnOf("mail", model.Topic{Name: "news"}))
		told, stop := w.Watch()
		w.send(t, "topic", "news", "", "a")
		synctest.Wait()
		select {
		case <-told:
		default:
			t.Error("nobody is told")
		}
		h := w.History(0)
		if len(h) != 1 || h[0].Failure != "errorString" || h[0].Logs[0].Text != "hello" || h[0].Emissions[0].Name != "x" || h[0].Duration != 7*time.Millisecond ||
			h[0].Events[0].Fate != native.Redelivered || h[0].Events[0].Attempt != 1 || h[0].From != "topic news" {
			t.Fatalf("%+v", h)
		}
		w.mu.Lock()
		w.answer = ok
		w.mu.Unlock()
		for range maxEntries + 100 { // which nobody reads
			w.send(t, "topic", "news", "", "b")
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		h = w.History(0)
		if len(h) != maxEntries || h[0].Number != h[maxEntries-1].Number-maxEntries+1 {
			t.Errorf("%d entries from %d to %d", len(h), h[0].Number, h[len(h)-1].Number)
		}
		if after := w.History(h[maxEntries-1].Number - 2); len(after) != 2 {
			t.Errorf("%d entries after the last but two", len(after))
		}
		stop()
		<-told
		w.send(t, "topic", "news", "", "c")
		synctest.Wait()
		if len(told) != 0 {
			t.Error("told after the end")
		}
	})
}

// The state has what waits, what is out of it, and when something comes again.
func TestState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		w := start(t, "aws", 0, func(f model.Function, events []native.Delivery) (Outcome, error) {
			time.Sleep(time.Second)
			return again(f, events)
		}, fnOf("mail", model.Topic{Name: "news"}))
		w.send(t, "topic", "news", "", "a", "b")
		w.send(t, "queue", "lost", "", "c")
		time.Sleep(1500 * time.Millisecond)
		want := []SourceState{{Kind: "queue", Name: "lost", Waiting: 1}, {Kind: "topic", Name: "news", Functions: []string{"mail"}, Waiting: 2, Out: 1, Next: begun.Add(2 * time.Second)}}
		if diff := cmp.Diff(want, w.State().Sources); diff != "" {
			t.Error(diff)
		}
	})
}

// The history is bounded in bytes, too, and of a long log both ends are kept.
func TestHistoryBytes(t *testing.T) {
	var h history
	for i := range 40 {
		h.add(Entry{Events: []Event{{Occurrence: native.Message{Body: make([]byte, 1<<20)}}}, Text: fmt.Sprint(i)}, time.Time{})
		if h.bytes > maxEntriesBytes {
			t.Fatalf("%d bytes", h.bytes)
		}
	}
	if last := h.entries[len(h.entries)-1]; last.Text != "39" {
		t.Errorf("the last is %s", last.Text)
	}
	h.add(Entry{Logs: []platform.Line{{Text: strings.Repeat("x", 3<<20)}}}, time.Time{})
	if last := h.entries[len(h.entries)-1]; len(last.Logs[0].Text) > maxLog {
		t.Errorf("a line of %d bytes is kept", len(last.Logs[0].Text))
	}
	var e Entry
	for i := range 300 {
		e.Logs = append(e.Logs, platform.Line{Text: fmt.Sprintf("%03d%s", i, strings.Repeat("x", 1021))})
	}
	e.cut()
	if len(e.Logs) != 256 || e.Cut != 44 || e.Logs[127].Text[:3] != "127" || e.Logs[128].Text[:3] != "172" {
		t.Errorf("%d lines, %d are cut", len(e.Logs), e.Cut)
	}
	e = Entry{Logs: []platform.Line{{Text: strings.Repeat("x", 3<<20)}}}
	if e.cut(); len(e.Logs) != 1 || len(e.Logs[0].Text) > maxLog || e.Cut != 0 {
		t.Errorf("%d lines, %d bytes", len(e.Logs), len(e.Logs[0].Text))
	}
}

// The events of a delivery can be delivered again, to its function alone, as long
// as that is fed by the same.
func TestRepeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mail, stock := fnOf("mail", model.Topic{Name: "news"}), fnOf("stock", model.Topic{Name: "news"})
		w := start(t, "aws", 0, ok, mail, stock)
		w.send(t, "topic", "news", "", "a")
		w.want(t, "0s mail a/1", "0s stock a/1")
		var of int64
		for _, e := range w.History(0) {
			if e.Function == "stock" {
				of = e.Number
			}
		}
		if err := w.Repeat(of); err != nil {
			t.Fatal(err)
		}
		w.want(t, "0s stock a/1")
		w.Record(Entry{Kind: Answered, Function: "look", Request: &Request{}})
		for _, number := range []int64{0, of + 1000, w.History(0)[3-1].Number + 1} { // the last one is a request
			if err := w.Repeat(number); err == nil {
				t.Errorf("%d is delivered again", number)
			}
		}
		w.Update([]model.Function{mail, fnOf("stock", model.Topic{Name: "other"})})
		if err := w.Repeat(of); err == nil {
			t.Error("it is delivered to what is fed by something else")
		}
		w.want(t)
	})
}

// What is recorded of requests makes room for itself as deliveries do.
func TestRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, "aws", 0, ok)
		for range 40 {
			w.Record(Entry{Kind: Answered, Function: "look", Request: &Request{Request: native.Request{Body: make([]byte, 1<<20)}}})
		}
		if h := w.History(0); len(h) != 15 || h[14].Number != 40 {
			t.Errorf("%d entries are kept, the last is %d", len(h), h[len(h)-1].Number)
		}
		for range maxEntries + 5 {
			w.Record(Entry{Kind: Answered, Function: "look", Request: &Request{}})
		}
		if h := w.History(0); len(h) != maxEntries {
			t.Errorf("%d entries are kept", len(h))
		}
	})
}
