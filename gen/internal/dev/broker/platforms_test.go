package broker

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/internal/native"
)

// failing answers that the events with these names fail, and the others are done.
func failing(names ...string) func(model.Function, []native.Delivery) (Outcome, error) {
	return func(f model.Function, events []native.Delivery) (Outcome, error) {
		out, _ := ok(f, events)
		for i, e := range events {
			for _, name := range names {
				if nameOf(e.Occurrence) == name {
					out.Results[i].Fate = native.Redelivered
				}
			}
		}
		return out, nil
	}
}

// until answers that all fail before the attempt.
func until(attempt int) func(model.Function, []native.Delivery) (Outcome, error) {
	return func(f model.Function, events []native.Delivery) (Outcome, error) {
		out, err := again(f, events)
		for i, e := range events {
			if e.Attempt >= attempt {
				out.Results[i].Fate = native.Acknowledged
			}
		}
		return out, err
	}
}

func retries(f model.Function, n int) model.Function { f.Retries = &n; return f }

// A message of SQS comes again when it is visible again, and is a dead letter at
// the fifth receive that fails, not before.
func TestSQS(t *testing.T) {
	pick := fnOf("pick", model.Queue{Name: "orders"}) // 6 × 30 s are 3 s here
	short := fnOf("pick", model.Queue{Name: "orders", Visibility: 60 * time.Second})
	short.Timeout = 10 * time.Second
	for _, c := range []struct {
		name   string
		f      model.Function
		answer func(model.Function, []native.Delivery) (Outcome, error)
		want   []string
		held   []string
	}{
		{"fails for good", pick, again, []string{"0s pick a/1", "3s pick a/2", "6s pick a/3", "9s pick a/4", "12s pick a/5"}, []string{"pick-dead-letters a pick 5 failed 5 times, at last with errorString"}},
		{"succeeds at last", pick, until(5), []string{"0s pick a/1", "3s pick a/2", "6s pick a/3", "9s pick a/4", "12s pick a/5"}, nil},
		{"retries 2", retries(pick, 2), again, []string{"0s pick a/1", "3s pick a/2", "6s pick a/3"}, []string{"pick-dead-letters a pick 3 failed 3 times, at last with errorString"}},
		{"visibility", retries(short, 1), again, []string{"0s pick a/1", "1s pick a/2"}, []string{"pick-dead-letters a pick 2 failed 2 times, at last with errorString"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := start(t, "aws", 0, c.answer, c.f)
				w.send(t, "queue", "orders", "", "a")
				w.want(t, c.want...)
				w.wantHeld(t, c.held...)
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		w := start(t, "aws", 0, func(f model.Function, events []native.Delivery) (Outcome, error) {
			time.Sleep(30 * time.Second) // of 180 that it is its own, 150 are left
			return until(2)(f, events)
		}, pick)
		w.send(t, "queue", "orders", "", "a")
		w.want(t, "0s pick a/1", "32.5s pick a/2")
	})
}

// Functions compete for a queue of SQS.
func TestCompeting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one := model.Queue{Name: "orders", Batch: 1}
		w := start(t, "aws", 0, func(f model.Function, events []native.Delivery) (Outcome, error) {
			time.Sleep(time.Second)
			return ok(f, events)
		}, fnOf("pick", one), fnOf("pack", one))
		w.send(t, "queue", "orders", "", "a", "b", "c", "d")
		time.Sleep(time.Hour)
		w.mu.Lock()
		defer w.mu.Unlock()
		count := map[string]int{}
		for _, line := range w.got {
			words := strings.Fields(line)
			count[words[1]]++
			count[words[2]]++
		}
		want := map[string]int{"pick": 2, "pack": 2, "a/1": 1, "b/1": 1, "c/1": 1, "d/1": 1}
		if diff := cmp.Diff(want, count); diff != "" {
			t.Error(diff)
		}
	})
}

