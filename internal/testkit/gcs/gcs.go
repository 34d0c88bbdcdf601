// Package gcs starts a server for tests that stands for Cloud Storage, on
// loopback.
package gcs

import (
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/fngen/fngen/internal/testkit/tool"
)

// Start returns the address of a server that has the bucket, for
// STORAGE_EMULATOR_HOST. The test's end stops it.
func Start(t testing.TB, bucket string) string {
	t.Helper()
	address := tool.Serve(t, "fake-gcs-server", func(host, port string) []string {
		return []string{"-backend=memory", "-scheme=http", "-host=" + host, "-port=" + port, "-public-host=" + net.JoinHostPort(host, port)}
	})
	resp, err := http.Post("http://"+address+"/storage/v1/b?project=acme", "application/json", strings.NewReader(`{"name":"`+bucket+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("create the bucket: %s", resp.Status)
	}
	return address
}
