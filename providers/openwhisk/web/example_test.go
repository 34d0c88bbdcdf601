package web_test

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/fngen/fngen/providers/openwhisk/web"
)

// Orders is any handler of net/http.
func Orders() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /orders/{id}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, "order "+r.PathValue("id"))
	})
	return mux
}

// The main function of a web action, written by hand.
func ExampleServe() {
	web.Serve(Orders(), web.HTTP{})
}

// Handler is what Serve serves, for a test with an activation as the platform
// sends it.
func ExampleHandler() {
	h := web.Handler(Orders(), web.HTTP{})
	answer := h.Invoke(context.Background(), []byte(`{"value": {`+
		`"__ow_method": "get", "__ow_path": "/orders/A-17", "__ow_query": "", "__ow_body": "", "__ow_headers": {"host": "shop.example"}`+
		`}, "namespace": "acme", "action_name": "/acme/shop/orders", "activation_id": "4479"}`))
	fmt.Println(string(answer))
	// Output:
	// {"statusCode":200,"headers":{"Content-Type":"text/plain; charset=utf-8"},"body":"order A-17"}
}
