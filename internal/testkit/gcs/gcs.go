// Package gcs starts a server for tests that stands for Cloud Storage, on
// loopback.
package gcs

import (
	"net"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/fngen/fngen/internal/testkit/tool"
)

// Start returns the address of a server that has the bucket, for
// STORAGE_EMULATOR_HOST. The test's end stops it.
func Start(t testing.TB, bucket string) string {
	t.Helper()
	name := tool.Path(t, "fake-gcs-server")
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	_, port, _ := net.SplitHostPort(address)
	free.Close()
	cmd := exec.Command(name, "-backend=memory", "-scheme=http", "-host=127.0.0.1", "-port="+port, "-public-host="+address)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		resp, err := http.Post("http://"+address+"/storage/v1/b?project=acme", "application/json", strings.NewReader(`{"name":"`+bucket+`"}`))
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				t.Fatalf("create the bucket: %s", resp.Status)
			}
			return address
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}
