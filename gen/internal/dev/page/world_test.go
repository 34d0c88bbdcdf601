package page

import (
	"bytes"
	"context"
	"fmt"
	"go/token"
	"sync"
	"testing"
	"time"

	"github.com/fngen/fngen/gen/internal/config"
	"github.com/fngen/fngen/gen/internal/dev/broker"
	"github.com/fngen/fngen/gen/internal/dev/invoke"
	"github.com/fngen/fngen/gen/internal/dev/platform"
	"github.com/fngen/fngen/gen/internal/dev/store"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/target/aws"
	"github.com/fngen/fngen/internal/ce"
	"github.com/fngen/fngen/internal/native"
)

// A world is a session with a real broker, whose functions fail on what has the
// word that is broken in it.
type world struct {
	*broker.Broker
	*store.Store
	mu      sync.Mutex
	app     App
	broken  string
	request func(native.Request) (invoke.Response, error)
}

var _ Session = (*world)(nil)

func fnOf(name, handler string, t model.Trigger, sinks ...model.Sink) model.Function {
	return model.Function{
		Name: name, Trigger: t, Sinks: sinks, Pos: token.Position{Filename: "shop.go", Line: 14},
		Handler: model.Handler{PkgPath: "example.com/shop", PkgName: "shop", Name: handler},
	}
}

// shop is an application with a chain: an order that is placed is priced,
// reserved, announced and mailed.
func shop() []model.Function {
	two := 2
	reserve := fnOf("reserve", "Reserve", model.Queue{Name: "orders"}, model.Sink{Kind: "topic", Name: "order-events", Type: "com.example.order.reserved"})
	reserve.Retries = &two
	return []model.Function{
		fnOf("articles", "Articles", model.HTTP{Methods: []string{"GET"}, Path: "/articles/{name}", Public: true}),
		fnOf("audit", "Audit", model.Event{Type: "com.example.order.placed"}),
		fnOf("mail", "Mail", model.Topic{Name: "order-events"}),
		fnOf("nightly", "Nightly", model.Schedule{Cron: "0 3 * * *"}, model.Sink{Kind: "queue", Name: "orders"}),
		fnOf("picture", "Picture", model.Object{Bucket: "pictures", Created: true, Suffix: ".png"}),
		fnOf("place", "Place", model.HTTP{Methods: []string{"POST"}, Path: "/orders", Public: true}, model.Sink{Kind: "queue", Name: "orders"}, model.Sink{Kind: "event", Name: "bus", Type: "com.example.order.placed"}),
		reserve,
		fnOf("stock", "Stock", model.Topic{Name: "order-events"}, model.Sink{Kind: "http", Name: "warehouse"}),
	}
}

func newWorld(t testing.TB, functions ...model.Function) *world {
	w := &world{
		app: App{
			Name: "shop", Target: "aws", Functions: functions, Build: 7,
			URLs: map[string][]string{"articles": {"http://127.0.0.1:8080/articles/{name}"}},
		},
		request: func(r native.Request) (invoke.Response, error) {
			return invoke.Response{Status: 200, ContentType: "text/plain", Body: []byte(r.Method + " " + r.Target)}, nil
		},
	}
	w.Broker = broker.New(broker.Options{
		Target: "aws", Numbers: aws.New(config.Sections{Target: &config.Settings{}}).Delivery, Occurrence: invoke.Occurrence, Deliver: w.deliver,
	})
	w.Update(functions)
	var err error
	if w.Store, err = store.New(store.Options{Target: "aws", Folder: t.TempDir(), Told: func(one store.Write) error { return w.Send(one.Kind(), one.Name, one.Occurrence) }}); err != nil {
		t.Fatal(err)
	}
	if err := w.Prepare(functions); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Broker.Close(context.Background()); w.Store.Close() })
	return w
}

func (w *world) App() App {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.app
}

func (w *world) change(do func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	do()
}

func (w *world) Request(_ context.Context, name string, r native.Request) (invoke.Response, error) {
	response, err := w.request(r)
	w.Record(broker.Entry{
		Kind: broker.Answered, Function: name, From: r.Method + " " + r.Target, Build: 7, Duration: time.Millisecond,
		Request: &broker.Request{Request: r, Status: response.Status}, Logs: []platform.Line{{Time: time.Now(), Text: "looking"}},
	})
	return response, err
}

func (w *world) deliver(_ context.Context, f model.Function, events []native.Delivery) (broker.Outcome, error) {
	w.mu.Lock()
	broken := w.broken
	w.mu.Unlock()
	out := broker.Outcome{Results: native.All(len(events), native.Acknowledged)}
	out.Duration = 12 * time.Millisecond
	for i, e := range events {
		m, ok := e.Occurrence.(native.Message)
		if ok && broken != "" && bytes.Contains(m.Body, []byte(broken)) {
			out.Results[i].Fate = native.Redelivered
			out.Failure = "*errors.errorString"
			out.Logs = append(out.Logs, platform.Line{Time: time.Now(), Error: true, Text: `level=ERROR msg="delivery failed" error="the stock is locked"`})
			continue
		}
		out.Logs = append(out.Logs, platform.Line{Time: time.Now(), Text: fmt.Sprintf(`level=INFO msg="%s" attempt=%d`, f.Name, e.Attempt)})
		for _, s := range f.Sinks {
			text, err := ce.Encode(eventOf(f, s, e))
			if err != nil {
				return out, err
			}
			one := platform.Emission{Kind: s.Kind, Name: s.Name, Body: text, Attributes: map[string]string{"content-type": ce.MediaType}}
			out.Emissions = append(out.Emissions, one)
			if err := w.Emit(f.Name, one); err != nil {
				return out, err
			}
		}
	}
	return out, nil
}

// wait waits until it is so.
func wait(t testing.TB, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if is() {
			return
		}
	}
	t.Fatalf("never: %s", what)
}
