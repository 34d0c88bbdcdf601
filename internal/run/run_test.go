package run

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/cloudevents/sdk-go/v2/types"
	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/run/mark"
	"github.com/fngen/fngen/internal/testkit/logged"
)

// record returns a record of the group whose event has the id.
func record(id, group string) Record {
	contentType := "application/json"
	return Record{Native: Name("record " + id), Group: group, Event: event.Event{
		Context:     &event.EventContextV1{ID: id, Source: *types.ParseURIRef("/s"), Type: "t", DataContentType: &contentType},
		DataEncoded: []byte(`{"id":"` + id + `"}`),
	}}
}

// described is a record that describes its delivery.
type described struct {
	name     string
	delivery fn.Delivery
	raw      string
}

func (d described) String() string        { return d.name }
func (d described) Delivery() fn.Delivery { return d.delivery }
func (d described) Raw() []byte           { return []byte(d.raw) }

// handler makes a handler of a function of the event's id.
func handler(f func(ctx context.Context, id string) error) fn.Handler {
	return fn.HandlerFunc(func(ctx context.Context, e fn.Event) (*fn.Event, error) { return nil, f(ctx, e.ID()) })
}

// outcomes returns the results' outcomes in words.
func outcomes(results []Result) []string {
	names := map[Outcome]string{Retry: "retry", Done: "done", Discarded: "dropped"}
	out := []string{}
	for _, r := range results {
		out = append(out, names[r.Outcome])
	}
	return out
}

func check(t *testing.T, what string, want, got any, options ...cmp.Option) {
	t.Helper()
	if diff := cmp.Diff(want, got, options...); diff != "" {
		t.Errorf("%s: want -, got +\n%s", what, diff)
	}
}

// A line is what the tests read of a line of the log.
type line struct {
	Message       string `json:"msg"`
	Record, Error string
	Panic, Stack  string
	Piece, Pieces int
	Event, Raw    string
	Base64        string `json:"raw_base64"`
}

// capture sends the log to the test, which reads it when all is done.
func capture(t *testing.T) func() []line {
	b := logged.JSON(t)
	return func() []line {
		t.Helper()
		var out []line
		for d := json.NewDecoder(strings.NewReader(b.String())); ; {
			var l line
			if err := d.Decode(&l); err == io.EOF {
				return out
			} else if err != nil {
				t.Fatal(err)
			}
			out = append(out, l)
		}
	}
}

// Kind sees through wrapping; an error that nobody marked is retryable.
func TestKind(t *testing.T) {
	cause := errors.New("no stock")
	for _, test := range []struct {
		err   error
		kind  mark.Kind
		after time.Duration
	}{
		{cause, mark.Retry, 0},
		{context.DeadlineExceeded, mark.Retry, 0},
		{fn.RetryAfter(cause, time.Second), mark.Retry, time.Second},
		{fmt.Errorf("order: %w", fn.Permanent(cause)), mark.Permanent, 0},
		{fn.BadInput(cause), mark.BadInput, 0},
	} {
		kind, after := Kind(test.err)
		if kind != test.kind || after != test.after {
			t.Errorf("%v: got %v, %v", test.err, kind, after)
		}
	}
}

// A record that does not decode is bad input and reaches no handler; one that
// the directive does not ask for is done without a call.
func TestRecordsWithoutACall(t *testing.T) {
	capture(t)
	h := handler(func(_ context.Context, id string) error { t.Errorf("%s is handled", id); return nil })
	cause := errors.New("missing messageId")
	results := Each(context.Background(), h, Policy{}, []Record{{Native: Name("1"), Err: cause}, {Skip: true}})
	check(t, "outcomes", []string{"retry", "done"}, outcomes(results))
	if kind, _ := Kind(results[0].Err); kind != mark.BadInput || !errors.Is(results[0].Err, cause) {
		t.Errorf("got %v", results[0].Err)
	}
}

// A panic is an error of its own event: retryable whatever was panicked with,
// its stack in the log.
func TestPanic(t *testing.T) {
	lines := capture(t)
	h := handler(func(_ context.Context, id string) error {
		if id == "1" {
			panic(fn.Permanent(errors.New("no stock")))
		}
		return nil
	})
	results := Each(context.Background(), h, Policy{}, []Record{record("1", ""), record("2", "")})
	check(t, "outcomes", []string{"retry", "done"}, outcomes(results))
	if kind, _ := Kind(results[0].Err); kind != mark.Retry || results[0].Err.Error() != "panic: no stock" {
		t.Errorf("got %v", results[0].Err)
	}
	l := lines()[0]
	if l.Message != "handler panicked" || l.Record != "record 1" || l.Panic != "no stock" || !bytes.Contains([]byte(l.Stack), []byte("TestPanic")) {
		t.Errorf("log: %+v", l)
	}
}

