package fnhttp_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/fn/fnhttp"
)

// Each request has the headers that a browser goes by, and reaches the handler
// unless it is a preflight.
func TestCORS(t *testing.T) {
	const a, b = "https://a.example", "http://localhost:3000"
	preflight := func(origin string, more ...string) []string {
		return append([]string{"Origin", origin, "Access-Control-Request-Method", "PUT"}, more...)
	}
	asked := []string{"Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"}
	tests := []struct {
		name    string
		origins []string
		method  string
		header  []string
		want    http.Header
		handled bool
	}{
		{"preflight", []string{a, b}, "OPTIONS", preflight(b, "Access-Control-Request-Headers", "content-type,x-a"), http.Header{
			"Access-Control-Allow-Origin": {b}, "Access-Control-Allow-Methods": {"PUT"}, "Access-Control-Allow-Headers": {"content-type,x-a"},
			"Access-Control-Max-Age": {"7200"}, "Vary": asked}, false},
		{"preflight without headers", []string{a}, "OPTIONS", preflight(a), http.Header{
			"Access-Control-Allow-Origin": {a}, "Access-Control-Allow-Methods": {"PUT"}, "Access-Control-Max-Age": {"7200"}, "Vary": asked}, false},
		{"preflight of another origin", []string{a}, "OPTIONS", preflight("https://evil.example"), http.Header{"Vary": asked}, false},
		{"preflight for all", []string{"*"}, "OPTIONS", preflight("https://any.example"), http.Header{
			"Access-Control-Allow-Origin": {"*"}, "Access-Control-Allow-Methods": {"PUT"}, "Access-Control-Max-Age": {"7200"}, "Vary": asked[1:]}, false},
		{"request", []string{a, b}, "GET", []string{"Origin", a}, http.Header{"Access-Control-Allow-Origin": {a}, "Vary": {"Origin"}}, true},
		{"request for all", []string{"*"}, "GET", []string{"Origin", a}, http.Header{"Access-Control-Allow-Origin": {"*"}}, true},
		{"another origin", []string{a}, "POST", []string{"Origin", "https://a.example.evil"}, http.Header{"Vary": {"Origin"}}, true},
		{"a part of the origin", []string{a}, "GET", []string{"Origin", "https://a"}, http.Header{"Vary": {"Origin"}}, true},
		{"another scheme", []string{a}, "GET", []string{"Origin", "http://a.example"}, http.Header{"Vary": {"Origin"}}, true},
		{"an opaque origin", []string{a}, "GET", []string{"Origin", "null"}, http.Header{"Vary": {"Origin"}}, true},
		{"two origins", []string{a}, "GET", []string{"Origin", a, "Origin", "https://evil.example"}, http.Header{"Vary": {"Origin"}}, true},
		{"no origin", []string{a}, "GET", nil, http.Header{"Vary": {"Origin"}}, true},
		{"no origin for all", []string{"*"}, "GET", nil, http.Header{}, true},
		{"plain OPTIONS", []string{a}, "OPTIONS", []string{"Origin", a}, http.Header{"Access-Control-Allow-Origin": {a}, "Vary": {"Origin"}}, true},
		{"OPTIONS without origin", []string{a}, "OPTIONS", []string{"Access-Control-Request-Method", "PUT"}, http.Header{"Vary": {"Origin"}}, true},
		{"GET like a preflight", []string{a}, "GET", preflight(a), http.Header{"Access-Control-Allow-Origin": {a}, "Vary": {"Origin"}}, true},
		{"no origins", nil, "GET", []string{"Origin", a}, http.Header{"Vary": {"Origin"}}, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			handled := false
			h := fnhttp.CORS(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				handled = true
				w.WriteHeader(http.StatusTeapot)
			}), test.origins...)
			r := httptest.NewRequest(test.method, "/", nil)
			for i := 0; i < len(test.header); i += 2 {
				r.Header.Add(test.header[i], test.header[i+1])
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if diff := cmp.Diff(test.want, w.Result().Header); diff != "" {
				t.Errorf("header (-want +got):\n%s", diff)
			}
			want := http.StatusNoContent
			if test.handled {
				want = http.StatusTeapot
			}
			if handled != test.handled || w.Code != want {
				t.Errorf("handled %v, status %d", handled, w.Code)
			}
		})
	}
}

// What the handler says of its own response stays: it knows better.
func TestCORSKeepsTheHandlersHeaders(t *testing.T) {
	h := fnhttp.CORS(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Add("Vary", "Accept")
		w.Header().Set("Access-Control-Expose-Headers", "X-Total")
		http.Error(w, "none", http.StatusNotFound)
	}), "https://a.example")
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Origin", "https://a.example")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	want := http.Header{
		"Access-Control-Allow-Origin": {"https://a.example"}, "Access-Control-Expose-Headers": {"X-Total"}, "Vary": {"Origin", "Accept"},
		"Content-Type": {"text/plain; charset=utf-8"}, "X-Content-Type-Options": {"nosniff"},
	}
	if diff := cmp.Diff(want, w.Result().Header); diff != "" || w.Code != 404 {
		t.Errorf("status %d, header (-want +got):\n%s", w.Code, diff)
	}
}
