// Command late is a function on a queue or behind HTTP, as its first argument
// says, in a server of its own or in the functions framework's, as the second
// says. It does what its data, or the path, says.
package main

import (
	"context"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/GoogleCloudPlatform/functions-framework-go/funcframework"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/providers/gcp"
)

func main() {
	if os.Args[2] == "framework" {
		gcp.Init()
	}
	var h http.Handler
	switch os.Args[1] {
	case "queue":
		h = gcp.Handler(fn.On(func(_ context.Context, data []byte) error { does(string(data)); return nil }), gcp.PubSub{Queue: "orders"})
	case "http":
		h = gcp.HTTPHandler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			does(strings.TrimPrefix(r.URL.Path, "/"))
		}), gcp.HTTP{})
	}
	if os.Args[2] == "serve" {
		gcp.Serve(h)
		return
	}
	if err := funcframework.RegisterHTTPFunctionContext(context.Background(), "/", h.ServeHTTP); err != nil {
		panic(err)
	}
	if err := funcframework.StartHostPort("127.0.0.1", os.Getenv("PORT")); err != nil {
		panic(err)
	}
}

var left sync.Mutex

func does(what string) {
	switch what {
	case "sleep":
		time.Sleep(600 * time.Millisecond)
	case "lock": // and leave locked
		left.Lock()
	}
}
