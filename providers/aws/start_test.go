package aws

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A runtimeAPI is Lambda's side, which takes one answer to each invocation.
type runtimeAPI struct {
	t        *testing.T
	work     chan lateInvocation
	answers  chan string
	released chan struct{}
	returns  chan struct{} // a handler that was late
}

type lateInvocation struct {
	id       int
	payload  string
	deadline time.Time
}

func (api *runtimeAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch path := strings.TrimPrefix(r.URL.Path, "/2018-06-01/runtime/invocation/"); path {
	case "next":
		select {
		case i := <-api.work:
			w.Header().Set("Lambda-Runtime-Aws-Request-Id", strconv.Itoa(i.id))
			w.Header().Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(i.deadline.UnixMilli(), 10))
			_, _ = io.WriteString(w, i.payload)
		case <-r.Context().Done():
		}
	case "/release":
		select {
		case <-api.released:
		case <-r.Context().Done():
		}
	case "/returns":
		api.returns <- struct{}{}
	default:
		body, err := io.ReadAll(r.Body)
		if err != nil {
			api.t.Error(err)
		}
		w.WriteHeader(http.StatusAccepted)
		api.answers <- fmt.Sprintf("%s %s", path, body)
	}
}

// A lateFunction is one of the program late.
type lateFunction struct {
	payload                func(does string) string
	done, notInTime, ended string
	name                   string // in the log
}

var lateFunctions = map[string]lateFunction{
	"queue": {
		func(does string) string { return batch(message("orders", "m", does, "", "")) },
		`response {"batchItemFailures":[]}`, `response {"batchItemFailures":[{"itemIdentifier":"m"}]}`, `response {"batchItemFailures":[{"itemIdentifier":"m"}]}`,
		"SQS record 1 (m)",
	},
	"topic": {
		func(does string) string { return batch(notified("m", does, "")) },
		"response null",
		`error {"errorMessage":"SNS record 1 (m): the handler has not returned in time","errorType":"wrapError"}`,
		`error {"errorMessage":"SNS record 1 (m): the handler has ended its goroutine","errorType":"wrapError"}`,
		"SNS record 1 (m)",
	},
	"http": {
		func(does string) string { return urlRequest("GET", "/"+does, "") },
		`response {"statusCode":200,"body":"","isBase64Encoded":false}`, `response {"statusCode":504,"headers":{`, `response {"statusCode":500,"headers":{`,
		"HTTP request ",
	},
	"stream": {
		func(does string) string { return urlRequest("GET", "/"+does, "") },
		`response {"statusCode":200}`, `response {"statusCode":504,"headers":{`, `response {"statusCode":500,"headers":{`,
		"HTTP request ",
	},
}

// A lateProcess is the program late behind a runtimeAPI.
type lateProcess struct {
	t      *testing.T
	api    *runtimeAPI
	cmd    *exec.Cmd
	stderr bytes.Buffer
	f      lateFunction
	id     int
}

func startLate(t *testing.T, binary, name string) *lateProcess {
	t.Helper()
	p := &lateProcess{t: t, f: lateFunctions[name],
		api: &runtimeAPI{t, make(chan lateInvocation), make(chan string, 10), make(chan struct{}), make(chan struct{})}}
	server := httptest.NewServer(p.api)
	t.Cleanup(server.Close)
	p.cmd = exec.CommandContext(t.Context(), binary, name)
	p.cmd.Env = []string{"AWS_LAMBDA_RUNTIME_API=" + strings.TrimPrefix(server.URL, "http://"), "TEST_URL=" + server.URL}
	p.cmd.Stderr = &p.stderr
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // before the server closes, which waits for the process
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
		if t.Failed() {
			t.Log(p.stderr.String())
		}
	})
	return p
}

// lateness is how long an invocation of these tests may take, as Lambda says.
const lateness = 2 * time.Second

// ask has the function do something, and expects the answer, in time.
func (p *lateProcess) ask(does, want string) {
	p.t.Helper()
	p.id++
	deadline := time.Now().Add(lateness)
	const patience = 30 * time.Second
	select {
	case p.api.work <- lateInvocation{p.id, p.f.payload(does), deadline}:
	case <-time.After(patience):
		p.t.Fatalf("%s: the program does not ask for an invocation", does)
	}
	select {
	case got := <-p.api.answers:
		if want := fmt.Sprintf("%d/%s", p.id, want); !strings.HasPrefix(got, want) {
			p.t.Errorf("%s: %s, want %s", does, got, want)
		}
	case <-time.After(patience):
		p.t.Fatalf("%s: the program does not answer", does)
	}
	if time.Now().After(deadline) {
		p.t.Errorf("%s: answered after the deadline", does)
	}
}

// A handler that is late and one that ends its goroutine, at once or late, are
// answered for in time, and what is late leaves one line that names it. The
// process goes on, and when the handler that was late returns nothing more is
// answered.
func TestLateHandlers(t *testing.T) {
	binary := built(t, "late")
	for name, f := range lateFunctions {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := startLate(t, binary, name)
			p.ask("returns", f.done)
			p.ask("exits", f.ended)
			p.ask("returns", f.done)
			p.ask("waits", f.notInTime)
			p.ask("waits and exits", f.notInTime)
			p.ask("returns", f.done)
			close(p.api.released)
			<-p.api.returns
			<-p.api.returns
			for range 10 {
				p.ask("returns", f.done)
			}
			_ = p.cmd.Process.Kill()
			_ = p.cmd.Wait()
			late := 0
			for line := range strings.Lines(p.stderr.String()) {
				isClient := strings.Contains(line, `"errorMessage"`) // which logs the error that it posts, at no level
				if !isClient && strings.Contains(line, "the handler has not returned in time") && strings.Contains(line, f.name) {
					late++
				}
			}
			if late != 2 {
				t.Errorf("%d lines say that a handler is late, want 2", late)
			}
		})
	}
}

// A process in which no handler returns any more answers what is due, says so
// in one line, and ends.
func TestStuckProcess(t *testing.T) {
	binary := built(t, "late")
	for name, f := range lateFunctions {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := startLate(t, binary, name)
			p.ask("returns", f.done)
			for range 4 {
				p.ask("waits", f.notInTime)
			}
			ended := make(chan error, 1)
			go func() { ended <- p.cmd.Wait() }()
			select {
			case <-ended:
			case <-time.After(30 * time.Second):
				t.Fatal("the process goes on")
			}
			if code := p.cmd.ProcessState.ExitCode(); code != 1 {
				t.Errorf("ended with %d, want 1", code)
			}
			if n := strings.Count(p.stderr.String(), "function is stuck"); n != 1 {
				t.Errorf("%d lines say that the function is stuck, want 1", n)
			}
		})
	}
}
