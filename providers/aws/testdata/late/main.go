// Command late is a function on a queue, on a topic or behind HTTP, as its
// argument says, that does what its data, or the path, says. It is for the test
// of what becomes of an invocation whose handler keeps its goroutine, or ends
// it.
package main

import (
	"context"
	"net/http"
	"os"
	"runtime"
	"strings"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/providers/aws"
)

func main() {
	h := fn.On(func(_ context.Context, data []byte) error {
		does(string(data))
		return nil
	})
	switch os.Args[1] {
	case "queue":
		aws.Start(h, aws.SQS{Queue: "orders"})
	case "topic":
		aws.Start(h, aws.SNS{Topic: "orders"})
	case "http":
		aws.Serve(http.HandlerFunc(request), aws.HTTP{})
	case "stream":
		aws.Serve(http.HandlerFunc(request), aws.HTTP{Stream: true})
	}
}

func request(_ http.ResponseWriter, r *http.Request) { does(strings.TrimPrefix(r.URL.Path, "/")) }

func does(what string) {
	if strings.HasPrefix(what, "waits") { // deaf to its context, as bad handlers are
		_, _ = http.Get(os.Getenv("TEST_URL") + "/release")
		_, _ = http.Get(os.Getenv("TEST_URL") + "/returns")
	}
	if strings.HasSuffix(what, "exits") {
		runtime.Goexit()
	}
}
