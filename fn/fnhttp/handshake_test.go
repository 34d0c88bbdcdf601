package fnhttp_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/fnhttp"
)

// A sender that asks may send; whatever is no such question is answered as
// without the handshake, so that nobody takes it for consent.
func TestHandshake(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /orders", func(http.ResponseWriter, *http.Request) { t.Error("POST is handled") })
	mux.Handle("OPTIONS /orders", fnhttp.Handshake("POST", "GET"))
	called := false
	event := fn.On(func(context.Context, []byte) error { called = true; return nil })
	const sender = "eventemitter.example.com"
	tests := []struct {
		name    string
		h       http.Handler
		method  string
		origins []string
		status  int
		allow   string
		granted bool
	}{
		{"route", mux, "OPTIONS", []string{sender}, 200, "GET, HEAD, OPTIONS, POST", true},
		{"route, plain OPTIONS", mux, "OPTIONS", nil, 405, "GET, HEAD, OPTIONS, POST", false},
		{"route, two senders", mux, "OPTIONS", []string{sender, "b"}, 405, "GET, HEAD, OPTIONS, POST", false},
		{"route, empty sender", mux, "OPTIONS", []string{""}, 405, "GET, HEAD, OPTIONS, POST", false},
		{"Handler", fnhttp.Handler(event, "/s"), "OPTIONS", []string{sender}, 200, "OPTIONS, POST", true},
		{"Handler, plain OPTIONS", fnhttp.Handler(event, "/s"), "OPTIONS", nil, 204, "", false},
		{"Handler, a delivery", fnhttp.Handler(event, "/s"), "POST", []string{sender}, 204, "", false},
		{"Batch", fnhttp.Batch(event, "/s"), "OPTIONS", []string{sender}, 200, "OPTIONS, POST", true},
		{"Batch, a delivery", fnhttp.Batch(event, "/s"), "POST", []string{sender}, 204, "", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			called = false
			r := httptest.NewRequest(test.method, "/orders", nil)
			r.Header["Webhook-Request-Origin"] = test.origins
			r.Header.Set("WebHook-Request-Rate", "120")
			w := httptest.NewRecorder()
			test.h.ServeHTTP(w, r)
			got := w.Result().Header
			if w.Code != test.status || got.Get("Allow") != test.allow || called != (w.Code == 204) {
				t.Errorf("status %d, Allow %q, handled %v", w.Code, got.Get("Allow"), called)
			}
			var want []string
			if test.granted {
				want = []string{sender, "*"}
			}
			granted := append(got.Values("WebHook-Allowed-Origin"), got.Values("WebHook-Allowed-Rate")...)
			if diff := cmp.Diff(want, granted); diff != "" {
				t.Errorf("granted (-want +got):\n%s", diff)
			}
		})
	}
}
