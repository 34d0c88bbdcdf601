//go:build unix

// Package emulator starts Google's emulators for tests, on loopback.
package emulator

import (
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/fngen/fngen/internal/testkit/tool"
)

// Start starts one of gcloud's emulators on loopback for the time of the
// test and returns its base URL.
func Start(t testing.TB, name string, args ...string) string {
	t.Helper()
	gcloud := tool.Path(t, "gcloud")
	listener, err := net.Listen("tcp", "127.0.0.1:0") // a port that is free
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	output, err := os.Create(filepath.Join(t.TempDir(), "output"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(gcloud, append([]string{"beta", "emulators", name, "start", "--quiet", "--host-port=" + address}, args...)...)
	cmd.Env = append(os.Environ(), "CLOUDSDK_CONFIG="+t.TempDir())
	cmd.Stdout, cmd.Stderr = output, output
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // gcloud starts others
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		<-ended
		_ = output.Close()
	})
	url := "http://" + address
	deadline := time.After(time.Minute)
	for tick := time.NewTicker(100 * time.Millisecond); ; {
		select {
		case err := <-ended:
			ended <- err
			said, _ := os.ReadFile(output.Name())
			t.Fatalf("the %s emulator ended: %v\n%s", name, err, said)
		case <-deadline:
			said, _ := os.ReadFile(output.Name())
			t.Fatalf("the %s emulator does not answer\n%s", name, said)
		case <-tick.C:
			if resp, err := http.Get(url); err == nil {
				_ = resp.Body.Close()
				tick.Stop()
				return url
			}
		}
	}
}
