// Command plain takes events one at a time, for the test of what is linked.
package main

import (
	"context"
	"net/http"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/fnhttp"
)

func main() {
	_ = http.ListenAndServe("localhost:0", fnhttp.Handler(fn.On(func(context.Context, string) error { return nil }), "/plain"))
}
