package replay_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/fnhttp"
	"github.com/fngen/fngen/fn/fntest/replay"
)

// A spy is a test that keeps what is reported to it.
type spy struct {
	testing.TB
	reports []string
}

func (s *spy) Errorf(format string, args ...any) {
	s.reports = append(s.reports, fmt.Sprintf(format, args...))
}

func (s *spy) Fatal(args ...any) { s.Fatalf("%s", fmt.Sprint(args...)) }

func (s *spy) Fatalf(format string, args ...any) {
	s.Errorf(format, args...)
	panic(s)
}

// reported returns what f reports.
func reported(t *testing.T, f func(testing.TB)) string {
	t.Helper()
	s := &spy{TB: t}
	func() {
		defer func() {
			if v := recover(); v != nil && v != any(s) {
				panic(v)
			}
		}()
		f(s)
	}()
	return strings.Join(s.reports, "\n")
}

type order struct {
	ID string `json:"id"`
}

type parcel struct {
	Weight int `json:"weight"`
}

func done(context.Context, fn.Event) error { return nil }

// Each trigger's own occurrence gets through to the handler on every platform.
func TestTriggers(t *testing.T) {
	h := fn.On(done)
	doc := map[string]int{"n": 1}
	for _, c := range []struct {
		f    *replay.Function
		what replay.Occurrence
		kind string
	}{
		{replay.Queue("orders", h), replay.Message{Data: order{"1"}}, fn.TypeMessageReceived},
		{replay.Topic("prices", h), replay.Message{Data: order{"1"}}, fn.TypeMessageReceived},
		{replay.Stream("clicks", h), replay.Record{Data: "x"}, fn.TypeRecordReceived},
		{replay.Bucket("uploads", h), replay.Object{Key: "a b.png", Size: 3}, fn.TypeObjectCreated},
		{replay.Bucket("uploads", h), replay.Object{Key: "a b.png", Deleted: true}, fn.TypeObjectDeleted},
		{replay.Bucket("uploads", h), replay.Object{Key: "a b.png", Expired: true}, fn.TypeObjectDeleted},
		{replay.Collection("orders", h), replay.Change{Key: "7", After: doc}, fn.TypeDocumentCreated},
		{replay.Collection("orders", h), replay.Change{Key: "7", Before: doc, After: doc}, fn.TypeDocumentUpdated},
		{replay.Collection("orders", h), replay.Change{Key: "7", Before: doc}, fn.TypeDocumentDeleted},
		{replay.Collection("orders", h), replay.Change{Key: "7", Sort: "8", Before: doc}, fn.TypeDocumentDeleted},
		{replay.Schedule("nightly", h), replay.Tick{}, fn.TypeScheduleFired},
		{replay.Events("com.example.placed", h), replay.Event{Data: order{"1"}, Subject: "7", Extensions: map[string]string{"partitionkey": "7"}}, "com.example.placed"},
	} {
		out := c.f.Deliver(t, c.what)
		out.Want(t, replay.Acknowledged)
		if len(out.Results) != 3 {
			t.Errorf("%s: %d results", c.f, len(out.Results))
		}
		for _, r := range out.Results {
			if r.Never == "" && (r.Deliveries[0].Calls != 1 || r.Deliveries[0].Event.Type() != c.kind) {
				t.Errorf("%s: %+v", c.f, r)
			}
		}
	}
}

// What a platform never delivers is said, and left out.
func TestNever(t *testing.T) {
	out := replay.Bucket("uploads", fn.On(done)).Deliver(t, replay.Object{Key: "a"})
	if r := out.On("openwhisk"); r.Never != "the platform has no object store" || len(r.Deliveries) != 0 {
		t.Errorf("%+v", r)
	}
	if r := out.On("aws"); r.Never != "" || len(r.Deliveries) != 1 {
		t.Errorf("%+v", r)
	}
	if !strings.Contains(out.String(), "never: the platform has no object store") {
		t.Error(out)
	}
}

