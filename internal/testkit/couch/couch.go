// Package couch starts npm's express-pouchdb for tests, which speaks CouchDB's
// protocol on loopback and keeps everything in memory. Node finds it, express,
// pouchdb and pouchdb-adapter-memory by NODE_PATH.
package couch

import (
	"bufio"
	"bytes"
	_ "embed"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/fngen/fngen/internal/testkit/tool"
)

//go:embed server.js
var server string

// Start returns the URL of a server, which the test's end stops. It skips the
// test where node or its packages are missing, or fails it if tools are required.
func Start(t testing.TB) string {
	t.Helper()
	node := tool.Path(t, "node")
	var said bytes.Buffer
	cmd := exec.Command(node, "-e", server)
	cmd.Dir = t.TempDir() // where it writes its log
	cmd.Stderr = &said
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
	})
	lines := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(out).ReadString('\n')
		lines <- strings.TrimSpace(line)
		_ = cmd.Wait()
		close(ended)
	}()
	var line string
	select {
	case line = <-lines:
	case <-time.After(time.Minute):
		_ = cmd.Process.Kill()
	}
	if strings.HasPrefix(line, "http://") {
		return line
	}
	<-ended
	if strings.HasPrefix(line, "missing ") && os.Getenv("FNGEN_REQUIRE_TOOLS") != "1" {
		t.Skipf("node does not find %s", line)
	}
	t.Fatalf("express-pouchdb: %s\n%s", line, said.String())
	return ""
}
