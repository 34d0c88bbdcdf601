package broker

import (
	"context"
	"errors"
	"fmt"
	"go/token"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/gen/internal/config"
	"github.com/fngen/fngen/gen/internal/dev/invoke"
	"github.com/fngen/fngen/gen/internal/dev/platform"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/target/aws"
	"github.com/fngen/fngen/gen/internal/target/gcp"
	"github.com/fngen/fngen/gen/internal/target/openwhisk"
	"github.com/fngen/fngen/internal/ce"
	"github.com/fngen/fngen/internal/native"
)

// targets are those whose numbers count here: what the infrastructure sets.
var targets = map[string]model.Deliverer{
	"aws":       aws.New(config.Sections{Target: &config.Settings{}}),
	"gcp":       gcp.New(config.Sections{Target: &config.Settings{}}).(model.Deliverer),
	"openwhisk": openwhisk.New(config.Sections{Target: &config.Settings{}}),
}

func fnOf(name string, t model.Trigger) model.Function {
	return model.Function{Name: name, Trigger: t, Pos: token.Position{Filename: "shop.go", Line: 1}}
}

// A world is a broker with functions that answer as a test says.
type world struct {
	*Broker
	begun time.Time

	mu     sync.Mutex
	got    []string // what was delivered, when, to whom, which and how often
	answer func(model.Function, []native.Delivery) (Outcome, error)
}

// ok, again and failed answer alike for all events.
func ok(_ model.Function, events []native.Delivery) (Outcome, error) {
	return Outcome{Results: native.All(len(events), native.Acknowledged)}, nil
}

func again(_ model.Function, events []native.Delivery) (Outcome, error) {
	return Outcome{Answer: platform.Answer{Failure: "errorString"}, Results: native.All(len(events), native.Redelivered)}, nil
}

// start returns a world. It is to be called in a bubble, whose clock it has.
func start(t *testing.T, target string, atOnce int, answer func(model.Function, []native.Delivery) (Outcome, error), functions ...model.Function) *world {
	w := &world{begun: time.Now(), answer: answer}
	w.Broker = New(Options{Target: target, Numbers: targets[target].Delivery, AtOnce: func(model.Function) int { return max(atOnce, 1) }, Occurrence: invoke.Occurrence,
		Deliver: func(ctx context.Context, f model.Function, events []native.Delivery) (Outcome, error) {
			line := fmt.Sprintf("%s %s", round(time.Since(w.begun)), f.Name)
			for _, e := range events {
				line += fmt.Sprintf(" %s/%d", nameOf(e.Occurrence), e.Attempt)
			}
			w.mu.Lock()
			w.got = append(w.got, line)
			answer := w.answer
			w.mu.Unlock()
			return answer(f, events)
		}})
	w.Update(functions)
	t.Cleanup(func() { w.Close(t.Context()) })
	return w
}

func round(d time.Duration) time.Duration { return d.Round(time.Millisecond) }

// nameOf is what the tests call the event.
func nameOf(o native.Occurrence) string {
	switch o := o.(type) {
	case native.Message:
		return string(o.Body)
	case native.Record:
		return string(o.Data)
	case native.Object:
		return o.Key
	case native.Tick:
		return o.Scheduled
	case native.Change:
		return strings.Join(o.Key, "/")
	case native.Event:
		return "event"
	}
	return "?"
}

// want waits until nothing happens for a while, and compares all that was
// delivered, sorted where it was at the same time.
func (w *world) want(t *testing.T, want ...string) {
	t.Helper()
	time.Sleep(time.Hour)
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	sortSameTime(w.got)
	if diff := cmp.Diff(want, w.got); diff != "" {
		t.Errorf("deliveries: %s", diff)
	}
	w.got = nil
	w.begun = time.Now()
}

// sortSameTime sorts the lines of what began at the same time.
func sortSameTime(lines []string) {
	for i := 1; i < len(lines); i++ {
		for j := i; j > 0; j-- {
			at, _, _ := strings.Cut(lines[j], " ")
			before, _, _ := strings.Cut(lines[j-1], " ")
			if at != before || lines[j] > lines[j-1] {
				break
			}
			lines[j], lines[j-1] = lines[j-1], lines[j]
		}
	}
}