// What a handler returns decides what becomes of the message.
func TestFates(t *testing.T) {
	broken := errors.New("out of order")
	for _, c := range []struct {
		name  string
		fault replay.Fault
		want  replay.Fate
		err   string
	}{
		{"nil", nil, replay.Acknowledged, ""},
		{"an error", replay.Fail(broken), replay.Redelivered, "out of order"},
		{"for good", replay.Fail(fn.Permanent(broken)), replay.DeadLettered, "out of order"},
		{"bad input", replay.Fail(fn.BadInput(broken)), replay.DeadLettered, "out of order"},
		{"a panic", replay.Panic("oh"), replay.Redelivered, "panic: oh"},
		{"too late", replay.Late(), replay.Redelivered, "context deadline exceeded"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := replay.Queue("orders", fn.On(done))
			f.Faults = []replay.Fault{c.fault}
			f.Timeout = time.Second / 4
			out := f.Deliver(t, replay.Message{Data: order{"1"}})
			out.Want(t, c.want)
			for _, r := range out.Results {
				d := r.Deliveries[0]
				if err := fmt.Sprint(d.Err); d.Calls != 1 || c.err != "" && err != c.err {
					t.Errorf("%s: %+v", r.Platform, d)
				}
				if (d.Letter != nil) != (d.Fate == replay.DeadLettered) {
					t.Errorf("%s: %s, and the letter %v", r.Platform, d.Fate, d.Letter)
				}
			}
			other := replay.Acknowledged
			if c.want == other {
				other = replay.Redelivered
			}
			if reported(t, func(t testing.TB) { out.Want(t, other) }) == "" {
				t.Errorf("%s is wanted, and nothing is reported of\n%s", other, out)
			}
		})
	}
}

// Retries deliver again, what failed once is done then, and what never succeeds
// ends with the dead letters.
func TestRetries(t *testing.T) {
	f := replay.Queue("orders", fn.On(done))
	f.Retries = 2
	f.Faults = []replay.Fault{replay.Fail(errors.New("first")), replay.Panic("second")}
	out := f.Deliver(t, replay.Message{Data: order{"1"}})
	out.Want(t, replay.Acknowledged)
	f.Faults = append(f.Faults, replay.Fail(errors.New("third")))
	again := f.Deliver(t, replay.Message{Data: order{"1"}})
	again.Want(t, replay.DeadLettered)
	for i, r := range out.Results {
		if r.Deliveries[0].Calls != 3 || again.Results[i].Deliveries[0].Calls != 3 {
			t.Errorf("%s\n%s", out, again)
		}
	}
}

// A batch fails in parts: each message has its own fate, and an order group
// stops at its failure.
func TestBatch(t *testing.T) {
	messages := []replay.Occurrence{replay.Message{Data: 1}, replay.Message{Data: 2}, replay.Message{Data: 3}}
	f := replay.Queue("orders", fn.On(done))
	f.Faults = []replay.Fault{nil, replay.Fail(errors.New("no"))}
	f.Deliver(t, messages...).Want(t, replay.Acknowledged, replay.Redelivered, replay.Acknowledged)
	f.Faults[1] = replay.Fail(fn.Permanent(errors.New("no")))
	f.Deliver(t, messages...).Want(t, replay.Acknowledged, replay.DeadLettered, replay.Acknowledged)

	fifo := replay.Queue("orders", fn.On(done))
	fifo.FIFO = true
	fifo.Faults = []replay.Fault{replay.Fail(errors.New("no"))}
	out := fifo.Deliver(t, replay.Message{Data: 1, Key: "a"}, replay.Message{Data: 2, Key: "a"}, replay.Message{Data: 3, Key: "b"})
	out.Want(t, replay.Redelivered, replay.Redelivered, replay.Acknowledged)
	if calls := out.On("aws").Deliveries[1].Calls; calls != 0 {
		t.Errorf("%d calls behind a failure", calls)
	}
	fifo.Retries = 1
	fifo.Deliver(t, replay.Message{Data: 1, Key: "a"}, replay.Message{Data: 2, Key: "a"}).Want(t, replay.Acknowledged)

	stream := replay.Stream("clicks", fn.On(done))
	stream.Faults = []replay.Fault{nil, replay.Fail(errors.New("no"))}
	stream.Deliver(t, replay.Record{Data: 1}, replay.Record{Data: 2}, replay.Record{Data: 3}).
		Want(t, replay.Acknowledged, replay.Redelivered, replay.Redelivered)

	topic := replay.Topic("prices", fn.On(done))
	topic.Faults = []replay.Fault{replay.Fail(errors.New("no"))}
	topic.Deliver(t, replay.Message{Data: order{"1"}}, replay.Message{Data: order{"2"}}).Want(t, replay.Redelivered, replay.Acknowledged)
}

