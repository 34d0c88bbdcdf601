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

// K_CE_OVERRIDES beside K_SINK is what Knative's bindings ask for: its extensions
// are set, in the place of the event's own too. With an URL of our own it is
// somebody else's, and what cannot be understood holds the event back.
func TestOverrides(t *testing.T) {
	var got []http.Header
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = append(got, r.Header) }))
	defer server.Close()
	e := event.New()
	e.SetID("1")
	e.SetSource("/s")
	e.SetType("t")
	e.SetExtension("own", "kept")
	for _, test := range []struct{ sink, bound, overrides, bla, own, why string }{
		{"", server.URL, "", "", "kept", ""},
		{"", server.URL, `{"extensions":{"bla":"blub"}}`, "blub", "kept", ""},
		{"", server.URL, `{"extensions":{"bla":"100% ü","own":"theirs"}}`, "100%25%20%C3%BC", "theirs", ""},
		{"", server.URL, `{"extensions":null}`, "", "kept", ""},
		{"", server.URL, `{}`, "", "kept", ""},
		{server.URL, server.URL, `{"extensions":{"bla":"blub"}}`, "", "kept", ""},
		{"", server.URL, `{"extensions":{"type":"forged"}}`, "", "", `K_CE_OVERRIDES: attribute name "type"`},
		{"", server.URL, `{"extensions":{"Not-One":"x"}}`, "", "", `K_CE_OVERRIDES: attribute name "Not-One"`},
		{"", server.URL, `{"extensions":{"bla":1}}`, "", "", "K_CE_OVERRIDES: json"},
		{"", server.URL, `extensions`, "", "", "K_CE_OVERRIDES: invalid"},
	} {
		got = nil
		t.Setenv("FNGEN_SINK_NEWS", test.sink)
		t.Setenv("K_SINK", test.bound)
		t.Setenv("K_CE_OVERRIDES", test.overrides)
		err := httpsink.HTTP{Name: "news"}.Send(t.Context(), []event.Event{e})[0]
		if test.why != "" {
			if kind, _ := run.Kind(err); err == nil || kind != mark.Retry || !strings.Contains(err.Error(), test.why) || got != nil {
				t.Errorf("%s: %v, posted %v", test.overrides, err, got)
			}
			continue
		}
		if err != nil || len(got) != 1 || got[0].Get("Ce-Bla") != test.bla || got[0].Get("Ce-Own") != test.own {
			t.Errorf("%s: %v, posted %v", test.overrides, err, got)
		}
	}
	if e.Extensions()["own"] != "kept" || len(e.Extensions()) != 1 {
		t.Errorf("the event that was sent has changed: %v", e.Extensions())
	}
}