// A handler that ends its goroutine costs its own event: Each returns, whether
// there is a deadline or not, and handles the other groups.
func TestGoexit(t *testing.T) {
	for _, concurrency := range []int{1, 2} {
		for _, deadline := range []bool{false, true} {
			t.Run(fmt.Sprintf("concurrency %d, deadline %v", concurrency, deadline), func(t *testing.T) {
				capture(t)
				synctest.Test(t, func(t *testing.T) {
					ctx := t.Context()
					if deadline {
						var cancel context.CancelFunc
						ctx, cancel = context.WithTimeout(ctx, time.Minute)
						defer cancel()
					}
					h := handler(func(_ context.Context, id string) error {
						if id == "2" || id == "4" {
							runtime.Goexit()
						}
						return nil
					})
					records := []Record{record("1", ""), record("2", "a"), record("3", "a"), record("4", ""), record("5", ""), record("6", "")}
					results := Each(ctx, h, Policy{Concurrency: concurrency}, records)
					check(t, "outcomes", []string{"done", "retry", "retry", "retry", "done", "done"}, outcomes(results))
					if err := results[1].Err; err != errExited {
						t.Errorf("got %v", err)
					}
				})
			})
		}
	}
}

// In the handler's context the delivery is its own record's.
func TestDelivery(t *testing.T) {
	var got []string
	h := handler(func(ctx context.Context, id string) error {
		ctx, cancel := context.WithCancel(context.WithValue(ctx, requestKey{}, "x"))
		defer cancel()
		d, ok := fn.DeliveryFrom(ctx)
		got = append(got, fmt.Sprint(d.NativeID, " ", ok, " ", string(d.Raw())))
		return nil
	})
	one, two := record("1", ""), record("2", "")
	one.Native = described{"record 1", fn.Delivery{NativeID: "native 1"}, "raw"}
	Each(context.Background(), h, Policy{}, []Record{one, two})
	check(t, "deliveries", []string{"native 1 true raw", " false "}, got)
}

// A record that does not describe itself leaves the delivery to the request
// around it, which is how events over HTTP have one.
func TestWithRequest(t *testing.T) {
	request := described{"request", fn.Delivery{NativeID: "request"}, ""}
	ctx := WithRequest(context.Background(), request, Request{ID: "request", Source: "/shop/orders"})
	Each(ctx, handler(func(ctx context.Context, id string) error {
		if d, ok := fn.DeliveryFrom(ctx); !ok || d.NativeID != "request" {
			t.Errorf("got %+v, %v", d, ok)
		}
		if got := RequestFrom(ctx); got != (Request{"request", "/shop/orders"}) {
			t.Errorf("the request is %v", got)
		}
		return nil
	}), Policy{}, []Record{record("1", "")})
	if got := RequestFrom(context.Background()); got != (Request{}) {
		t.Errorf("without a request there is %v", got)
	}
}

// A reply comes back with its record's result, and not with an error.
func TestReplies(t *testing.T) {
	capture(t)
	h := fn.HandlerFunc(func(_ context.Context, e fn.Event) (*fn.Event, error) {
		reply := event.New()
		reply.SetID("reply to " + e.ID())
		if e.ID() == "2" {
			return &reply, errors.New("no stock")
		}
		return &reply, nil
	})
	results := Each(context.Background(), h, Policy{}, []Record{record("1", ""), record("2", "")})
	if results[0].Reply == nil || results[0].Reply.ID() != "reply to 1" || results[1].Reply != nil {
		t.Errorf("got %v", results)
	}
}

// A counted record counts how often its bytes are made.
type counted struct{ made int }

func (*counted) String() string        { return "native 1" }
func (*counted) Delivery() fn.Delivery { return fn.Delivery{NativeID: "native 1"} }
func (c *counted) Raw() []byte         { c.made++; return []byte("raw") }

// Bytes that cost something to make are not made before somebody asks for them.
func TestRawOnDemand(t *testing.T) {
	native := &counted{}
	r := record("1", "")
	r.Native = native
	Each(context.Background(), handler(func(ctx context.Context, _ string) error {
		d, _ := fn.DeliveryFrom(ctx)
		if d.NativeID != "native 1" || native.made != 0 {
			t.Errorf("%s, made %d times before Raw", d.NativeID, native.made)
		}
		if string(d.Raw()) != "raw" || native.made != 1 {
			t.Errorf("raw made %d times", native.made)
		}
		return nil
	}), Policy{}, []Record{r})
}
