// Package moto starts moto's server for tests, which stands for AWS on
// loopback.
package moto

import (
	"testing"

	"github.com/fngen/fngen/internal/testkit/tool"
)

// Start returns the URL of a server, which the test's end stops. It skips the
// test where moto_server is missing, or fails it if tools are required.
func Start(t testing.TB) string {
	t.Helper()
	return "http://" + tool.Serve(t, "moto_server", func(host, port string) []string { return []string{"-H", host, "-p", port} })
}
