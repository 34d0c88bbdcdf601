package gcp_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/emit"
	"github.com/fngen/fngen/internal/testkit/logged"
	"github.com/fngen/fngen/providers/gcp"
)

// Protects the table in the package's documentation: what each result means to
// Pub/Sub and Eventarc, and that the cause stays in the log.
func TestAnswers(t *testing.T) {
	orders := gcp.PubSub{Queue: "orders"}
	cause := errors.New("secret cause")
	for _, tc := range []struct {
		name   string
		src    gcp.Source
		err    error
		status int
		after  string
	}{
		{"done", orders, nil, 204, ""},
		{"error", orders, cause, 500, ""},
		{"retry after, rounded up", orders, fn.RetryAfter(cause, 1500*time.Millisecond), 503, "2"},
		{"retry after nothing", orders, fn.RetryAfter(cause, 0), 500, ""},
		{"permanent without a dead letter writer is delivered again", orders, fn.Permanent(cause), 500, ""},
		{"bad input without a dead letter writer is delivered again", orders, fn.BadInput(cause), 500, ""},
		{"permanent without a dead letter", gcp.PubSub{Queue: "orders", NoDeadLetter: true}, fn.Permanent(cause), 204, ""},
		{"retryable without a dead letter", gcp.PubSub{Queue: "orders", NoDeadLetter: true}, cause, 500, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			log := logged.Text(t)
			w := serve(&recorder{err: tc.err}, tc.src, fixture(t, "pubsub_push.http"))
			if w.Code != tc.status || w.Header().Get("Retry-After") != tc.after {
				t.Errorf("status = %d, Retry-After = %q, want %d and %q", w.Code, w.Header().Get("Retry-After"), tc.status, tc.after)
			}
			if strings.Contains(w.Body.String(), "secret") {
				t.Errorf("body %q holds the cause", w.Body)
			}
			if tc.err != nil && !strings.Contains(log.String(), "secret cause") {
				t.Errorf("the log does not hold the cause: %s", log)
			}
		})
	}
}

// Protects the process: a panic is a retry, and the next event is handled.
func TestPanic(t *testing.T) {
	logged.Text(t)
	calls := 0
	h := gcp.Handler(fn.HandlerFunc(func(context.Context, fn.Event) (*fn.Event, error) {
		if calls++; calls == 1 {
			panic("secret")
		}
		return nil, nil
	}), gcp.PubSub{Queue: "orders"})
	for _, want := range []int{500, 204} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, fixture(t, "pubsub_push.http"))
		if w.Code != want || strings.Contains(w.Body.String(), "secret") {
			t.Errorf("status = %d, body %q, want %d", w.Code, w.Body, want)
		}
	}
}

// Protects the answer before the framework's deadline: the handler's context
// ends early, and a handler that does not care is not waited for.
func TestDeadline(t *testing.T) {
	logged.Text(t)
	request := fixture(t, "pubsub_push.http")
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		defer close(release)
		var deadline time.Time
		h := fn.HandlerFunc(func(ctx context.Context, _ fn.Event) (*fn.Event, error) {
			d, _ := fn.DeliveryFrom(ctx)
			deadline = d.Deadline
			<-ctx.Done()
			<-release
			return nil, nil
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		w := serve(h, gcp.PubSub{Queue: "orders"}, request.WithContext(ctx))
		if w.Code != 500 {
			t.Errorf("status = %d, want 500", w.Code)
		}
		if ctx.Err() != nil {
			t.Error("answered after the deadline")
		}
		if want, _ := ctx.Deadline(); !deadline.Equal(want) {
			t.Errorf("Delivery.Deadline = %v, want the platform's, %v", deadline, want)
		}
	})
}

