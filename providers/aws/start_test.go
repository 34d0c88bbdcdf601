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

// A handler that is late and one that ends its goroutine, at once or late, are
// answered for in time, and what is late leaves one line that names it. The
// process goes on, and when the handler that was late returns nothing more is
// answered.
func TestLateHandlers(t *testing.T) {
	binary := built(t, "late")
	functions := map[string]struct {
		payload                func(does string) string
		done, notInTime, ended string
		name                   string // in the log
	}{
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
	}
	for name, f := range functions {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api := &runtimeAPI{t, make(chan lateInvocation), make(chan string, 10), make(chan struct{}), make(chan struct{})}
			server := httptest.NewServer(api)
			defer server.Close()
			cmd := exec.CommandContext(t.Context(), binary, name)
			cmd.Env = []string{"AWS_LAMBDA_RUNTIME_API=" + strings.TrimPrefix(server.URL, "http://"), "TEST_URL=" + server.URL}
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			defer func() {
				_ = cmd.Process.Kill()
				_ = cmd.Wait()
				late := 0
				for line := range strings.Lines(stderr.String()) {
					if strings.Contains(line, "the handler has not returned in time") && strings.Contains(line, f.name) {
						late++
					}
				}
				if late != 2 {
					t.Errorf("%d lines say that a handler is late, want 2", late)
				}
				if t.Failed() {
					t.Log(stderr.String())
				}
			}()
			id := 0
			ask := func(does, want string) {
				t.Helper()
				id++
				deadline := time.Now().Add(2 * time.Second)
				const patience = 30 * time.Second
				select {
				case api.work <- lateInvocation{id, f.payload(does), deadline}:
				case <-time.After(patience):
					t.Fatalf("%s: the program does not ask for an invocation", does)
				}
				select {
				case got := <-api.answers:
					if want := fmt.Sprintf("%d/%s", id, want); !strings.HasPrefix(got, want) {
						t.Errorf("%s: %s, want %s", does, got, want)
					}
				case <-time.After(patience):
					t.Fatalf("%s: the program does not answer", does)
				}
				if time.Now().After(deadline) {
					t.Errorf("%s: answered after the deadline", does)
				}
			}
			ask("returns", f.done)
			ask("exits", f.ended)
			ask("returns", f.done)
			ask("waits", f.notInTime)
			ask("waits and exits", f.notInTime)
			ask("returns", f.done)
			close(api.released)
			<-api.returns
			<-api.returns
			for range 10 {
				ask("returns", f.done)
			}
		})
	}
}
