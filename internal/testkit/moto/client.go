package moto

import (
	"bufio"
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fngen/fngen/internal/testkit/tool"
)

//go:embed client.py
var program string

// A Client calls services as the aws command does, whose start takes a second: by
// the library of that command, which moto needs too. It may be used by several
// goroutines.
type Client struct {
	mu     sync.Mutex
	in     io.Writer
	out    *bufio.Reader
	stderr *bytes.Buffer
}

// NewClient returns one of the server, which the test's end stops.
func NewClient(t testing.TB, url, region string) *Client {
	t.Helper()
	cmd := exec.Command(python(t), "-c", program, url)
	cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=none", "AWS_SECRET_ACCESS_KEY=none", "AWS_SESSION_TOKEN=", "AWS_DEFAULT_REGION="+region,
		"AWS_CONFIG_FILE="+os.DevNull, "AWS_SHARED_CREDENTIALS_FILE="+os.DevNull)
	c := &Client{stderr: new(bytes.Buffer)}
	cmd.Stderr = c.stderr
	cmd.WaitDelay = 5 * time.Second
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		_ = cmd.Wait()
	})
	c.in, c.out = in, bufio.NewReader(out)
	return c
}

// python is the interpreter that runs moto.
func python(t testing.TB) string {
	t.Helper()
	script, err := os.ReadFile(tool.Path(t, "moto_server"))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(script), "\n")
	if name, ok := strings.CutPrefix(first, "#!"); ok && path.IsAbs(name) && strings.HasPrefix(path.Base(name), "python") {
		return name
	}
	return tool.Path(t, "python3") // of which moto is a package
}

// Call makes the call of the arguments and returns the answer, in JSON.
func (c *Client) Call(arguments ...string) ([]byte, error) {
	line, err := json.Marshal(arguments)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, err := c.in.Write(append(line, '\n')); err != nil {
		return nil, fmt.Errorf("%w\n%s", err, c.stderr)
	}
	answer, err := c.out.ReadBytes('\n')
	if err != nil {
		return nil, fmt.Errorf("%w\n%s", err, c.stderr)
	}
	var failed struct{ Failed string }
	if json.Unmarshal(answer, &failed) == nil && failed.Failed != "" {
		return nil, errors.New(failed.Failed)
	}
	return answer, nil
}
