package tool

import (
	"bytes"
	"net"
	"net/http"
	"os/exec"
	"testing"
	"time"
)

// Serve starts the program as a server on a port that is free and returns its
// host and port once it answers requests. The test's end stops it.
func Serve(t testing.TB, program string, arguments func(host, port string) []string) (address string) {
	t.Helper()
	name := Path(t, program)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address = free.Addr().String()
	host, port, _ := net.SplitHostPort(address)
	free.Close()

	var log bytes.Buffer
	cmd := exec.Command(name, arguments(host, port)...)
	cmd.Stdout, cmd.Stderr = &log, &log
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
	})
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		resp, err := http.Get("http://" + address)
		if err == nil {
			resp.Body.Close()
			return address
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("%s has ended: %v\n%s", program, err, log.String())
		case <-time.After(50 * time.Millisecond):
		}
	}
	_ = cmd.Process.Kill()
	err = <-ended // the log is whole now
	ended <- err
	t.Fatalf("%s does not answer at %s\n%s", program, address, log.String())
	return ""
}
