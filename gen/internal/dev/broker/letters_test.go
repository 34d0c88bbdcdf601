package broker

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/gen/internal/dev/platform"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/internal/native"
)

// letterOf is a dead letter as an adapter writes it.
func letterOf(t *testing.T, name, eventType string) platform.Emission {
	e := structured(t, "queue", name, eventType, map[string]string{"deadletterreason": "no stock", "deadletterattempts": "2", "deadletterfunction": "/example.com/shop/pick"})
	e.IsLetter = true
	return e
}

// A dead letter that a function sends on is one no more: nothing is said of who
// gave it up, and there is nothing to resend.
func TestLetterSentOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, "aws", 0, ok, fnOf("pick", model.Queue{Name: "orders"}))
		e := letterOf(t, "archive", fn.TypeMessageReceived)
		e.IsLetter = false
		if err := w.Emit("sort", e); err != nil {
			t.Fatal(err)
		}
		held := w.Held()
		if len(held) != 1 || held[0].Function != "" || w.Resend(held[0].Number) == nil {
			t.Errorf("%+v", held)
		}
	})
}

// A dead letter that an adapter writes is kept with its reason, and resent as what
// it was; one that is removed is gone.
func TestLetters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, "aws", 0, ok, fnOf("pick", model.Queue{Name: "orders"}))
		for range 2 {
			if err := w.Emit("pick", letterOf(t, "pick-dead-letters", fn.TypeMessageReceived)); err != nil {
				t.Fatal(err)
			}
		}
		held := w.Held()
		if len(held) != 2 || held[0].Function != "pick" || held[0].Reason != "no stock" || held[0].Attempts != 2 {
			t.Fatalf("%+v", held)
		}
		if err := w.Resend(held[0].Number); err != nil {
			t.Fatal(err)
		}
		w.want(t, `0s pick {"n":1}/1`)
		if err := w.Remove(held[1].Number); err != nil {
			t.Fatal(err)
		}
		w.wantHeld(t)
		for _, number := range []int64{held[0].Number, held[1].Number} {
			if w.Resend(number) == nil || w.Remove(number) == nil {
				t.Errorf("%d is there still", number)
			}
		}
	})
}

// An event that was not a message is resent without what made it a letter.
func TestResendEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, "gcp", 0, ok, fnOf("pick", model.Event{Type: "com.example.placed"}))
		if err := w.Emit("pick", letterOf(t, "lost", "com.example.placed")); err != nil {
			t.Fatal(err)
		}
		if err := w.Resend(w.Held()[0].Number); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		h := w.History(0)
		text := h[0].Events[0].Occurrence.(native.Event).Structured
		if strings.Contains(text, "deadletter") || !strings.Contains(text, `"com.example.placed"`) {
			t.Error(text)
		}
	})
}

// A queue of dead letters that a function handles feeds it, with what the adapters
// write and with what the platform gives up; what was held for a person before is
// handled, too, and held again when the function goes.
func TestLettersHandled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answer := func(f model.Function, events []native.Delivery) (Outcome, error) {
			if f.Name == "pick" {
				return again(f, events)
			}
			return ok(f, events)
		}
		pick, read := fnOf("pick", model.Queue{Name: "orders"}), fnOf("read", model.Queue{Name: "lost"})
		pick.DeadLetter = "lost"
		w := start(t, "aws", 0, answer, pick)
		if err := w.Emit("pick", letterOf(t, "lost", "com.example.placed")); err != nil {
			t.Fatal(err)
		}
		w.Update([]model.Function{pick, read})
		w.send(t, "queue", "orders", "", "a")
		time.Sleep(time.Hour)
		w.mu.Lock()
		got := w.got
		w.mu.Unlock()
		if len(got) != 7 || !strings.HasPrefix(got[6], "12s read a/1") {
			t.Errorf("%q", got)
		}
		w.wantHeld(t)
		w.Update([]model.Function{pick})
		w.send(t, "queue", "orders", "", "b")
		time.Sleep(time.Hour)
		w.wantHeld(t, "lost b pick 5 failed 5 times, at last with errorString")
		if err := w.Send("queue", "other", native.Message{}); err != nil {
			t.Fatal(err)
		}
		if err := w.Resend(w.Held()[1].Number); err == nil {
			t.Error("what is no dead letter is resent")
		}
		w.Update(nil)
		if err := w.Resend(w.Held()[0].Number); err == nil || len(w.Held()) != 2 {
			t.Errorf("resent to no function: %v", err)
		}
	})
}

// Without dead letters what the platform would give up is said to be dropped, where
// it gives up at all.
func TestNoLetters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mail := fnOf("mail", model.Topic{Name: "news"})
		mail.DeadLetter = "none"
		w := start(t, "aws", 0, again, mail)
		w.send(t, "topic", "news", "", "a")
		w.want(t, "0s mail a/1", "1s mail a/2", "3s mail a/3")
		w.wantHeld(t)
		h := w.History(0)
		if last := h[len(h)-1]; last.Kind != Dropped || last.Events[0].Attempt != 3 {
			t.Errorf("%+v", last)
		}
	})
}

// All dead letters of a queue are resent together, in their order; those whose
// function is gone stay, which is said, and so do those of other queues.
func TestResendAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pick, pack, mail := fnOf("pick", model.Queue{Name: "orders"}), fnOf("pack", model.Queue{Name: "parcels"}), fnOf("mail", model.Topic{Name: "news"})
		pick.DeadLetter, pack.DeadLetter, mail.DeadLetter = "lost", "lost", "other"
		w := start(t, "aws", 0, again, pick, pack, mail)
		w.send(t, "queue", "orders", "", "a", "b")
		w.send(t, "queue", "parcels", "", "p")
		w.send(t, "topic", "news", "", "n")
		w.send(t, "queue", "lost", "", "no letter")
		time.Sleep(time.Hour)
		synctest.Wait()
		w.mu.Lock()
		w.answer, w.got, w.begun = ok, nil, time.Now()
		w.mu.Unlock()
		w.Update([]model.Function{pick, mail})
		if n, err := w.ResendAll("lost"); n != 2 || err == nil || !strings.Contains(err.Error(), "there is no function pack") {
			t.Errorf("%d are resent, %v", n, err)
		}
		w.want(t, "0s pick a/1 b/1")
		if held := w.Held(); len(held) != 3 {
			t.Errorf("%q are left", w.held())
		}
		w.Update([]model.Function{pick, pack, mail})
		if n, err := w.ResendAll("lost"); n != 1 || err != nil {
			t.Errorf("%d are resent, %v", n, err)
		}
		w.want(t, "0s pack p/1")
		for _, queue := range []string{"lost", "", "orders"} {
			if n, err := w.ResendAll(queue); n != 0 || err == nil {
				t.Errorf("%d of %q are resent, %v", n, queue, err)
			}
		}
	})
}
