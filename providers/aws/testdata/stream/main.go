// Command stream answers HTTP requests in chunks, for the tests of what arrives
// at the Runtime API when, and of what such a function links.
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/fngen/fngen/providers/aws"
)

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("/panic", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "half")
		w.(http.Flusher).Flush()
		panic("secret")
	})
	// The second chunk is not written before the test has the first.
	mux.HandleFunc("/chunks", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "first ")
		w.(http.Flusher).Flush()
		response, err := http.Get(os.Getenv("RELEASE_URL"))
		if err != nil {
			panic(err)
		}
		defer response.Body.Close()
		_, _ = fmt.Fprint(w, "second")
	})
	aws.Serve(mux, aws.HTTP{Stream: true})
}