// Protects what is refused without a call of the handler, and that the log
// names the declared trigger and what arrived instead.
func TestRefused(t *testing.T) {
	orders, uploads, pulls := gcp.PubSub{Queue: "orders"}, gcp.Storage{Bucket: "uploads"}, gcp.Event{Type: "com.github.pull.create"}
	get := fixture(t, "pubsub_push.http")
	get.Method = http.MethodGet
	large := post(`{"message":{"data":"` + strings.Repeat("A", 32<<20) + `"}}`)
	for _, tc := range []struct {
		name   string
		src    gcp.Source
		r      *http.Request
		status int
		log    string
	}{
		{"method", orders, get, 405, `queue \"orders\": method GET, want POST`},
		{"above 32 MiB", orders, large, 413, `queue \"orders\": read body: http: request body too large`},
		{"not JSON", orders, post("{"), 400, `decode Pub/Sub push: unexpected end of JSON input`},
		{"more after the JSON", orders, post(`{} {}`), 400, `decode Pub/Sub push: invalid character`},
		{"no body", orders, post(``), 400, `decode Pub/Sub push: unexpected end`},
		{"another shape", orders, post(`{"a":1}`), 400, `missing message`},
		{"no message id", orders, post(`{"message":{"data":"YQ=="},"subscription":"s"}`), 400, `missing messageId`},
		{"too many attributes", orders, post(manyAttributes(1001)), 400, `decode Pub/Sub push: more than 1000 attributes`},
		{"attributes that are no object", orders, post(`{"message":{"attributes":[]}}`), 400, `decode Pub/Sub push: attributes are not an object`},
		{"an attribute that is no string", orders, post(`{"message":{"attributes":{"a":1}}}`), 400, `decode Pub/Sub push: attribute \"a\": `},
		{"no subscription", orders, post(`{"message":{"messageId":"1"}}`), 400, `missing subscription`},
		{"an object for a queue", orders, fixture(t, "storage_finalized.http"), 400,
			`queue \"orders\": received a CloudEvent of type \"google.cloud.storage.object.v1.finalized\", want a Pub/Sub message`},
		{"an event for an object", uploads, fixture(t, "event_binary.http"), 400,
			`object \"uploads\": received a CloudEvent of type \"com.github.pull.create\", want google.cloud.storage.object.v1.finalized, `},
		{"neither for an event", pulls, post(`[]`), 400,
			`event \"com.github.pull.create\": received content type \"application/json\", which is neither a CloudEvent nor a Pub/Sub push`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			log := logged.Text(t)
			var h recorder
			w := serve(&h, tc.src, tc.r)
			if w.Code != tc.status {
				t.Errorf("status = %d, want %d", w.Code, tc.status)
			}
			if w.Body.String() != http.StatusText(tc.status)+"\n" {
				t.Errorf("body = %q, want the status' text alone", w.Body)
			}
			if len(h.seen) > 0 {
				t.Error("the handler was called")
			}
			if !strings.Contains(log.String(), tc.log) {
				t.Errorf("log does not say %s:\n%s", tc.log, log)
			}
		})
	}
}

// Protects delivery again of what does not decode, and with deadletter none
// the log record that is all that is left of it.
func TestUndecodable(t *testing.T) {
	for _, tc := range []struct {
		name string
		src  func(noDeadLetter bool) gcp.Source
		r    func() *http.Request
		log  string
	}{
		{
			"malformed base64",
			func(no bool) gcp.Source { return gcp.PubSub{Queue: "orders", NoDeadLetter: no} },
			func() *http.Request { return post(`{"message":{"messageId":"1","data":"a_-"},"subscription":"s"}`) },
			`queue \"orders\": decode data: illegal base64 data`,
		}, {
			"malformed publish time",
			func(no bool) gcp.Source { return gcp.PubSub{Topic: "orders", NoDeadLetter: no} },
			func() *http.Request {
				return post(`{"message":{"messageId":"1","publishTime":"soon"},"subscription":"s"}`)
			},
			`topic \"orders\": publishTime: `,
		}, {
			"half a CloudEvent",
			func(no bool) gcp.Source { return gcp.PubSub{Queue: "orders", NoDeadLetter: no} },
			func() *http.Request {
				return post(`{"message":{"messageId":"1","attributes":{"ce-type":"a","ce-id":"1"}},"subscription":"s"}`)
			},
			`queue \"orders\": required attribute missing: specversion, source`,
		}, {
			"a forged type",
			func(no bool) gcp.Source { return gcp.PubSub{Queue: "orders", NoDeadLetter: no} },
			func() *http.Request {
				return post(`{"message":{"messageId":"1","attributes":{"ce-specversion":"1.0","ce-type":"dev.fngen.object.created.v1","ce-id":"1","ce-source":"s"}},"subscription":"s"}`)
			},
			`types under dev.fngen. are made by adapters only`,
		}, {
			"another change of an object",
			func(no bool) gcp.Source { return gcp.Storage{Bucket: "uploads", NoDeadLetter: no} },
			func() *http.Request {
				r := fixture(t, "storage_finalized.http")
				r.Header.Set("Ce-Type", "google.cloud.storage.object.v1.metadataUpdated")
				return r
			},
			`object \"uploads\": received a CloudEvent of type \"google.cloud.storage.object.v1.metadataUpdated\", want`,
		}, {
			"an object without a name",
			func(no bool) gcp.Source { return gcp.Storage{Bucket: "uploads", NoDeadLetter: no} },
			func() *http.Request {
				r := fixture(t, "storage_finalized.http")
				r.Body = io.NopCloser(strings.NewReader(`{"bucket":"b"}`))
				return r
			},
			`object \"uploads\": decode object: missing name`,
		}, {
			"an object that is not JSON",
			func(no bool) gcp.Source { return gcp.Storage{Bucket: "uploads", NoDeadLetter: no} },
			func() *http.Request {
				r := fixture(t, "storage_finalized.http")
				r.Header.Set("Content-Type", "application/protobuf")
				return r
			},
			`content type \"application/protobuf\" is not JSON`,
		}, {
			"an event of another type",
			func(no bool) gcp.Source { return gcp.Event{Type: "com.example.order.placed", NoDeadLetter: no} },
			func() *http.Request { return fixture(t, "event_binary.http") },
			`event \"com.example.order.placed\": received a CloudEvent of type \"com.github.pull.create\"`,
		}, {
			"a forged event",
			func(no bool) gcp.Source { return gcp.Event{Type: "dev.fngen.message.received.v1", NoDeadLetter: no} },
			func() *http.Request {
				r := fixture(t, "event_binary.http")
				r.Header.Set("Ce-Type", "dev.fngen.message.received.v1")
				return r
			},
			`types under dev.fngen. are made by adapters only`,
		}, {
			"a message that is no event",
			func(no bool) gcp.Source { return gcp.Event{Type: "com.example.order.placed", NoDeadLetter: no} },
			func() *http.Request { return fixture(t, "pubsub_push.http") },
			`event \"com.example.order.placed\": received a Pub/Sub message that is not a CloudEvent`,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, noDeadLetter := range []bool{false, true} {
				log := logged.Text(t)
				var h recorder
				w := serve(&h, tc.src(noDeadLetter), tc.r())
				want := map[bool]int{false: 500, true: 204}[noDeadLetter]
				if w.Code != want {
					t.Errorf("deadletter none %v: status = %d, want %d", noDeadLetter, w.Code, want)
				}
				if len(h.seen) > 0 {
					t.Error("the handler was called")
				}
				if !strings.Contains(log.String(), tc.log) {
					t.Errorf("log does not say %s:\n%s", tc.log, log)
				}
				if whole := strings.Contains(log.String(), "event dropped"); whole != noDeadLetter {
					t.Errorf("deadletter none %v: logged whole is %v", noDeadLetter, whole)
				}
			}
		})
	}
}

