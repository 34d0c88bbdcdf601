package fnhttp_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/fnhttp"
	"github.com/fngen/fngen/internal/testkit/logged"
)

const batchType = "application/cloudevents-batch+json; charset=utf-8"

// element is an event of a batch; the handler of sendBatch does what its id says.
func element(id string) string {
	return `{"specversion":"1.0","id":"` + id + `","source":"/shop","type":"com.example.order.placed","data":{"id":"` + id + `"}}`
}

// sendBatch answers a batch of the elements and returns the ids of the events
// that the handler got.
func sendBatch(elements ...string) (resp *http.Response, handled []string) {
	h := fn.On(func(_ context.Context, e fn.Event) error {
		handled = append(handled, e.ID())
		switch cause := errors.New("no stock"); e.ID() {
		case "fails":
			return cause
		case "retry 2":
			return fn.RetryAfter(cause, 2*time.Second)
		case "retry 9":
			return fn.RetryAfter(cause, 9*time.Second)
		case "permanent":
			return fn.Permanent(cause)
		case "bad":
			return fn.BadInput(cause)
		case "panics":
			panic(cause)
		}
		return nil
	})
	w := httptest.NewRecorder()
	fnhttp.Batch(h, "/shop/confirm").ServeHTTP(w, newRequest("/", "["+strings.Join(elements, ",")+"]", "Content-Type", batchType))
	return w.Result(), handled
}

// Every event is handled whatever becomes of the others, and the status is that
// of the one that most needs to be sent again.
func TestBatch(t *testing.T) {
	forged := strings.Replace(element("forged"), "com.example", "dev.fngen", 1)
	tests := []struct {
		name       string
		elements   []string
		status     int
		retryAfter string
		handled    []string
	}{
		{"none", nil, 204, "", nil},
		{"all done", []string{element("1"), element("2"), element("1")}, 204, "", []string{"1", "2", "1"}},
		{"one fails", []string{element("1"), element("fails"), element("2")}, 500, "", []string{"1", "fails", "2"}},
		{"one panics", []string{element("panics"), element("2")}, 500, "", []string{"panics", "2"}},
		{"a hint wins over a failure", []string{element("retry 2"), element("fails")}, 503, "2", []string{"retry 2", "fails"}},
		{"the longest hint wins", []string{element("retry 2"), element("retry 9"), element("retry 2")}, 503, "9", []string{"retry 2", "retry 9", "retry 2"}},
		{"a hint wins over what never succeeds", []string{element("bad"), element("permanent"), element("retry 2")}, 503, "2", []string{"bad", "permanent", "retry 2"}},
		{"permanent", []string{element("permanent"), element("1")}, 500, "", []string{"permanent", "1"}},
		{"bad input", []string{element("bad"), element("1")}, 400, "", []string{"bad", "1"}},
		{"a failure wins over bad input", []string{element("bad"), element("fails")}, 500, "", []string{"bad", "fails"}},
		{"an element that is no event", []string{element("1"), `{"specversion":"1.0"}`, element("2")}, 400, "", []string{"1", "2"}},
		{"an element that is no object", []string{"7", element("1")}, 400, "", []string{"1"}},
		{"an element that is forged", []string{forged, element("1")}, 400, "", []string{"1"}},
		{"no event and a failure", []string{"null", element("retry 2")}, 503, "2", []string{"retry 2"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			logged := logged.Text(t)
			resp, handled := sendBatch(test.elements...)
			if resp.StatusCode != test.status || resp.Header.Get("Retry-After") != test.retryAfter {
				t.Errorf("got %d, Retry-After %q", resp.StatusCode, resp.Header.Get("Retry-After"))
			}
			if diff := cmp.Diff(test.handled, handled); diff != "" {
				t.Errorf("handled (-want +got):\n%s", diff)
			}
			want := ""
			if test.status != 204 {
				want = http.StatusText(test.status) + "\n"
			}
			if got := body(t, resp); got != want {
				t.Errorf("body is %q", got)
			}
			if (logged.Len() > 0) != (test.status != 204) {
				t.Errorf("log: %s", logged)
			}
		})
	}
}

