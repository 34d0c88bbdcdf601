package acceptance

import (
	"bufio"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/internal/testkit/logged"
)

// patience bounds every wait for a process. Nothing waits that long unless
// something is broken.
const patience = 30 * time.Second

// A process is a started artifact.
type process struct {
	t     *testing.T
	cmd   *exec.Cmd
	lines chan string   // of standard output, without empty ones; closed at its end
	log   logged.Buffer // standard error
	ended chan struct{}
}

// start starts the command, which is killed at the end of the test. Only what
// fits into memory is read of its output.
func start(t *testing.T, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{t: t, cmd: cmd, lines: make(chan string, 1000), ended: make(chan struct{})}
	cmd.Stderr = &p.log
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		for r := bufio.NewReader(stdout); ; {
			line, err := r.ReadString('\n')
			if err != nil {
				break
			}
			if line != "\n" { // Google's framework prints some to have logs flushed
				p.lines <- line
			}
		}
		close(p.lines)
		_ = cmd.Wait() // the state has it
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended
		<-p.ended
		if t.Failed() {
			log := p.log.String()
			t.Logf("log of %s, its last part:\n%s", cmd.Path, log[max(0, len(log)-64<<10):])
		}
	})
	return p
}

// exit waits for the end of the process and returns its exit code.
func (p *process) exit() int {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.t.Fatal("the process does not end")
	}
	return p.cmd.ProcessState.ExitCode()
}

// wait asks every so often whether it is done, and reports false if it is not
// in the time.
func wait(t *testing.T, most time.Duration, done func() bool) bool {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(most); ; {
		if done() {
			return true
		}
		select {
		case <-tick.C:
		case <-end:
			return false
		}
	}
}

// logs reports whether the process logs the text. What it writes before its
// answer may be read after that.
func (p *process) logs(text string) bool {
	p.t.Helper()
	return wait(p.t, patience, func() bool { return strings.Contains(p.log.String(), text) })
}

// logsLate checks that one line of the log says that a handler has not returned
// in time, and that it names the record.
func (p *process) logsLate(record string) {
	p.t.Helper()
	if !p.logs("the handler has not returned in time") {
		p.t.Fatal("nothing in the log says that the handler is late")
	}
	var lines []string
	for line := range strings.Lines(p.log.String()) {
		if strings.Contains(line, "the handler has not returned in time") {
			lines = append(lines, line)
		}
	}
	if len(lines) != 1 || !strings.Contains(lines[0], record) {
		p.t.Errorf("%d lines say that a handler is late, want one that names %s: %q", len(lines), record, lines)
	}
}

// seen is an event as a handler saw it.
type seen struct {
	Type            string         `json:"type"`
	Source          string         `json:"source"`
	Subject         string         `json:"subject"`
	ID              string         `json:"id"`
	Time            string         `json:"time"`
	DataContentType string         `json:"datacontenttype"`
	Data            text           `json:"data"`
	Extensions      map[string]any `json:"extensions"`
}

// text is a string that JSON holds in base64.
type text string

func (t *text) UnmarshalJSON(b []byte) error {
	var data []byte
	err := json.Unmarshal(b, &data)
	*t = text(data)
	return err
}

// event waits for the next event that a handler has shown.
func (p *process) event() seen {
	p.t.Helper()
	select {
	case line, ok := <-p.lines:
		if !ok {
			p.t.Fatal("the process has ended and shown no further event")
		}
		var e seen
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			p.t.Fatalf("standard output %q: %v", line, err)
		}
		return e
	case <-time.After(patience):
		p.t.Fatal("no handler has shown an event")
	}
	panic("unreachable")
}

// saw checks the next event that a handler has shown.
func (p *process) saw(want seen) {
	p.t.Helper()
	if diff := cmp.Diff(want, p.event()); diff != "" {
		p.t.Errorf("event: want -, got +\n%s", diff)
	}
}
