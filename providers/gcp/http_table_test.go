package gcp_test

import (
	"net/http"
	"testing"

	"github.com/fngen/fngen/providers/gcp"
	"github.com/fngen/fngen/providers/providertest"
)

// Whatever a handler does under net/http it does on Google Cloud, whose servers
// are net/http's: nothing is lost.
func TestHTTPTable(t *testing.T) {
	providertest.RunHTTP(t, providertest.Gateway{
		Do: func(t testing.TB, h http.Handler, w providertest.Wire) providertest.Reply {
			t.Helper()
			return providertest.NetHTTP(t, gcp.HTTPHandler(h, gcp.HTTP{}), w)
		},
	})
}