// Protects the delivery's secrets and its meaning.
func TestDelivery(t *testing.T) {
	_, queue := one(t, gcp.PubSub{Queue: "orders"}, fixture(t, "pubsub_push.http"))
	_, object := one(t, gcp.Storage{Bucket: "uploads"}, fixture(t, "storage_finalized.http"))
	type view struct {
		Provider, Trigger, NativeID string
		Attempt                     int
		Attributes                  map[string]string
	}
	for _, tc := range []struct {
		got  fn.Delivery
		want view
	}{
		{queue, view{"gcp", "queue", "2070443601311540", 2, map[string]string{
			"origin":                 "shop",
			"googclient_traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
		}}},
		{object, view{"gcp", "object", "aaaaaa-1111-bbbb-2222-cccccccccccc", 0, map[string]string{
			"content-type":       "application/json",
			"user-agent":         "APIs-Google; (+https://developers.google.com/webmasters/APIs-Google.html)",
			"ce-id":              "aaaaaa-1111-bbbb-2222-cccccccccccc",
			"ce-source":          "//storage.googleapis.com/projects/_/buckets/some-bucket",
			"ce-specversion":     "1.0",
			"ce-type":            "google.cloud.storage.object.v1.finalized",
			"ce-subject":         "objects/folder/Test.cs",
			"ce-time":            "2020-09-29T11:32:00.123Z",
			"ce-bucket":          "some-bucket",
			"ce-datacontenttype": "application/json",
		}}},
	} {
		got := view{tc.got.Provider, tc.got.Trigger, tc.got.NativeID, tc.got.Attempt, tc.got.Attributes}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("delivery (-want +got):\n%s", diff)
		}
	}
	if raw := string(queue.Raw()); !strings.HasPrefix(raw, "{\n  \"deliveryAttempt\": 2,") {
		t.Errorf("Raw = %q, want the body", raw)
	}
}

// refusing is a sink that takes no data, or nothing at all.
type refusing struct {
	all   bool
	taken []event.Event
}

func (*refusing) Declared() (string, string) { return "letters", "" }

func (s *refusing) Send(_ context.Context, events []event.Event) []error {
	if s.all || len(events[0].Data()) > 0 {
		return []error{fn.Permanent(errors.New("too large"))}
	}
	s.taken = append(s.taken, events...)
	return nil
}

// A message whose dead letter is refused for good is left to the subscription's
// dead letter policy, whose deliveries are counted. Where there is none it is
// logged whole and acknowledged, with a letter without data if that is taken.
func TestRefusedLetter(t *testing.T) {
	for _, tc := range []struct {
		attempt, all bool
		status       int
		letters      int
		dropped      bool
	}{
		{true, false, 500, 0, false},
		{false, false, 204, 1, true},
		{false, true, 204, 0, true},
	} {
		log := logged.Text(t)
		sink := &refusing{all: tc.all}
		src := gcp.PubSub{Queue: "orders", DeadLetter: emit.DeadLetters("/shop/confirm", sink)}
		push := `{"subscription":"projects/p/subscriptions/s","message":{"messageId":"1","data":"MTc="}`
		if tc.attempt {
			push += `,"deliveryAttempt":1`
		}
		r := httptest.NewRequest("POST", "/", strings.NewReader(push+"}"))
		w := httptest.NewRecorder()
		gcp.Handler(fn.On(func(context.Context, []byte) error { return fn.Permanent(errors.New("no stock")) }), src).ServeHTTP(w, r)
		if w.Code != tc.status || len(sink.taken) != tc.letters {
			t.Errorf("%+v: status %d, letters %v", tc, w.Code, sink.taken)
		}
		if dropped := strings.Contains(log.String(), "event dropped"); dropped != tc.dropped {
			t.Errorf("%+v: log %s", tc, log)
		}
	}
}
