// Package platform is the platforms' part of the protocols, for programs that
// are measured.
package platform

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/fngen/fngen/internal/bench/program"
)

// A Lambda is a program that a Runtime API feeds.
//
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
type Lambda struct {
	*program.Process
	api     *httptest.Server
	asked   chan struct{}
	work    chan []byte
	answers chan answer
	n       int // invocations
}

// An answer is what the program posted.
type answer struct{ path, body string }

const runtimePrefix = "/2018-06-01/runtime/"

// StartLambda starts the command, to whose environment it adds Lambda's, and
// returns when it asks for an invocation.
func StartLambda(cmd *exec.Cmd) (*Lambda, error) {
	l := &Lambda{asked: make(chan struct{}), work: make(chan []byte, 1), answers: make(chan answer, 1)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+runtimePrefix+"invocation/next", l.next)
	mux.HandleFunc("POST "+runtimePrefix, l.take)
	l.api = httptest.NewServer(mux)
	cmd.Env = append(cmd.Env, "AWS_LAMBDA_RUNTIME_API="+strings.TrimPrefix(l.api.URL, "http://"),
		"AWS_LAMBDA_FUNCTION_NAME=orders", "AWS_REGION=eu-west-1", "AWS_ACCESS_KEY_ID=a", "AWS_SECRET_ACCESS_KEY=b", "TZ=:UTC")
	var err error
	if l.Process, err = program.Start(cmd); err != nil {
		l.api.Close()
		return nil, err
	}
	if _, err := program.Await(l.Process, l.asked); err != nil {
		l.Stop()
		return nil, fmt.Errorf("wait for /next: %w", err)
	}
	return l, nil
}

// Invoke has the program handle the payload, and returns its answer when the
// program asks for the next. An error that it posts is an error.
func (l *Lambda) Invoke(payload []byte) (string, error) {
	l.n++
	l.work <- payload
	a, err := program.Await(l.Process, l.answers)
	if err != nil {
		return "", fmt.Errorf("wait for the answer: %w", err)
	}
	if want := fmt.Sprintf("%sinvocation/request-%d/response", runtimePrefix, l.n); a.path != want {
		return "", fmt.Errorf("the program posts to %s, want %s: %s", a.path, want, a.body)
	}
	if _, err := program.Await(l.Process, l.asked); err != nil {
		return "", fmt.Errorf("wait for /next: %w", err)
	}
	return a.body, nil
}

// Stop kills the program.
func (l *Lambda) Stop() {
	l.Process.Stop()
	l.api.CloseClientConnections()
	l.api.Close()
}

func (l *Lambda) next(w http.ResponseWriter, r *http.Request) {
	select {
	case l.asked <- struct{}{}:
	case <-r.Context().Done():
		return
	}
	select {
	case payload := <-l.work:
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Lambda-Runtime-Aws-Request-Id", fmt.Sprintf("request-%d", l.n))
		h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(time.Minute).UnixMilli(), 10))
		h.Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-west-1:123456789012:function:orders:live")
		h.Set("Lambda-Runtime-Trace-Id", "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1")
		_, _ = w.Write(payload) // the program's end is seen by who waits for its answer
	case <-r.Context().Done():
	}
}

func (l *Lambda) take(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusAccepted)
	l.answers <- answer{r.URL.Path, string(body)}
}