// A queue of dead letters takes events of every type as they are.
func TestLetters(t *testing.T) {
	f := replay.Queue("confirm-dead-letters", fn.On(done))
	f.Letters = true
	object := replay.Letter{Event: replay.Event{Type: fn.TypeObjectCreated, Data: map[string]any{"key": "a.png"}}, Function: "/shop/look", Reason: "no", Attempts: 3}
	message := replay.Letter{Event: replay.Event{ID: "m", Source: "/shop", Data: order{"1"}}}
	for _, r := range f.Deliver(t, object, message).Results {
		for i, want := range []string{
			"dev.fngen.object.created.v1 deadletterattempts=3 deadletterfunction=/shop/look deadletterreason=no",
			"dev.fngen.message.received.v1 deadletterattempts=1 deadletterfunction=/replay deadletterreason=a reason",
		} {
			e := r.Deliveries[i].Event
			x := e.Extensions()
			if got := fmt.Sprintf("%s deadletterattempts=%v deadletterfunction=%v deadletterreason=%v", e.Type(), x["deadletterattempts"], x["deadletterfunction"], x["deadletterreason"]); r.Never != "" || got != want {
				t.Errorf("%s: %s%s, want %s", r.Platform, r.Never, got, want)
			}
		}
	}
	body := map[string]any{"specversion": "1.0", "id": "1", "source": "/shop", "type": fn.TypeObjectCreated, "deadletterreason": "no"}
	// Of two with one id, the letter is the one's that has failed.
	f.Faults = []replay.Fault{nil, replay.Fail(fn.Permanent(errors.New("no")))}
	f.Deliver(t, message, message).Want(t, replay.Acknowledged, replay.DeadLettered)
	f.Letters, f.Faults = false, nil
	f.Deliver(t, replay.Message{ContentType: "application/cloudevents+json", Data: body}).Want(t, replay.DeadLettered)
	if got := reported(t, func(t testing.TB) { f.Deliver(t, message) }); !strings.Contains(got, "gets no Letter, unless it is a queue of Letters") {
		t.Error(got)
	}
}

// Without dead letters what is given up is dropped, whether a handler saw it or
// not, and what the directive does not ask for is still something else.
func TestNoDeadLetter(t *testing.T) {
	for _, c := range []struct {
		f    *replay.Function
		what []replay.Occurrence
		want []replay.Fate
	}{
		{replay.Queue("orders", fn.On(done)), []replay.Occurrence{replay.Message{Data: 1}, replay.Message{Data: 2}, replay.Undecodable{}}, []replay.Fate{replay.Acknowledged, replay.Dropped, replay.Dropped}},
		{replay.Topic("prices", fn.On(done)), []replay.Occurrence{replay.Message{Data: order{"1"}}, replay.Message{Data: order{"1"}}}, []replay.Fate{replay.Acknowledged, replay.Dropped}},
		{replay.Stream("clicks", fn.On(done)), []replay.Occurrence{replay.Record{Data: 1}, replay.Record{Data: 2}, replay.Record{Data: 3}}, []replay.Fate{replay.Acknowledged, replay.Dropped, replay.Acknowledged}},
		{replay.Bucket("uploads", fn.On(done)), []replay.Occurrence{replay.Object{Key: "a.png"}, replay.Object{Key: "b.png"}, replay.Object{Key: "b.txt"}, replay.Undecodable{}},
			[]replay.Fate{replay.Acknowledged, replay.Dropped, replay.Ignored, replay.Dropped}},
		{replay.Collection("orders", fn.On(done)), []replay.Occurrence{replay.Change{Key: "1", After: order{"1"}}, replay.Undecodable{}}, []replay.Fate{replay.Acknowledged, replay.Dropped}},
		{replay.Schedule("nightly", fn.On(done)), []replay.Occurrence{replay.Tick{}, replay.Tick{}}, []replay.Fate{replay.Acknowledged, replay.Dropped}},
		{replay.Events("com.example.placed", fn.On(done)), []replay.Occurrence{replay.Event{}, replay.Event{}}, []replay.Fate{replay.Acknowledged, replay.Dropped}},
	} {
		c.f.NoDeadLetter = true
		if c.f.String() == "bucket uploads" {
			c.f.Suffix = ".png"
		}
		if c.f.String() == "collection orders" {
			c.f.Differs = map[string]string{"aws": "a field that is named like the key attribute"}
		}
		c.f.Faults = []replay.Fault{nil, replay.Fail(fn.Permanent(errors.New("no")))}
		out := c.f.Deliver(t, c.what...)
		out.Want(t, c.want...)
		for _, r := range out.Results {
			for _, d := range r.Deliveries {
				if d.Letter != nil {
					t.Errorf("%s on %s has a letter", c.f, r.Platform)
				}
			}
		}
	}
	f := replay.Queue("orders", fn.On(done))
	f.NoDeadLetter, f.Retries = true, 1
	f.Faults = []replay.Fault{replay.Fail(errors.New("no")), replay.Fail(errors.New("no"))}
	f.Deliver(t, replay.Message{Data: 1}).Want(t, replay.Dropped)
	f.Retries = 0
	f.Deliver(t, replay.Message{Data: 1}).Want(t, replay.Redelivered)
}