// send sends the bodies to what has the name, one after the other.
func (w *world) send(t *testing.T, kind, name, key string, bodies ...string) {
	t.Helper()
	for _, body := range bodies {
		var o native.Occurrence = native.Message{Body: []byte(body), Key: key}
		if kind == "stream" {
			o = native.Record{Data: []byte(body), Key: key}
		}
		if err := w.Send(kind, name, o); err != nil {
			t.Fatal(err)
		}
	}
}

// held are the events that no function waits for: where, which, whose and why.
func (w *world) held() []string {
	out := []string{}
	for _, h := range w.Held() {
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s %s %d %s", h.Queue, nameOf(h.Occurrence), h.Function, h.Attempts, h.Reason)))
	}
	return out
}

func (w *world) wantHeld(t *testing.T, want ...string) {
	t.Helper()
	if diff := cmp.Diff(append([]string{}, want...), w.held()); diff != "" {
		t.Errorf("held: %s", diff)
	}
}

// structured is an event as a sink sends it.
func structured(t *testing.T, kind, name, eventType string, extensions map[string]string) platform.Emission {
	t.Helper()
	e := event.New()
	e.SetID("1")
	e.SetSource("/shop/confirm")
	e.SetType(eventType)
	for k, v := range extensions {
		e.SetExtension(k, v)
	}
	if err := e.SetData("application/json", map[string]int{"n": 1}); err != nil {
		t.Fatal(err)
	}
	text, err := ce.Encode(e)
	if err != nil {
		t.Fatal(err)
	}
	return platform.Emission{Kind: kind, Name: name, Body: text, Attributes: map[string]string{"content-type": ce.MediaType}}
}

