package fnhttp_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/fnhttp"
)

// A handler of events behind any server of net/http: data that decodes is
// answered, and what does not is a 400, whose reason is in the log alone.
func ExampleHandler() {
	type Basket struct{ Items []int }
	type Price struct{ Total int }
	price := func(ctx context.Context, b Basket) (Price, error) {
		var p Price
		for _, item := range b.Items {
			p.Total += item
		}
		return p, nil
	}
	h := fnhttp.Handler(fn.Reply(price), "/example.com/shop/price")

	for _, body := range []string{`{"Items": [19, 23]}`, `"a book"`} {
		r := httptest.NewRequest(http.MethodPost, "/price", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		fmt.Println(w.Code, strings.TrimSpace(w.Body.String()))
	}
	// Output:
	// 200 {"Total":42}
	// 400 Bad Request
}

// A request that is a CloudEvent reaches the handler as that event.
func ExampleHandler_cloudEvent() {
	h := fnhttp.Handler(fn.On(func(ctx context.Context, e fn.Event) error {
		fmt.Println(e.Type(), e.Subject())
		return nil
	}), "/example.com/shop/audit")

	r := httptest.NewRequest(http.MethodPost, "/", nil)
	r.Header.Set("Ce-Specversion", "1.0")
	r.Header.Set("Ce-Id", "1")
	r.Header.Set("Ce-Source", "/shop")
	r.Header.Set("Ce-Type", "com.example.order.placed")
	r.Header.Set("Ce-Subject", "A-17")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	fmt.Println(w.Code)
	// Output:
	// com.example.order.placed A-17
	// 204
}

// A page of the shop may read what the handler writes, and any other may not.
func ExampleCORS() {
	orders := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "[]")
	})
	h := fnhttp.CORS(orders, "https://shop.example")

	for _, origin := range []string{"https://shop.example", "https://other.example"} {
		r := httptest.NewRequest(http.MethodGet, "/orders", nil)
		r.Header.Set("Origin", origin)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		fmt.Printf("%s: %q\n", origin, w.Header().Get("Access-Control-Allow-Origin"))
	}
	// Output:
	// https://shop.example: "https://shop.example"
	// https://other.example: ""
}