// A queue's messages mean the same in the envelope of the service that they come
// through.
func TestEnvelope(t *testing.T) {
	for _, envelope := range []string{"", "sns", "eventbridge"} {
		f := replay.Queue("orders", fn.On(done))
		f.Envelope = envelope
		event := map[string]any{"specversion": "1.0", "id": "1", "source": "/shop", "type": "com.example.placed", "data": 1}
		f.Deliver(t, replay.Message{Data: order{"1"}}, replay.Message{Data: "2"}).Want(t, replay.Acknowledged)
		out := f.Deliver(t, replay.Message{ContentType: "application/cloudevents+json", Data: event})
		for _, r := range out.Results {
			if r.Never == "" && r.Deliveries[0].Event.Type() != "com.example.placed" {
				t.Errorf("%q on %s: %+v", envelope, r.Platform, r.Deliveries[0])
			}
		}
	}
	f := replay.Queue("orders", fn.On(done))
	f.Envelope, f.Content = "eventbridge", "text/plain"
	if r := f.Deliver(t, replay.Message{Data: "no JSON"}).On("aws"); r.Never != "the envelope's content is JSON" {
		t.Errorf("%+v", r)
	}
	if r := f.Deliver(t, replay.Message{Data: "1", Attributes: map[string]string{"a": "b"}}).On("aws"); r.Never != "the envelope has no attributes beside the body" {
		t.Errorf("%+v", r)
	}
	f.Envelope = "sns"
	out := f.Deliver(t, replay.Message{Data: "no JSON", ContentType: "text/csv", TraceParent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"})
	if e := out.On("aws").Deliveries[0].Event; e.DataContentType() != "text/csv" || e.Extensions()["traceparent"] == nil {
		t.Errorf("%+v", e)
	}
	for _, envelope := range []string{"s3", "sns+s3"} {
		f := replay.Queue("uploads", fn.On(done))
		f.Envelope, f.Platforms = envelope, []string{"aws"}
		e := f.Deliver(t, replay.Object{Key: "a b.png", Size: 3}).On("aws").Deliveries[0].Event
		if e.Type() != fn.TypeMessageReceived || !strings.HasPrefix(string(e.Data()), `{"Records":[{"eventVersion":`) || !strings.Contains(string(e.Data()), `"key":"a+b.png"`) {
			t.Errorf("%s: %+v", envelope, e)
		}
		f.Deliver(t, replay.Undecodable{}).Want(t, replay.DeadLettered)
		f.Deliver(t, replay.Message{Data: order{"1"}}).Want(t, replay.Redelivered) // the setting is at fault
	}
}

// What cannot be decoded reaches no handler, and is kept.
func TestUndecodable(t *testing.T) {
	for _, f := range []*replay.Function{
		replay.Queue("orders", fn.On(done)), replay.Topic("prices", fn.On(done)), replay.Stream("clicks", fn.On(done)),
		replay.Bucket("uploads", fn.On(done)), replay.Collection("orders", fn.On(done)),
	} {
		out := f.Deliver(t, replay.Undecodable{})
		out.Want(t, replay.DeadLettered)
		for _, r := range out.Results {
			if r.Never == "" && (r.Deliveries[0].Calls != 0 || r.Deliveries[0].Letter == nil) {
				t.Errorf("%s on %s: %+v", f, r.Platform, r.Deliveries[0])
			}
		}
	}
	out := replay.Queue("orders", fn.On(done)).Deliver(t, replay.Message{Data: 1}, replay.Undecodable{}, replay.Message{Data: 2})
	out.Want(t, replay.Acknowledged, replay.DeadLettered, replay.Acknowledged)
}

// What the directive does not ask for is acknowledged without a call.
func TestIgnored(t *testing.T) {
	f := replay.Bucket("uploads", fn.On(done))
	f.Suffix = ".png"
	f.Deliver(t, replay.Object{Key: "a.png"}, replay.Object{Key: "a.txt"}).Want(t, replay.Acknowledged, replay.Ignored)
	c := replay.Collection("orders", fn.On(done))
	c.Deleted = true
	c.Deliver(t, replay.Change{Key: "7", After: parcel{3}}).Want(t, replay.Ignored)
}

// The mistake that replay is for: the handler takes an image for granted, which
// OpenWhisk's feed does not have.
func TestDifference(t *testing.T) {
	h := fn.On(func(_ context.Context, c fn.Change) error {
		var p parcel
		if err := json.Unmarshal(c.After, &p); err != nil {
			return err
		}
		if p.Weight == 0 {
			return fn.Permanent(errors.New("a parcel without a weight"))
		}
		return nil
	})
	deliver := func(f *replay.Function) string {
		return reported(t, func(t testing.TB) { f.Deliver(t, replay.Change{Key: "7", After: parcel{3}}) })
	}
	const want = `replay: the platforms do not agree on change 1 of the collection parcels:
           fate           error                      data
aws        acknowledged                              {"collection":"parcels","key":"7","before":null,"after":{"weight":3},"partial":false}
gcp        acknowledged                              {"collection":"parcels","key":"7","before":null,"after":{"weight":3},"partial":false}
openwhisk  dead-lettered  a parcel without a weight  {"collection":"parcels","key":"7","before":null,"after":null,"partial":true}`
	got := deliver(replay.Collection("parcels", h))
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	declared := replay.Collection("parcels", h)
	declared.Differs = map[string]string{"openwhisk": "the parcel is not in the feed"}
	if got := deliver(declared); got != "" {
		t.Errorf("declared: %s", got)
	}
	meant := replay.Collection("parcels", h)
	meant.Platforms = []string{"aws", "gcp"}
	if got := deliver(meant); got != "" {
		t.Errorf("meant for two: %s", got)
	}
}

// Data that differs is a difference, though nothing came of it: a table takes a
// field that is named like its key attribute for the key.
func TestDataDiffers(t *testing.T) {
	got := reported(t, func(t testing.TB) {
		replay.Collection("orders", fn.On(done)).Deliver(t, replay.Change{Key: "7", After: map[string]string{"_id": "7"}})
	})
	for _, want := range []string{`aws acknowledged {"collection":"orders","key":"7","before":null,"after":{},"partial":false}`, `gcp acknowledged {"collection":"orders","key":"7","before":null,"after":{"_id":"7"},"partial":false}`} {
		if !strings.Contains(squeeze(got), want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }

// A handler that looks at the platform is found out, whatever it does
// differently: emit, fail, or answer.
func TestDifferences(t *testing.T) {
	on := func(ctx context.Context) string {
		d, _ := fn.DeliveryFrom(ctx)
		return d.Provider
	}
	emits := replay.Queue("orders", fn.Reply(func(ctx context.Context, _ order) (string, error) { return on(ctx), nil }))
	emits.Sinks = []replay.Sink{{Name: "news", Type: "com.example.news"}}
	fails := replay.Queue("orders", fn.On(func(ctx context.Context, _ order) error {
		return fn.Permanent(errors.New("on " + on(ctx)))
	}))
	for name, c := range map[string]struct {
		f    *replay.Function
		want string
	}{
		"emits": {emits, `openwhisk news: com.example.news orders openwhisk`},
		"fails": {fails, `openwhisk dead-lettered on openwhisk`},
	} {
		got := reported(t, func(t testing.TB) { c.f.Deliver(t, replay.Message{Data: order{"1"}}) })
		if !strings.Contains(squeeze(got), c.want) {
			t.Errorf("%s: %s", name, got)
		}
	}
	answers := replay.HTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-On", on(r.Context()))
		_, _ = io.WriteString(w, on(r.Context()))
	}))
	got := reported(t, func(t testing.TB) { answers.Do(t, httptest.NewRequest("GET", "/", nil)) })
	for _, want := range []string{"status error header body", "X-On: aws", "X-On: openwhisk openwhisk"} {
		if !strings.Contains(squeeze(got), want) {
			t.Errorf("no %q in %s", want, got)
		}
	}
}

// A handler that keeps something is made anew for each platform if it is Fresh.
func TestFresh(t *testing.T) {
	once := func() fn.Handler {
		seen := false
		return fn.On(func(context.Context, fn.Event) error {
			if seen {
				return fn.Permanent(errors.New("again"))
			}
			seen = true
			return nil
		})
	}
	if got := reported(t, func(t testing.TB) { replay.Queue("orders", once()).Deliver(t, replay.Message{Data: 1}) }); got == "" {
		t.Error("a handler that remembers the platform before makes no difference")
	}
	replay.Queue("orders", replay.Fresh(once)).Deliver(t, replay.Message{Data: 1}).Want(t, replay.Acknowledged)
}

// Requests are answered as through each gateway.
func TestHTTP(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /articles/{name}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = fmt.Fprintf(w, "%s %s %s", r.PathValue("name"), r.URL.Query()["q"], r.Host)
	})
	mux.Handle("POST /orders", fnhttp.Handler(fn.On(func(_ context.Context, o order) error {
		if o.ID == "" {
			return fn.BadInput(errors.New("no id"))
		}
		return nil
	}), "/example.com/shop/orders"))
	for _, c := range []struct {
		request *http.Request
		status  int
		body    string
	}{
		{httptest.NewRequest("GET", "http://shop.example/articles/Zo%C3%AB%20b?q=1&q=a%2Bb", nil), 200, "Zoë b [1 a+b] shop.example"},
		{request("POST", "/orders", `{"id":"1"}`), 204, ""},
		{request("POST", "/orders", `{}`), 400, ""},
		{request("POST", "/orders", `{`), 400, ""},
		{httptest.NewRequest("GET", "/nothing", nil), 404, "404 page not found\n"},
	} {
		out := replay.HTTP(mux).Do(t, c.request)
		for _, r := range out.Results {
			body, err := io.ReadAll(r.Response.Body)
			if err != nil || r.Response.StatusCode != c.status || c.body != "" && string(body) != c.body {
				t.Errorf("%s %s on %s: %d %q, %v", c.request.Method, c.request.URL, r.Platform, r.Response.StatusCode, body, err)
			}
		}
	}
	failing := replay.HTTP(mux)
	for fault, status := range map[string]int{"panic": 500, "late": 504} {
		failing.Timeout = time.Second / 4
		failing.Faults = []replay.Fault{map[string]replay.Fault{"panic": replay.Panic("oh"), "late": replay.Late()}[fault]}
		for _, r := range failing.Do(t, httptest.NewRequest("GET", "/articles/a", nil)).Results {
			if r.Response.StatusCode != status {
				t.Errorf("%s on %s: %s", fault, r.Platform, r.Response.Status)
			}
		}
	}
}

