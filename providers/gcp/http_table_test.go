package gcp_test

import (
	"net/http"
	"testing"

	"github.com/fngen/fngen/providers/gcp"
	"github.com/fngen/fngen/providers/internal/conformance"
)

// Whatever a handler does under net/http it does on Google Cloud, whose servers
// are net/http's: nothing is lost.
func TestHTTPTable(t *testing.T) {
	conformance.RunHTTP(t, conformance.Gateway{
		Do: func(t testing.TB, h http.Handler, w conformance.Wire) conformance.Reply {
			t.Helper()
			return conformance.NetHTTP(t, gcp.HTTPHandler(h, gcp.HTTP{}), w)
		},
	})
}