// A batch has as many messages as there are, up to its size; with a window it waits
// to be filled. What failed of it comes again, and nothing else.
func TestSQSBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, "aws", 0, ok, fnOf("pick", model.Queue{Name: "orders"}), fnOf("pack", model.Queue{Name: "parcels", Batch: 3, Window: 60 * time.Second}))
		if err := w.Pause(t.Context(), "pick"); err != nil {
			t.Fatal(err)
		}
		w.send(t, "queue", "orders", "", strings.Split("abcdefghijk", "")...)
		w.Resume("pick")
		w.want(t, "0s pick a/1 b/1 c/1 d/1 e/1 f/1 g/1 h/1 i/1 j/1", "0s pick k/1")
		w.send(t, "queue", "parcels", "", "a", "b")
		time.Sleep(999 * time.Millisecond)
		w.send(t, "queue", "parcels", "", "c", "d")
		w.want(t, "999ms pack a/1 b/1 c/1", "1.999s pack d/1")

		w.answer = failing("b")
		w.send(t, "queue", "parcels", "", "a", "b", "c")
		w.want(t, "0s pack a/1 b/1 c/1", "5s pack b/2", "10s pack b/3", "15s pack b/4", "20s pack b/5")
		w.wantHeld(t, "pack-dead-letters b pack 5 failed 5 times")
	})
}

// A payload is never larger than Lambda takes; a message that is too large alone is
// the encoder's to refuse.
func TestBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sizes []int
		w := start(t, "aws", 0, func(f model.Function, events []native.Delivery) (Outcome, error) {
			sizes = append(sizes, len(events))
			return ok(f, events)
		}, fnOf("pick", model.Queue{Name: "orders"}))
		if err := w.Pause(t.Context(), "pick"); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			w.send(t, "queue", "orders", "", strings.Repeat("x", 2<<20))
		}
		w.send(t, "queue", "orders", "", strings.Repeat("x", 7<<20))
		w.Resume("pick")
		time.Sleep(time.Minute)
		synctest.Wait()
		if fmt.Sprint(sizes) != "[2 1 1]" {
			t.Errorf("batches of %v", sizes)
		}
	})
}

// A group of a FIFO queue, or of an ordering key, waits for its head, while it is
// out and until it is done; other groups go on.
func TestGroups(t *testing.T) {
	for _, c := range []struct {
		target string
		f      model.Function
		kind   string
		want   []string
	}{
		{"aws", fnOf("pick", model.Queue{Name: "orders", FIFO: true, Batch: 1}), "queue", []string{
			"0s pick a1/1", "0s pick b1/1", "1s pick b2/1", "3.983s pick a1/2", "4.983s pick a2/1"}},
		{"gcp", fnOf("pick", model.Queue{Name: "orders", FIFO: true}), "queue", []string{
			"0s pick a1/1", "0s pick b1/1", "1s pick b2/1", "1.167s pick a1/2", "2.167s pick a2/1"}},
		{"gcp", fnOf("pick", model.Stream{Name: "orders"}), "stream", []string{
			"0s pick a1/1", "0s pick b1/1", "1s pick b2/1", "1.167s pick a1/2", "2.167s pick a2/1"}},
		{"gcp", fnOf("pick", model.Queue{Name: "orders"}), "queue", []string{
			"0s pick a1/1", "0s pick a2/1", "1s pick b1/1", "1s pick b2/1", "1.167s pick a1/2"}},
	} {
		t.Run(c.target+" "+c.kind, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := start(t, c.target, 2, func(f model.Function, events []native.Delivery) (Outcome, error) {
					time.Sleep(time.Second)
					if nameOf(events[0].Occurrence) == "a1" {
						return until(2)(f, events)
					}
					return ok(f, events)
				}, c.f)
				if err := w.Pause(t.Context(), "pick"); err != nil {
					t.Fatal(err)
				}
				w.send(t, c.kind, "orders", "a", "a1", "a2")
				w.send(t, c.kind, "orders", "b", "b1", "b2")
				w.Resume("pick")
				if c.target == "gcp" && c.f.Trigger == (model.Queue{Name: "orders"}) { // two at once, in any order
					time.Sleep(time.Hour)
					w.mu.Lock()
					defer w.mu.Unlock()
					if len(w.got) != 5 || !strings.HasSuffix(w.got[4], "a1/2") && !strings.HasSuffix(w.got[3], "a1/2") {
						t.Errorf("%q", w.got)
					}
					return
				}
				w.want(t, c.want...)
			})
		})
	}
}