// A response that leaves while it is written is the same in the end.
func TestStream(t *testing.T) {
	f := replay.HTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for _, line := range r.URL.Query()["line"] {
			_, _ = fmt.Fprintf(w, "data: %s\n", line)
			if err := http.NewResponseController(w).Flush(); err != nil {
				t.Errorf("flush: %v", err)
			}
		}
	}))
	f.Stream = true
	for target, want := range map[string]string{"/?line=1&line=2": "data: 1\ndata: 2\n", "/": ""} {
		out := f.Do(t, httptest.NewRequest("GET", target, nil))
		if r := out.On("openwhisk"); r.Never != "the platform's responses leave when they are whole" {
			t.Errorf("%+v", r)
		}
		for _, r := range out.Results[:2] {
			body, err := io.ReadAll(r.Response.Body)
			if err != nil || r.Response.StatusCode != 200 || strings.TrimPrefix(string(body), "\n") != want || r.Response.Header.Get("Content-Type") != "text/event-stream" {
				t.Errorf("%s: %s %q %v, %v", r.Platform, r.Response.Status, body, r.Response.Header, err)
			}
		}
	}
}

// A handler of events is posted events, one or a batch, and answers for all.
func TestHTTPEvents(t *testing.T) {
	var got []string
	f := replay.HTTPEvents(fn.Reply(func(_ context.Context, e fn.Event) (string, error) {
		got = append(got, e.ID())
		if e.ID() == "wrong" {
			return "", fn.BadInput(errors.New("wrong"))
		}
		return "re: " + e.ID(), nil
	}))
	event := func(id string) replay.Event { return replay.Event{Type: "com.example.placed", ID: id, Data: 1} }
	answers := func(status int, body string, calls int, what ...replay.Occurrence) {
		t.Helper()
		got = nil
		for _, r := range f.Deliver(t, what...).Results {
			text, err := io.ReadAll(r.Response.Body)
			if err != nil || r.Response.StatusCode != status || body != "" && string(text) != body || r.Deliveries[0].Calls != calls {
				t.Errorf("%s: %s %q, %d calls, %v", r.Platform, r.Response.Status, text, r.Deliveries[0].Calls, err)
			}
		}
		if len(got) != 3*calls {
			t.Errorf("the handler got %q", got)
		}
	}
	answers(200, "re: a", 1, event("a"))
	if got := reported(t, func(t testing.TB) { f.Deliver(t, event("a"), event("b")) }); !strings.Contains(got, "several events in a request are a batch; set Batch") {
		t.Error(got)
	}
	f.Batch = true
	answers(204, "", 2, event("a"), event("b"))
	answers(400, "", 3, event("a"), event("wrong"), event("b"))
	f.Sinks = []replay.Sink{{Name: "news", Type: "com.example.news"}}
	for _, r := range f.Deliver(t, event("a"), event("b")).Results {
		if r.Response.StatusCode != 204 || len(r.Emitted) != 0 {
			t.Errorf("%s: %s, %d emitted", r.Platform, r.Response.Status, len(r.Emitted))
		}
	}
	f.Faults = []replay.Fault{nil, replay.Fail(fn.RetryAfter(errors.New("no"), time.Minute))}
	for _, r := range f.Deliver(t, event("a"), event("b")).Results {
		if r.Response.StatusCode != 503 || r.Response.Header.Get("Retry-After") != "60" {
			t.Errorf("%s: %s %v", r.Platform, r.Response.Status, r.Response.Header)
		}
	}
}

