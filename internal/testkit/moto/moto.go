// Package moto starts moto's server for tests, which stands for AWS on
// loopback.
package moto

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"testing"
	"time"

	"github.com/fngen/fngen/internal/testkit/tool"
)

// Start returns the URL of a server, which the test's end stops. It skips the
// test where moto_server is missing, or fails it if tools are required.
func Start(t testing.TB) string {
	t.Helper()
	name := tool.Path(t, "moto_server")
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	_, port, _ := net.SplitHostPort(address)
	free.Close()

	var log bytes.Buffer
	cmd := exec.Command(name, "-H", "127.0.0.1", "-p", port)
	cmd.Stdout, cmd.Stderr = &log, &log
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-exited
	})
	url := "http://" + address
	if err := await(url, exited); err != nil {
		t.Fatalf("moto_server: %v\n%s", err, log.String())
	}
	return url
}

// await waits until the server answers.
func await(url string, exited chan error) error {
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		resp, err := http.Get(url + "/moto-api/")
		if err == nil {
			resp.Body.Close()
			return nil
		}
		select {
		case err := <-exited:
			exited <- err
			return fmt.Errorf("it has ended: %v", err)
		case <-time.After(100 * time.Millisecond):
		}
	}
	return fmt.Errorf("it does not answer at %s", url)
}