// The log names the event of the batch that failed.
func TestBatchLog(t *testing.T) {
	logged := logged.Text(t)
	sendBatch(element("1"), element("fails"))
	if !strings.Contains(logged.String(), ", event 2\"") || strings.Contains(logged.String(), ", event 1\"") {
		t.Errorf("log: %s", logged)
	}
}

// What the time does not suffice for is a 504, so that it is sent again.
func TestBatchDeadline(t *testing.T) {
	logged.Text(t)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		calls := 0
		h := fnhttp.Batch(fn.On(func(ctx context.Context, _ []byte) error {
			calls++
			<-ctx.Done()
			return nil
		}), "/s")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, newRequest("/", "["+element("1")+","+element("2")+"]", "Content-Type", batchType).WithContext(ctx))
		if w.Code != 504 || calls != 1 || ctx.Err() != nil {
			t.Errorf("got %d, %d calls, the request's context is %v", w.Code, calls, ctx.Err())
		}
	})
}

// What is no batch of at most MaxBatch elements reaches the handler in no part.
func TestBatchRefused(t *testing.T) {
	one := element("1")
	many := slices.Repeat([]string{one}, fnhttp.MaxBatch)
	for name, test := range map[string]struct {
		contentType, body string
		status            int
	}{
		"empty":                {batchType, "", 400},
		"an object":            {batchType, one, 400},
		"cut off":              {batchType, "[" + one, 400},
		"cut off in an event":  {batchType, "[" + one + `,{"a":`, 400},
		"more after it":        {batchType, "[" + one + "]]", 400},
		"two":                  {batchType, "[" + one + "][]", 400},
		"no comma":             {batchType, "[" + one + one + "]", 400},
		"one too many":         {batchType, "[" + strings.Join(many, ",") + "," + one + "]", 413},
		"another format":       {"application/cloudevents-batch+avro", "[" + one + "]", 415},
		"no format":            {"application/cloudevents-batch", "[" + one + "]", 415},
		"another single event": {"application/cloudevents+avro", one, 415},
	} {
		logged := logged.Text(t)
		w := httptest.NewRecorder()
		fnhttp.Batch(fn.On(func(context.Context, []byte) error { t.Errorf("%s: handled", name); return nil }), "/s").
			ServeHTTP(w, newRequest("/", test.body, "Content-Type", test.contentType))
		if w.Code != test.status || logged.Len() == 0 {
			t.Errorf("%s: got %d, log %s", name, w.Code, logged)
		}
	}
	if resp, handled := sendBatch(many...); resp.StatusCode != 204 || len(handled) != fnhttp.MaxBatch {
		t.Errorf("%d of %d events are handled, status %d", len(handled), fnhttp.MaxBatch, resp.StatusCode)
	}
}

// A request that is no batch is handled as by Handler, reply and all.
func TestBatchSingle(t *testing.T) {
	h := fnhttp.Batch(fn.Reply(func(_ context.Context, e fn.Event) (string, error) { return e.Type(), nil }), "/s")
	for want, r := range map[string]*http.Request{
		"dev.fngen.http.request.v1": newRequest("/", "{}"),
		"com.example.order.placed":  newRequest("/", element("1"), "Content-Type", "application/cloudevents+json"),
		"com.example.binary":        newRequest("/", "{}", binary("com.example.binary")...),
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if got := w.Body.String(); w.Code != 200 || got != want {
			t.Errorf("got %d %q, want %q", w.Code, got, want)
		}
	}
}

// No body ends the process, and an event is handled only in a request whose
// whole array is read.
func FuzzBatch(f *testing.F) {
	f.Add([]byte("[]"))
	f.Add([]byte("[" + element("1") + ",7," + element("fails") + "]"))
	f.Add([]byte(`[{"a":[[[[`))
	f.Add([]byte("[\"\xff\"] "))
	f.Fuzz(func(t *testing.T, data []byte) {
		calls := 0
		w := httptest.NewRecorder()
		fnhttp.Batch(fn.On(func(context.Context, fn.Event) error { calls++; return nil }), "/s").
			ServeHTTP(w, newRequest("/", string(data), "Content-Type", batchType))
		if w.Code != 204 && w.Code != 400 && w.Code != 413 || w.Code == 413 && calls > 0 || calls > fnhttp.MaxBatch {
			t.Errorf("status %d after %d calls", w.Code, calls)
		}
	})
}