func request(method, target, body string) *http.Request {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	return r
}

// What is emitted is what the sinks got.
func TestEmitted(t *testing.T) {
	f := replay.Queue("orders", fn.Reply(func(_ context.Context, o order) (order, error) {
		return order{"confirmed " + o.ID}, nil
	}))
	f.Sinks = []replay.Sink{{Name: "order-events", Type: "com.example.order.confirmed"}}
	out := f.Deliver(t, replay.Message{Data: order{"1"}})
	for _, r := range out.Results {
		if len(r.Emitted) != 1 || r.Emitted[0].Sink != "order-events" || r.Emitted[0].Event.Type() != "com.example.order.confirmed" ||
			string(r.Emitted[0].Event.Data()) != `{"id":"confirmed 1"}` {
			t.Errorf("%s: %+v", r.Platform, r.Emitted)
		}
	}
	f.Sinks = nil
	got := reported(t, func(t testing.TB) { f.Deliver(t, replay.Message{Data: order{"1"}}) })
	if !strings.Contains(got, "the function has no sink") {
		t.Errorf("a reply without a sink: %s", got)
	}
}

// In a bubble of testing/synctest a minute passes at once.
func TestSynctest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := replay.Queue("orders", fn.On(done))
		f.Retries = 4
		f.Faults = []replay.Fault{replay.Fail(errors.New("no")), replay.Fail(errors.New("no")), replay.Fail(errors.New("no"))}
		f.Deliver(t, replay.Message{Data: order{"1"}}).Want(t, replay.Acknowledged)
		f.Retries, f.Faults = 0, []replay.Fault{replay.Late()}
		f.Deliver(t, replay.Message{Data: order{"1"}}).Want(t, replay.Redelivered)
	})
}