// What a function sends arrives at each function whose trigger has the name, on
// every platform, and at no other.
func TestEmit(t *testing.T) {
	for target := range targets {
		t.Run(target, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := start(t, target, 0, ok,
					fnOf("confirm", model.HTTP{Path: "/"}), fnOf("mail", model.Topic{Name: "news"}), fnOf("post", model.Topic{Name: "news"}), fnOf("other", model.Topic{Name: "old"}),
					fnOf("pick", model.Queue{Name: "news"}), fnOf("audit", model.Event{Type: "com.example.placed"}), fnOf("audit2", model.Event{Type: "com.example.paid"}))
				for _, e := range []platform.Emission{
					structured(t, "topic", "news", "com.example.placed", nil),
					structured(t, "queue", "news", "com.example.placed", nil),
					structured(t, "event", "bus", "com.example.placed", nil),
					structured(t, "http", "old", "com.example.placed", nil),
				} {
					if err := w.Emit("confirm", e); err != nil {
						t.Fatal(err)
					}
				}
				time.Sleep(time.Minute)
				synctest.Wait()
				var got []string
				for _, e := range w.History(0) {
					got = append(got, fmt.Sprintf("%s %s %s", e.Kind, e.From, e.Function))
				}
				slices.Sort(got)
				want := []string{"delivered event com.example.placed audit", "delivered queue news pick", "delivered topic news mail", "delivered topic news post"}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

// A rule of EventBridge looks at the source, Eventarc does not; on OpenWhisk the
// sink's type names the trigger.
func TestEventsMeet(t *testing.T) {
	for target, want := range map[string]string{"aws": "[placed]", "gcp": "[elsewhere placed]", "openwhisk": "[typed]"} {
		synctest.Test(t, func(t *testing.T) {
			confirm := fnOf("confirm", model.Topic{Name: "x"})
			confirm.Sinks = []model.Sink{{Kind: "event", Name: "bus", Type: "com.example.declared"}}
			w := start(t, target, 0, ok, confirm, fnOf("placed", model.Event{Type: "com.example.placed", Source: "/shop/confirm"}),
				fnOf("elsewhere", model.Event{Type: "com.example.placed", Source: "/other"}), fnOf("typed", model.Event{Type: "com.example.declared"}))
			if err := w.Emit("confirm", structured(t, "event", "bus", "com.example.placed", nil)); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Minute)
			got := []string{}
			for _, e := range w.History(0) {
				got = append(got, e.Function)
			}
			if slices.Sort(got); fmt.Sprint(got) != want {
				t.Errorf("%s: %v, want %s", target, got, want)
			}
		})
	}
}

// What nobody listens to is said; on OpenWhisk, which loses it, it is an error of
// the sender's. A queue keeps it until a function comes that handles it.
func TestUnheard(t *testing.T) {
	for target := range targets {
		synctest.Test(t, func(t *testing.T) {
			w := start(t, target, 0, ok)
			err := w.Emit("confirm", structured(t, "topic", "news", "com.example.placed", nil))
			if (err != nil) != (target == "openwhisk") || err != nil && !errors.Is(err, ErrUnheard) {
				t.Errorf("%s: %v", target, err)
			}
			if h := w.History(0); len(h) != 1 || h[0].Kind != Unheard || h[0].From != "topic news" {
				t.Errorf("%s: %+v", target, h)
			}
			w.send(t, "queue", "orders", "", "a")
			w.wantHeld(t, "orders a  0")
			w.Update([]model.Function{fnOf("pick", model.Queue{Name: "orders"})})
			if target == "aws" { // elsewhere a subscription is not for what was before it
				w.want(t, "0s pick a/1")
				w.wantHeld(t)
			}
		})
	}
}

// Objects and changes arrive where their filters let them.
func TestFilters(t *testing.T) {
	for target, want := range map[string]string{
		"aws": "[both:a.png both:b.txt changed:2 created:1 pngs:a.png]",
		"gcp": "[both:a.png both:b.txt changed:1 changed:2 changed:3 created:1 pngs:a.png pngs:b.txt]",
	} {
		synctest.Test(t, func(t *testing.T) {
			w := start(t, target, 0, ok, fnOf("pngs", model.Object{Bucket: "up", Created: true, Suffix: ".png"}), fnOf("both", model.Object{Bucket: "up", Created: true, Deleted: true}),
				fnOf("created", model.Document{Collection: "orders", Created: true}), fnOf("changed", model.Document{Collection: "orders", Updated: true, Deleted: target == "gcp"}))
			for _, o := range []native.Object{{Key: "a.png"}, {Key: "b.txt"}} {
				if err := w.Send("object", "up", o); err != nil {
					t.Fatal(err)
				}
			}
			for i, kind := range []native.ChangeKind{native.Created, native.Updated, native.Deleted} {
				if err := w.Send("document", "orders", native.Change{Kind: kind, Key: []string{fmt.Sprint(i + 1)}}); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(time.Minute)
			got := []string{}
			for _, e := range w.History(0) {
				for _, one := range e.Events {
					if e.Kind == Delivered {
						got = append(got, e.Function+":"+nameOf(one.Occurrence))
					}
				}
			}
			if slices.Sort(got); fmt.Sprint(got) != want {
				t.Errorf("%s: %v, want %s", target, got, want)
			}
		})
	}
}

// A function without a process loses nothing, and it is no attempt; it is asked
// again, at once when there is another build of it.
func TestNoProcess(t *testing.T) {
	for target := range targets {
		t.Run(target, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				pick := fnOf("pick", model.Topic{Name: "orders"})
				w := start(t, target, 0, func(model.Function, []native.Delivery) (Outcome, error) {
					return Outcome{}, errors.New("it does not compile")
				}, pick)
				w.send(t, "topic", "orders", "", "a", "b")
				time.Sleep(550 * time.Millisecond)
				synctest.Wait()
				w.mu.Lock()
				if diff := cmp.Diff([]string{"0s pick a/1", "100ms pick a/1", "300ms pick a/1"}, w.got); diff != "" {
					t.Error(diff)
				}
				w.got, w.answer = nil, ok
				w.mu.Unlock()
				w.Update([]model.Function{pick})
				w.want(t, "550ms pick a/1", "550ms pick b/1")
				if h := w.History(0); h[0].Kind != Undelivered || h[0].Text != "it does not compile" || h[1].Kind != Delivered {
					t.Errorf("%+v", h)
				}
			})
		})
	}
}

