package acceptance

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// An action is a started exec and OpenWhisk's side of the ActionLoop protocol.
type action struct {
	*process
	stdin   io.WriteCloser
	answers chan string // lines of file descriptor 3; closed at its end
}

// startAction starts the exec of the function as OpenWhisk's proxy does: the
// environment has neither PATH nor HOME.
func startAction(t *testing.T, function string, env ...string) *action {
	t.Helper()
	return startExec(t, app(t).archive(t, "openwhisk/"+function), "/guest/cafe/"+function, env...)
}

// startExec starts the exec in the archive as the action with the name.
func startExec(t *testing.T, archive, name string, env ...string) *action {
	t.Helper()
	return startUnpacked(t, unpack(t, archive), name, env...)
}

// startUnpacked starts the exec in the folder.
func startUnpacked(t *testing.T, dir, name string, env ...string) *action {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	cmd := exec.Command(filepath.Join(dir, "exec"))
	cmd.Dir = dir
	cmd.Env = append([]string{"__OW_API_HOST=http://127.0.0.1", "__OW_ACTION_NAME=" + name}, env...)
	cmd.ExtraFiles = []*os.File{w}
	a := &action{answers: make(chan string, 10)}
	if a.stdin, err = cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	a.process = start(t, cmd)
	w.Close() // so that the answers end with the process
	go func() {
		defer close(a.answers)
		for in := bufio.NewReader(r); ; {
			line, err := in.ReadString('\n')
			if line != "" {
				a.answers <- line
			}
			if err != nil {
				return
			}
		}
	}()
	return a
}

// activation is the line of a request with the value, which is JSON, and the
// time given to it.
func activation(t *testing.T, value string, within time.Duration) string {
	return encode(t, map[string]any{
		"value": json.RawMessage(value), "namespace": "guest", "action_name": "/guest/cafe/receive", "action_version": "0.0.1",
		"activation_id": "b6e8a1", "transaction_id": "tid1", "api_key": "uuid:s3cret",
		"deadline": strconv.FormatInt(time.Now().Add(within).UnixMilli(), 10),
	})
}

// ask sends the line of a request and returns the line of its answer.
func (a *action) ask(line string) string {
	a.t.Helper()
	if _, err := io.WriteString(a.stdin, line+"\n"); err != nil {
		a.t.Fatal(err)
	}
	return a.answer()
}

// answer waits for the next line of file descriptor 3.
func (a *action) answer() string {
	a.t.Helper()
	select {
	case line, ok := <-a.answers:
		if !ok {
			a.t.Fatal("the action has ended without an answer")
		}
		return line
	case <-time.After(patience):
		a.t.Fatal("the action does not answer")
	}
	panic("unreachable")
}

// end closes the input, as the proxy does to end an action, and returns what
// else was answered, and the exit code.
func (a *action) end() (rest []string, code int) {
	a.t.Helper()
	a.stdin.Close()
	code = a.exit()
	for line := range a.answers {
		rest = append(rest, line)
	}
	return rest, code
}