// A payload that was recorded goes through the platform that sent it.
func TestRecorded(t *testing.T) {
	providers := "../../../providers"
	for _, c := range []struct {
		f        *replay.Function
		platform string
		file     string
		want     []replay.Fate
	}{
		{replay.Queue("orders", fn.On(done)), "gcp", "gcp/testdata/pubsub_push.http", []replay.Fate{replay.Acknowledged}},
		{replay.Bucket("uploads", fn.On(done)), "gcp", "gcp/testdata/storage_finalized.http", []replay.Fate{replay.Acknowledged}},
		{replay.Queue("orders", fn.On(done)), "openwhisk", "openwhisk/testdata/kafka_batch.json", []replay.Fate{replay.Acknowledged}},
		{replay.Collection("orders", fn.On(done)), "openwhisk", "openwhisk/testdata/couchdb_change.json", []replay.Fate{replay.Acknowledged}},
	} {
		out := c.f.Recorded(t, c.platform, filepath.Join(providers, c.file))
		out.Want(t, c.want...)
	}
	const batch = `{"Records":[{"messageId":"a","receiptHandle":"h","body":"1","attributes":{"ApproximateReceiveCount":"1","SentTimestamp":"1"},"messageAttributes":{},
		"eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:eu-west-1:1:orders","awsRegion":"eu-west-1"},
		{"messageId":"b","receiptHandle":"h","body":"2","attributes":{"ApproximateReceiveCount":"1","SentTimestamp":"1"},"messageAttributes":{},
		"eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:eu-west-1:1:orders","awsRegion":"eu-west-1"}]}`
	file := filepath.Join(t.TempDir(), "batch.json")
	if err := os.WriteFile(file, []byte(batch), 0o600); err != nil {
		t.Fatal(err)
	}
	f := replay.Queue("orders", fn.On(done))
	f.Faults = []replay.Fault{nil, replay.Fail(errors.New("no"))}
	f.Recorded(t, "aws", file).Want(t, replay.Acknowledged, replay.Redelivered)
}

