package loop

import (
	"bufio"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/internal/headers"
	"github.com/fngen/fngen/internal/native"
)

func httpFunction(name, path string, methods ...string) model.Function {
	return model.Function{Name: name, Trigger: model.HTTP{Path: path, Methods: methods}}
}

// Functions share an address by their routes; of two that are in each other's way
// the second one has a host of its own, with all of its methods.
func TestRoutes(t *testing.T) {
	mux, urls := routes([]model.Function{
		httpFunction("all", "/"),
		httpFunction("exact", "/{$}", "GET"),
		httpFunction("look", "/orders/{id}", "GET"),
		httpFunction("place", "/orders/{id}", "POST", "PUT"),
		httpFunction("rival", "/orders/{order}", "DELETE", "PUT"),
		{Name: "pick", Trigger: model.Queue{Name: "orders"}},
	}, "127.0.0.1:8080")
	want := map[string][]string{
		"all":   {"http://127.0.0.1:8080/"},
		"exact": {"http://127.0.0.1:8080/"},
		"look":  {"http://127.0.0.1:8080/orders/{id}"},
		"place": {"http://127.0.0.1:8080/orders/{id}"},
		"rival": {"http://rival.localhost:8080/orders/{order}"},
	}
	if diff := cmp.Diff(want, urls); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for request, want := range map[string]route{
		"GET 127.0.0.1 /":                  "exact",
		"POST 127.0.0.1 /":                 "all",
		"GET 127.0.0.1 /orders/7":          "look",
		"HEAD 127.0.0.1 /orders/7":         "look",
		"PUT 127.0.0.1 /orders/7":          "place",
		"DELETE 127.0.0.1 /orders/7":       "all",
		"DELETE rival.localhost /orders/7": "rival",
		"PUT rival.localhost /orders/7":    "rival",
		"GET rival.localhost /orders/7":    "look",
	} {
		part := strings.Fields(request)
		r := httptest.NewRequest(part[0], part[2], nil)
		r.Host = part[1] + ":8080"
		h, _ := mux.Handler(r)
		if got, _ := h.(route); got != want {
			t.Errorf("%s: %q, want %q", request, got, want)
		}
	}
}

// An address that is taken is left for the next one, and that is said, unless it
// was asked for.
func TestListen(t *testing.T) {
	first, _, err := listen("")
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	second, remark, err := listen("")
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	if !strings.Contains(remark, DefaultAddress+" is taken") || !strings.Contains(remark, second.Addr().String()) {
		t.Errorf("it is said %q", remark)
	}
	if l, _, err := listen(second.Addr().String()); err == nil {
		l.Close()
		t.Error("an address that is taken is listened at")
	}
}

// The head of a stream ends with eight zero bytes.
func TestPrelude(t *testing.T) {
	r := bufio.NewReader(strings.NewReader("{\"statusCode\":200}\x00\x00\x00\x00\x00\x00\x00\x00body"))
	head, err := readPrelude(r)
	rest, _ := r.Peek(4)
	if string(head) != `{"statusCode":200}` || string(rest) != "body" || err != nil {
		t.Errorf("%q, %q, %v", head, rest, err)
	}
	if _, err := readPrelude(bufio.NewReader(strings.NewReader("{}\x00"))); err == nil {
		t.Error("a head without its end is none")
	}
}

var _ http.Handler = route("")

// Of a request that is kept there is no header that deliveries do not show, and no
// body that is long.
func TestKept(t *testing.T) {
	r := native.Request{Method: "POST", Target: "/orders", Host: "h", Body: make([]byte, maxKept), Header: http.Header{
		"Authorization": {"Bearer x"}, "Cookie": {"a=b"}, "X-Session": {"s"}, "X-Hub-Signature": {"h"}, "Content-Type": {"text/plain"}, "Traceparent": {"t"},
	}}
	got := kept(r, headers.Kept{"X-Hub-Signature", "Authorization"})
	want := native.Request{Method: "POST", Target: "/orders", Host: "h", Body: r.Body, Header: http.Header{
		"X-Hub-Signature": {"h"}, "Content-Type": {"text/plain"}, "Traceparent": {"t"},
	}}
	if diff := cmp.Diff(want, got.Request); diff != "" || got.Left != 0 || !slices.Equal(got.Omitted, []string{"Authorization", "Cookie", "X-Session"}) {
		t.Errorf("%s, %d left, without %q", diff, got.Left, got.Omitted)
	}
	r.Body = append(r.Body, 'x')
	if got := kept(r, nil); got.Body != nil || got.Left != maxKept+1 {
		t.Errorf("%d bytes are kept, %d are not", len(got.Body), got.Left)
	}
}
