package openwhisk

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fngen/fngen/fn"
)

// TestMain lets the test binary be the deployed program, so that the protocol
// is tested over a real standard input and file descriptor 3.
func TestMain(m *testing.M) {
	switch os.Getenv("__OW_TEST_PROGRAM") {
	case "confirm":
		Start(fn.On(confirm), Kafka{Queue: "orders"})
	case "panicking setup":
		defer FailOnPanic()
		panic("no database")
	case "locked":
		var lock sync.Mutex
		Start(fn.On(func(context.Context, order) error { lock.Lock(); return nil }), Kafka{Queue: "orders"})
	case "broken setup":
		Fail(errors.New("no database"))
	default:
		os.Exit(m.Run())
	}
}

type order struct {
	Total json.Number `json:"total"`
	Panic bool        `json:"panic"`
}

// confirm prints to standard output as a user's handler might.
func confirm(_ context.Context, o order) error {
	if o.Panic {
		panic("boom")
	}
	fmt.Println("total", o.Total)
	return nil
}

// A program is the test binary, started as the proxy starts an action.
type program struct {
	t              *testing.T
	cmd            *exec.Cmd
	stdin          io.WriteCloser
	answers        *bufio.Reader
	stdout, stderr bytes.Buffer
}

// start starts the program with the environment that the proxy gives it, which
// has neither PATH nor HOME.
func start(t *testing.T, name string, env ...string) *program {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("Windows gives a process no file descriptor 3")
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	p := &program{t: t, cmd: exec.Command(os.Args[0]), answers: bufio.NewReader(r)}
	p.cmd.Env = append([]string{"__OW_TEST_PROGRAM=" + name}, env...)
	p.cmd.ExtraFiles = []*os.File{w}
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	t.Cleanup(func() { p.cmd.Process.Kill() })
	return p
}

// ask sends a request and returns its answer.
func (p *program) ask(request string) string {
	p.t.Helper()
	if _, err := io.WriteString(p.stdin, request+"\n"); err != nil {
		p.t.Fatal(err)
	}
	return p.read()
}

func (p *program) read() string {
	p.t.Helper()
	answer, err := p.answers.ReadString('\n')
	if err != nil {
		p.t.Fatalf("no answer: %v; log:\n%s", err, p.stderr.String())
	}
	return answer
}

// end closes the input and returns what else the program answered, and how it
// ended.
func (p *program) end() (rest string, err error) {
	p.t.Helper()
	p.stdin.Close()
	b, _ := io.ReadAll(p.answers)
	return string(b), p.cmd.Wait()
}

// message is the request with one message whose body is the text.
func message(t *testing.T, body string) string {
	t.Helper()
	encoded, err := json.Marshal([]byte(body)) // base64
	if err != nil {
		t.Fatal(err)
	}
	value := `{"messages":[{"topic":"orders","partition":0,"offset":17,"key":null,"value":` + string(encoded) + `}]}`
	return string(line(value, time.Now().Add(time.Minute)))
}

// The program of an action answers whatever comes, in order, and ends with its
// input.
func TestProgram(t *testing.T) {
	const failed = `{"error":"1 of 1 events failed: Kafka message orders 0:17"}` + "\n"
	for _, ack := range []bool{true, false} {
		t.Run(fmt.Sprintf("acknowledgement %v", ack), func(t *testing.T) {
			var env []string
			if ack {
				env = append(env, "__OW_WAIT_FOR_ACK=true")
			}
			p := start(t, "confirm", env...)
			if ack {
				if got := p.read(); got != `{"ok":true}`+"\n" {
					t.Fatalf("acknowledgement %q", got)
				}
			}
			for _, step := range []struct{ name, request, want string }{
				{"above 2^53", message(t, `{"total":9007199254740993}`), "{}\n"},
				{"panic", message(t, `{"panic":true}`), failed},
				{"after the panic", message(t, `{"total":2}`), "{}\n"},
				{"over 1 MB", message(t, `{"total":3,"pad":"`+strings.Repeat("x", 3<<20)+`"}`), "{}\n"},
				{"malformed", `{"value":`, `{"error":"decode request: unexpected end of JSON input"}` + "\n"},
				{"empty", ``, `{"error":"decode request: unexpected end of JSON input"}` + "\n"},
				{"bad input", message(t, `not JSON`), failed},
				{"after all", message(t, `{"total":4}`), "{}\n"},
			} {
				if got := p.ask(step.request); got != step.want {
					t.Errorf("%s: %q, want %q", step.name, got, step.want)
				}
			}
			if rest, err := p.end(); err != nil || rest != "" {
				t.Errorf("ended with %v and %q", err, rest)
			}
			if want := "total 9007199254740993\ntotal 2\ntotal 3\ntotal 4\n"; p.stdout.String() != want {
				t.Errorf("standard output, which is the user's: %q, want %q", p.stdout.String(), want)
			}
			if !strings.Contains(p.stderr.String(), "boom") {
				t.Errorf("the panic is not in the log:\n%s", p.stderr.String())
			}
		})
	}
}

// A setup that fails or panics ends the process before the acknowledgement,
// which is how the proxy learns of it.
func TestProgramBrokenSetup(t *testing.T) {
	for _, name := range []string{"broken setup", "panicking setup"} {
		p := start(t, name, "__OW_WAIT_FOR_ACK=true")
		rest, err := p.end()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 1 || rest != "" {
			t.Errorf("%s: ended with %v and %q", name, err, rest)
		}
		if !strings.Contains(p.stderr.String(), "no database") || !strings.Contains(p.stderr.String(), "function cannot run") || p.stdout.Len() != 0 {
			t.Errorf("%s: stderr %q, stdout %q", name, p.stderr.String(), p.stdout.String())
		}
	}
}

// A proxy that is gone ends the process with 1.
func TestProgramWithoutProxy(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = []string{"__OW_TEST_PROGRAM=confirm", "__OW_WAIT_FOR_ACK=true"}
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.Contains(string(out), "write acknowledgement") {
		t.Errorf("ended with %v: %s", err, out)
	}
}

// A process in which no handler returns any more answers what is due, says so
// in one line, and ends.
func TestStuckProgram(t *testing.T) {
	p := start(t, "locked")
	value := `{"messages":[{"topic":"orders","partition":0,"offset":17,"key":null,"value":"e30="}]}`
	for i := range 5 {
		got, want := p.ask(string(line(value, time.Now().Add(time.Second)))), `{"error":"1 of 1 events failed: Kafka message orders 0:17"}`
		if i == 0 { // it leaves the mutex locked
			want = "{}"
		}
		if got != want+"\n" {
			t.Errorf("request %d: %s, want %s", i+1, got, want)
		}
	}
	rest, err := p.end()
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != 1 || rest != "" {
		t.Errorf("ended with %v, and %q", err, rest)
	}
	if n := strings.Count(p.stderr.String(), "a call has not returned while three later ones became late"); n != 1 {
		t.Errorf("log %s", p.stderr.String())
	}
}