// A test that cannot mean what it says ends with the reason.
func TestMisuse(t *testing.T) {
	h := fn.On(done)
	for name, f := range map[string]func(testing.TB){
		"nothing to deliver":                         func(t testing.TB) { replay.Queue("orders", h).Deliver(t) },
		"a function with the trigger queue gets no":  func(t testing.TB) { replay.Queue("orders", h).Deliver(t, replay.Object{}) },
		"a function with the trigger object gets no": func(t testing.TB) { replay.Bucket("b", h).Deliver(t, replay.Message{}) },
		"a function with the trigger http gets no":   func(t testing.TB) { replay.HTTP(http.NotFoundHandler()).Deliver(t, replay.Tick{}) },
		"there is no handler":                        func(t testing.TB) { replay.Queue("orders", nil).Deliver(t, replay.Message{}) },
		`"azure" is no platform`: func(t testing.TB) {
			f := replay.Queue("q", h)
			f.Platforms = []string{"azure"}
			f.Deliver(t, replay.Message{})
		},
		"2 fates for 1 deliveries":                       func(t testing.TB) { replay.Queue("q", h).Deliver(t, replay.Message{}).Want(t, 0, 0) },
		"json: unsupported type":                         func(t testing.TB) { replay.Queue("q", h).Deliver(t, replay.Message{Data: func() {}}) },
		"a Change has Before, After or both":             func(t testing.TB) { replay.Collection("q", h).Deliver(t, replay.Change{Key: "7"}) },
		"FIFO, Letters and Envelope are of queues alone": func(t testing.TB) { f := replay.Topic("q", h); f.FIFO = true; f.Deliver(t, replay.Message{}) },
		`"kafka" is no Envelope`: func(t testing.TB) {
			f := replay.Queue("q", h)
			f.Envelope = "kafka"
			f.Deliver(t, replay.Message{})
		},
		"a queue of Letters has no Envelope": func(t testing.TB) {
			f := replay.Queue("q", h)
			f.Envelope, f.Letters = "sns", true
			f.Deliver(t, replay.Message{})
		},
		"only HTTP without Sinks is a Stream": func(t testing.TB) { f := replay.HTTPEvents(h); f.Stream = true; f.Deliver(t, replay.Event{Type: "t"}) },
		"only HTTPEvents takes a Batch": func(t testing.TB) {
			f := replay.HTTP(http.NotFoundHandler())
			f.Batch = true
			f.Do(t, httptest.NewRequest("GET", "/", nil))
		},
		"an HTTP function has no dead letters": func(t testing.TB) {
			f := replay.HTTPEvents(h)
			f.NoDeadLetter = true
			f.Deliver(t, replay.Event{Type: "t"})
		},
	} {
		if got := reported(t, f); !strings.Contains(got, name) {
			t.Errorf("want %q, got %q", name, got)
		}
	}
}
