package httpsink_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/emit/httpsink"
	"github.com/fngen/fngen/fn/fnhttp"
	"github.com/fngen/fngen/internal/ce"
	"github.com/fngen/fngen/internal/run"
	"github.com/fngen/fngen/internal/run/mark"
)

// What is posted is what a handler of events behind HTTP gets: the same event,
// to the byte, with and without data.
func TestPost(t *testing.T) {
	var got []fn.Event
	server := httptest.NewServer(fnhttp.Handler(fn.On(func(_ context.Context, e fn.Event) error { got = append(got, e); return nil }), "/receiver"))
	defer server.Close()
	t.Setenv("K_SINK", server.URL)
	t.Setenv("FNGEN_SINK_NEWS", "")
	e := event.New()
	e.SetID("1")
	e.SetSource("/shop")
	e.SetType("com.example.order.placed")
	e.SetSubject("Größe \"L\" 100%")
	e.SetExtension("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	whole := e.Clone()
	if err := whole.SetData("text/plain; charset=utf-8", []byte("\x00ü")); err != nil {
		t.Fatal(err)
	}
	sent := []event.Event{e, whole}
	for _, err := range (httpsink.HTTP{Name: "news"}).Send(t.Context(), sent) {
		if err != nil {
			t.Error(err)
		}
	}
	for i, want := range sent {
		a, _ := ce.Encode(want)
		b, err := ce.Encode(got[i])
		if err != nil || string(a) != string(b) {
			t.Errorf("sent %s, received %s (%v)", a, b, err)
		}
	}
}

// What the receiver refuses for good is permanent, and what may pass is not; a
// redirect is not followed, since the event would be lost on the way.
func TestStatus(t *testing.T) {
	for status, want := range map[int]mark.Kind{
		200: none, 202: none, 204: none, 302: mark.Retry,
		400: mark.Permanent, 401: mark.Retry, 403: mark.Retry, 404: mark.Retry, 408: mark.Retry, 409: mark.Retry, 413: mark.Permanent, 415: mark.Permanent,
		429: mark.Retry, 500: mark.Retry, 503: mark.Retry,
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(status)
		}))
		t.Setenv("FNGEN_SINK_NEWS", server.URL)
		e := event.New()
		e.SetID("1")
		e.SetSource("/shop")
		e.SetType("t")
		err := httpsink.HTTP{Name: "news"}.Send(t.Context(), []event.Event{e})[0]
		kind, _ := run.Kind(err)
		if err == nil {
			kind = none
		}
		if kind != want {
			t.Errorf("%d: %v, kind %v, want %v", status, err, kind, want)
		}
		server.Close()
		if err := (httpsink.HTTP{Name: "news"}).Send(t.Context(), []event.Event{e})[0]; err == nil {
			t.Error("a receiver that is down has taken the event")
		}
	}
	t.Setenv("FNGEN_SINK_NEWS", "")
	t.Setenv("K_SINK", "")
	if err := (httpsink.HTTP{Name: "news"}).Send(t.Context(), make([]event.Event, 1))[0]; err == nil || !strings.Contains(err.Error(), "neither FNGEN_SINK_NEWS nor K_SINK is set") {
		t.Errorf("got %v", err)
	}
}

const none mark.Kind = 99
