package hello

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/fngen/fngen/fn/fntest/replay"
)

// The greeting arrives through the gateway of every platform.
func TestGreet(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /greetings/{name}", Greet)
	out := replay.HTTP(mux).Do(t, httptest.NewRequest("GET", "/greetings/Ada", nil))
	for _, result := range out.Results {
		body, err := io.ReadAll(result.Response.Body)
		if got, want := string(body), "Hello, Ada!\n"; err != nil || got != want {
			t.Errorf("%s answers %q, %v; want %q", result.Platform, got, err, want)
		}
	}
}