// A batch of a FIFO queue has messages of a group in their order; after a failure
// the group comes again from there.
func TestFIFOBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := true
		w := start(t, "aws", 0, func(f model.Function, events []native.Delivery) (Outcome, error) {
			if !first {
				return ok(f, events)
			}
			first = false
			return failing("2", "3")(f, events) // as the adapter answers when 2 fails
		}, fnOf("pick", model.Queue{Name: "orders", FIFO: true}))
		if err := w.Pause(t.Context(), "pick"); err != nil {
			t.Fatal(err)
		}
		w.send(t, "queue", "orders", "g", "1", "2", "3")
		w.send(t, "queue", "orders", "h", "x")
		w.Resume("pick")
		time.Sleep(time.Second)
		w.send(t, "queue", "orders", "g", "4")
		w.want(t, "0s pick 1/1 2/1 3/1 x/1", "3s pick 2/2 3/2 4/1")
	})
}

// Lambda tries what was invoked asynchronously twice again, after one minute and
// after two, and reports what has failed then.
func TestAsynchronous(t *testing.T) {
	for _, c := range []struct {
		trigger model.Trigger
		send    func(*world) error
		name    string
	}{
		{model.Topic{Name: "news"}, func(w *world) error { return w.Send("topic", "news", native.Message{Body: []byte("a")}) }, "a"},
		{model.Object{Bucket: "up", Created: true}, func(w *world) error { return w.Send("object", "up", native.Object{Key: "a"}) }, "a"},
		{model.Event{Type: "x"}, func(w *world) error { return w.Send("event", "x", native.Event{Structured: `{"type":"x"}`}) }, "event"},
	} {
		t.Run(c.trigger.Kind(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := start(t, "aws", 0, func(f model.Function, events []native.Delivery) (Outcome, error) {
					out, err := again(f, events)
					out.Payload, out.Body = []byte(`{"Records":[1]}`), []byte(`{"errorMessage":"no"}`)
					return out, err
				}, fnOf("mail", c.trigger))
				if err := c.send(w); err != nil {
					t.Fatal(err)
				}
				w.want(t, "0s mail "+c.name+"/1", "1s mail "+c.name+"/2", "3s mail "+c.name+"/3")
				held := w.Held()
				if len(held) != 1 || held[0].Queue != "mail-dead-letters" || held[0].Attempts != 3 {
					t.Fatalf("%+v", held)
				}
				var record struct {
					RequestContext struct {
						Condition              string
						ApproximateInvokeCount int
					}
					RequestPayload, ResponsePayload json.RawMessage
				}
				if err := json.Unmarshal(held[0].Occurrence.(native.Message).Body, &record); err != nil {
					t.Fatal(err)
				}
				if record.RequestContext.Condition != "RetriesExhausted" || record.RequestContext.ApproximateInvokeCount != 3 ||
					string(record.RequestPayload) != `{"Records":[1]}` || string(record.ResponsePayload) != `{"errorMessage":"no"}` {
					t.Errorf("%+v", record)
				}
				w.answer = ok
				if err := w.Resend(held[0].Number); err != nil { // what it was, not its report
					t.Fatal(err)
				}
				w.want(t, "0s mail "+c.name+"/1")
				w.wantHeld(t)
			})
		})
	}
}

// Records of a shard come in order. Of those that fail there are fewer each time,
// until one is alone, which is given up after five more; those behind it wait.
func TestStream(t *testing.T) {
	for _, f := range []model.Function{fnOf("count", model.Stream{Name: "clicks"}), fnOf("count", model.Document{Collection: "clicks", Created: true})} {
		t.Run(f.Trigger.Kind(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := start(t, "aws", 3, func(g model.Function, events []native.Delivery) (Outcome, error) {
					out, _ := ok(g, events)
					for i, failed := 0, false; i < len(events); i++ {
						if failed = failed || nameOf(events[i].Occurrence) == "c"; failed {
							out.Results[i].Fate = native.Redelivered
						}
					}
					return out, nil
				}, f, fnOf("read", model.Queue{Name: "count-dead-letters"})) // which is no queue but a bucket
				if err := w.Pause(t.Context(), "count"); err != nil {
					t.Fatal(err)
				}
				for _, name := range []string{"a", "b", "c", "d", "e", "f"} {
					var o native.Occurrence = native.Record{Data: []byte(name), Key: name}
					if f.Trigger.Kind() == "document" {
						o = native.Change{Key: []string{name}}
					}
					if err := w.Send(f.Trigger.Kind(), "clicks", o); err != nil {
						t.Fatal(err)
					}
				}
				w.Resume("count")
				w.want(t, "0s count a/1 b/1 c/1 d/1 e/1 f/1", "17ms count c/1 d/1", "33ms count c/1", "50ms count c/2",
					"83ms count c/3", "150ms count c/4", "283ms count c/5", "550ms count c/6", "550ms count d/1", "550ms count e/1 f/1")
				w.wantHeld(t, "count-dead-letters c count 6 failed 6 times")
			})
		})
	}
}

