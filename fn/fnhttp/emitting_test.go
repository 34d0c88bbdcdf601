package fnhttp_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/fnhttp"
)

// sink takes events, or says why not.
type sink struct {
	err   error
	taken []event.Event
}

func (s *sink) Declared() (string, string) { return "news", "" }

func (s *sink) Send(_ context.Context, events []event.Event) []error {
	if s.err != nil {
		return []error{s.err}
	}
	s.taken = append(s.taken, events...)
	return nil
}

// A client that sees a success knows that what was emitted is taken, and a
// failed request has sent nothing.
func TestEmitting(t *testing.T) {
	for _, test := range []struct {
		name   string
		err    error // of the sink
		status int   // of the handler
		want   int
		body   string
		after  string
		taken  int
	}{
		{"done", nil, 201, 201, "body", "", 1},
		{"the client's fault", nil, 404, 404, "body", "", 1},
		{"failed", nil, 500, 500, "body", "", 0},
		{"refused", fn.Permanent(errors.New("too large")), 201, 500, "Internal Server Error\n", "", 0},
		{"refused by what panics", fn.Permanent((*again)(nil)), 201, 500, "Internal Server Error\n", "", 0},
		{"a hint", fn.Permanent(fn.RetryAfter(errors.New("busy"), time.Minute)), 201, 500, "Internal Server Error\n", "", 0},
	} {
		s := &sink{err: test.err}
		h := fnhttp.Emitting(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			e := event.New()
			e.SetType("com.example.order.placed")
			if err := fn.Emit(r.Context(), e); err != nil {
				t.Error(err)
			}
			w.Header().Set("X-Own", "yes")
			w.WriteHeader(test.status)
			w.Header().Set("X-Late", "no")
			fmt.Fprint(w, "body")
		}), "/example.com/shop/order", true, s)
		w := httptest.NewRecorder()
		r := httptest.NewRequest("POST", "/orders", strings.NewReader("{}"))
		r.Header.Set("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
		h.ServeHTTP(w, r)
		if w.Code != test.want || w.Body.String() != test.body || len(s.taken) != test.taken || w.Header().Get("X-Late") != "" {
			t.Errorf("%s: %d %q %v, %d events; want %d %q and %d", test.name, w.Code, w.Body, w.Header(), len(s.taken), test.want, test.body, test.taken)
		}
		if test.taken > 0 && (s.taken[0].Source() != "/example.com/shop/order" || s.taken[0].Extensions()["traceparent"] != r.Header.Get("Traceparent")) {
			t.Errorf("%s: %v", test.name, s.taken[0])
		}
	}
}