// A reload loses nothing: neither what is out, nor what comes meanwhile or was
// there before, also that of a function that goes and comes again.
func TestReload(t *testing.T) {
	for target := range targets {
		t.Run(target, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				slow := func(f model.Function, events []native.Delivery) (Outcome, error) {
					time.Sleep(3 * time.Second)
					return ok(f, events)
				}
				pick, mail := fnOf("pick", model.Topic{Name: "orders"}), fnOf("mail", model.Topic{Name: "news"})
				w := start(t, target, 0, slow, pick, mail)
				w.send(t, "topic", "orders", "", "a", "b")
				w.send(t, "topic", "news", "", "n")
				time.Sleep(time.Second)
				w.Update([]model.Function{mail})
				w.want(t, "0s mail n/1", "0s pick a/1")
				w.wantHeld(t, "orders b  0")
				w.Update([]model.Function{mail, pick})
				w.send(t, "topic", "orders", "", "c")
				w.want(t, "0s pick b/1", "3s pick c/1")
				w.wantHeld(t)
			})
		})
	}
}

// Close waits for the answers, and says what is lost; what is out when its context
// ends is given up.
func TestClose(t *testing.T) {
	for _, c := range []struct {
		patience time.Duration
		lost     int
	}{{10 * time.Second, 1}, {time.Second, 2}} {
		synctest.Test(t, func(t *testing.T) {
			b := New(Options{Target: "aws", Numbers: targets["aws"].Delivery, Deliver: func(ctx context.Context, f model.Function, events []native.Delivery) (Outcome, error) {
				select {
				case <-time.After(5 * time.Second):
					return ok(f, events)
				case <-ctx.Done():
					return Outcome{}, ctx.Err()
				}
			}})
			b.Update([]model.Function{fnOf("mail", model.Topic{Name: "news"})})
			for range 2 {
				if err := b.Send("topic", "news", native.Message{}); err != nil {
					t.Fatal(err)
				}
			}
			if err := b.Send("queue", "letters", native.Message{}); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			ctx, cancel := context.WithTimeout(t.Context(), c.patience)
			defer cancel()
			if lost := b.Close(ctx); lost != c.lost {
				t.Errorf("%d are lost, want %d", lost, c.lost)
			}
			if err := b.Send("topic", "news", native.Message{}); !errors.Is(err, ErrClosed) {
				t.Errorf("sent after the end: %v", err)
			}
		})
	}
}

// What waits for functions is bounded: who sends more is refused, for all that
// listen or for none.
func TestFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, "aws", 0, ok, fnOf("mail", model.Topic{Name: "news"}), fnOf("pick", model.Queue{Name: "orders"}))
		for _, f := range []string{"mail", "pick"} {
			if err := w.Pause(t.Context(), f); err != nil {
				t.Fatal(err)
			}
		}
		for i := range maxWaiting {
			if err := w.Send("queue", "orders", native.Message{}); err != nil {
				t.Fatal(i, err)
			}
			if (i+1)*sizeOf(native.Message{}) > maxWaitingBytes-2*sizeOf(native.Message{}) {
				t.Fatal("the bytes are reached before the number")
			}
		}
		for _, kind := range []string{"queue", "topic"} {
			if err := w.Send(kind, map[string]string{"queue": "orders", "topic": "news"}[kind], native.Message{}); !errors.Is(err, ErrFull) {
				t.Errorf("%s: %v", kind, err)
			}
		}
		w.Resume("pick")
		time.Sleep(time.Minute)
		if err := w.Send("topic", "news", native.Message{}); err != nil {
			t.Error(err)
		}
		big := native.Message{Body: make([]byte, maxWaitingBytes/4*3/4)}
		for i := range 4 {
			if err := w.Send("topic", "news", big); (err != nil) != (i == 3) {
				t.Errorf("message %d of %d bytes: %v", i, len(big.Body), err)
			}
		}
	})
}