// With several shards records of one key stay in one, and shards do not wait for
// each other.
func TestShards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, "aws", 2, failing("a1"), retries(fnOf("count", model.Stream{Name: "clicks", Concurrency: 2, Batch: 1}), 1))
		for _, m := range []string{"a1", "b1", "a2", "b2"} { // a and b are in two shards
			w.send(t, "stream", "clicks", m[:1], m)
		}
		w.want(t, "0s count a1/1", "0s count b1/1", "0s count b2/1", "17ms count a1/2", "17ms count a2/1")
	})
	synctest.Test(t, func(t *testing.T) { // a payload has records of one
		w := start(t, "aws", 0, ok, fnOf("count", model.Stream{Name: "clicks", Concurrency: 2}))
		if err := w.Pause(t.Context(), "count"); err != nil {
			t.Fatal(err)
		}
		for _, m := range []string{"a1", "b1", "a2", "b2"} {
			w.send(t, "stream", "clicks", m[:1], m)
		}
		w.Resume("count")
		w.want(t, "0s count a1/1 a2/1", "0s count b1/1 b2/1")
	})
}

// A subscription of Pub/Sub waits 10 seconds, then twice as long each time up to
// 600; the fifth attempt is the last. Without dead letters it goes on for 7 days.
func TestPubSub(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, "gcp", 0, again, fnOf("pick", model.Queue{Name: "orders"}), fnOf("pack", model.Queue{Name: "orders"}))
		if err := w.Pause(t.Context(), "pack"); err != nil { // whose own subscription keeps it
			t.Fatal(err)
		}
		w.send(t, "queue", "orders", "", "a")
		w.want(t, "0s pick a/1", "167ms pick a/2", "500ms pick a/3", "1.167s pick a/4", "2.5s pick a/5")
		w.wantHeld(t, "pick-dead-letters a pick 5 failed 5 times, at last with errorString")
		m := w.Held()[0].Occurrence.(native.Message)
		if m.Attributes["CloudPubSubDeadLetterSourceDeliveryCount"] != "5" {
			t.Errorf("%v", m.Attributes)
		}
		w.answer = ok
		w.Resume("pack")
		w.want(t, "0s pack a/1")
	})
	synctest.Test(t, func(t *testing.T) {
		none := fnOf("pick", model.Topic{Name: "orders"})
		none.DeadLetter = "none"
		w := start(t, "gcp", 0, again, none)
		w.send(t, "topic", "orders", "", "a")
		time.Sleep(time.Minute)
		synctest.Wait()
		w.mu.Lock()
		got := w.got
		w.mu.Unlock()
		if len(got) < 8 || got[5] != "5.167s pick a/6" || got[6] != "10.5s pick a/7" || got[7] != "20.5s pick a/8" {
			t.Errorf("%q", got)
		}
		time.Sleep(7 * 24 * time.Hour / Compression)
		h := w.History(0)
		if last := h[len(h)-1]; last.Kind != Dropped || !strings.Contains(last.Text, "keeps nothing") {
			t.Errorf("after 7 days: %+v", last)
		}
	})
}