// What a function waits for is kept while it is away, and refused as if it were
// there.
func TestFullWhileAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, "aws", 0, ok, fnOf("pick", model.Queue{Name: "orders"}))
		if err := w.Pause(t.Context(), "pick"); err != nil {
			t.Fatal(err)
		}
		w.Update(nil) // the queue is empty, and forgotten
		w.Update([]model.Function{fnOf("pick", model.Queue{Name: "orders"})})
		w.send(t, "queue", "orders", "", "a")
		w.Update(nil)
		for i := range maxWaiting {
			if err := w.Send("queue", "orders", native.Message{}); (err != nil) != (i == maxWaiting-1) {
				t.Fatalf("message %d: %v", i, err)
			}
		}
		if held := w.Held(); len(held) != maxWaiting || nameOf(held[0].Occurrence) != "a" {
			t.Errorf("%d are held", len(held))
		}
	})
}

// A dead letter takes the room of what is older in a queue that is too full since
// its function is away, and no more than its own.
func TestLetterWhileAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		read, mail := fnOf("read", model.Queue{Name: "lost"}), fnOf("mail", model.Queue{Name: "news", Visibility: time.Hour})
		mail.DeadLetter = "lost"
		w := start(t, "aws", 0, again, read, mail)
		if err := w.Pause(t.Context(), "read"); err != nil {
			t.Fatal(err)
		}
		big := native.Message{Body: make([]byte, 3<<20)}
		for range 10 {
			if err := w.Send("queue", "lost", big); err != nil {
				t.Fatal(err)
			}
		}
		w.Update([]model.Function{mail})
		w.send(t, "queue", "news", "", "a")
		time.Sleep(10 * time.Hour)
		held := w.Held()
		if len(held) != 10 || held[0].Number != 2 || held[9].Function != "mail" {
			t.Errorf("%d are held", len(held))
		}
	})
}

// Of what no function takes the oldest makes room, which is said.
func TestHeldIsBounded(t *testing.T) {
	for _, c := range []struct {
		name    string
		body    int
		n, want int
		said    bool
	}{
		{"as many as are kept", 1, maxHeld, maxHeld, false},
		{"one more", 1, maxHeld + 1, maxHeld, true},
		{"bytes", maxHeldBytes / 4, 4, 2, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := start(t, "aws", 0, ok)
			for range c.n {
				if err := w.Send("queue", "letters", native.Message{Body: make([]byte, c.body)}); err != nil {
					t.Fatal(err)
				}
			}
			held := w.Held()
			if len(held) != c.want || held[len(held)-1].Number != int64(c.n) {
				t.Errorf("%s: %d are kept, want the last %d", c.name, len(held), c.want)
			}
			said := slices.ContainsFunc(w.History(0), func(e Entry) bool { return e.Kind == Dropped && strings.Contains(e.Text, "oldest") })
			if said != c.said {
				t.Errorf("%s: said %t", c.name, said)
			}
		})
	}
}

// What a function sends to a queue itself is in no envelope, also where the
// messages of the queue are, as on AWS; what is sent from the page is in one.
func TestDirect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := fnOf("pick", model.Queue{Name: "orders"})
		f.Feed.Envelope = "sns"
		var got []bool
		w := start(t, "aws", 0, func(f model.Function, events []native.Delivery) (Outcome, error) {
			payloads, err := invoke.Payloads("aws", f, events...)
			if err != nil {
				t.Error(err)
			}
			got = append(got, strings.Contains(string(payloads[0].Body), `\"Type\":\"Notification\"`))
			return ok(f, events)
		}, f)
		if err := w.Emit("confirm", structured(t, "queue", "orders", "com.example.placed", nil)); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		w.send(t, "queue", "orders", "", "from the page")
		synctest.Wait()
		if !slices.Equal(got, []bool{false, true}) {
			t.Errorf("in an envelope: %v", got)
		}
	})
}