// What is not acknowledged within the deadline is delivered again; if it is then
// after all, it is done with.
func TestAckDeadline(t *testing.T) {
	for name, atOnce := range map[string]int{"the later answer counts": 2, "one process has one at a time": 1} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := start(t, "gcp", atOnce, func(f model.Function, events []native.Delivery) (Outcome, error) {
					time.Sleep(30 * time.Second)
					if events[0].Attempt == 2 {
						return again(f, events)
					}
					return ok(f, events)
				}, fnOf("pick", model.Queue{Name: "orders", Visibility: 20 * time.Second}))
				w.send(t, "queue", "orders", "", "a")
				want := []string{"0s pick a/1", "20s pick a/2"}
				w.want(t, want[:atOnce]...)
				w.wantHeld(t)
				if s := w.State(); s.Sources[0].Waiting != 0 {
					t.Errorf("%+v", s)
				}
			})
		})
	}
	for name, first := range map[string]func(model.Function, []native.Delivery) (Outcome, error){
		"acknowledged twice": ok,
		"gone at last":       func(model.Function, []native.Delivery) (Outcome, error) { return Outcome{}, errors.New("gone") },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := start(t, "gcp", 2, func(f model.Function, events []native.Delivery) (Outcome, error) {
					if events[0].Attempt == 1 {
						time.Sleep(30 * time.Second)
						return first(f, events)
					}
					time.Sleep(10 * time.Second)
					return ok(f, events)
				}, fnOf("pick", model.Queue{Name: "orders", Visibility: 25 * time.Second}))
				w.send(t, "queue", "orders", "", "a")
				w.want(t, "0s pick a/1", "25s pick a/2")
				if s := w.State(); s.Sources[0].Waiting != 0 {
					t.Errorf("%+v", s)
				}
			})
		})
	}
	synctest.Test(t, func(t *testing.T) { // the last attempt has no answer
		w := start(t, "gcp", 9, func(f model.Function, events []native.Delivery) (Outcome, error) {
			time.Sleep(time.Hour)
			return ok(f, events)
		}, fnOf("pick", model.Queue{Name: "orders", Visibility: 20 * time.Second}))
		w.send(t, "queue", "orders", "", "a")
		w.want(t, "0s pick a/1", "20s pick a/2", "40s pick a/3", "1m0s pick a/4", "1m20s pick a/5")
		w.wantHeld(t, "pick-dead-letters a pick 5 failed 5 times")
	})
}

// Eventarc gives up after 24 hours and Cloud Scheduler after three retries, and
// neither keeps what it gives up.
func TestEventarcAndScheduler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, "gcp", 0, again, fnOf("thumb", model.Object{Bucket: "up", Created: true}), fnOf("nightly", model.Schedule{Cron: "0 3 * * *"}))
		if err := w.Pause(t.Context(), "thumb"); err != nil {
			t.Fatal(err)
		}
		w.mu.Lock()
		w.begun = time.Now()
		w.mu.Unlock()
		if err := w.Fire("nightly"); err != nil {
			t.Fatal(err)
		}
		now := w.begun.UTC().Format(time.RFC3339)
		w.want(t, "0s nightly "+now+"/1", "83ms nightly "+now+"/2", "250ms nightly "+now+"/3", "583ms nightly "+now+"/4")
		if err := w.Send("object", "up", native.Object{Key: "a"}); err != nil {
			t.Fatal(err)
		}
		w.Resume("thumb")
		time.Sleep(25 * time.Hour / Compression)
		synctest.Wait()
		dropped := 0
		for _, e := range w.History(0) {
			if e.Kind == Dropped {
				dropped++
			}
		}
		if n := len(w.History(0)); dropped != 2 || n < 100 {
			t.Errorf("%d are dropped of %d entries", dropped, n)
		}
		w.wantHeld(t)
	})
}

// OpenWhisk delivers once, whatever comes of it.
func TestOpenWhisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, "openwhisk", 0, func(_ model.Function, events []native.Delivery) (Outcome, error) {
			return Outcome{Results: append(native.All(len(events)-1, native.Acknowledged), native.Result{Fate: native.Failed})}, nil
		}, fnOf("pick", model.Queue{Name: "orders"}), fnOf("mail", model.Topic{Name: "news"}))
		if err := w.Pause(t.Context(), "pick"); err != nil {
			t.Fatal(err)
		}
		w.send(t, "queue", "orders", "k", "a", "b", "c")
		w.Resume("pick")
		w.want(t, "0s pick a/1 b/1 c/1")
		w.send(t, "topic", "news", "", "n")
		w.want(t, "0s mail n/1")
		var dropped []string
		for _, e := range w.History(0) {
			if e.Kind == Dropped {
				dropped = append(dropped, nameOf(e.Events[0].Occurrence))
			}
		}
		if fmt.Sprint(dropped) != "[c n]" {
			t.Errorf("dropped %v", dropped)
		}
		w.wantHeld(t)
	})
}
