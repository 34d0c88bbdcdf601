package acceptance

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A runtimeAPI is Lambda's side of the Runtime API, for one function.
//
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
type runtimeAPI struct {
	address string
	work    chan invocation
	answers chan answer
	broken  atomic.Bool // the next answer is not taken: its connection is reset
}

type invocation struct {
	id       string
	payload  string
	deadline time.Time
}

// An answer is what the function posted.
type answer struct {
	path      string // below /2018-06-01/runtime/
	body      string
	errorType string
}

// traceID is X-Ray's of every invocation.
const traceID = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"

const runtimePrefix = "/2018-06-01/runtime/"

func newRuntimeAPI(t *testing.T) *runtimeAPI {
	api := &runtimeAPI{work: make(chan invocation), answers: make(chan answer, 10)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+runtimePrefix+"invocation/next", api.next)
	mux.HandleFunc("POST "+runtimePrefix+"invocation/{id}/response", api.take)
	mux.HandleFunc("POST "+runtimePrefix+"invocation/{id}/error", api.take)
	mux.HandleFunc("POST "+runtimePrefix+"init/error", api.take)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("the Runtime API knows no %s %s", r.Method, r.URL)
		http.NotFound(w, r)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	api.address = strings.TrimPrefix(server.URL, "http://")
	return api
}

// next answers when there is work.
func (api *runtimeAPI) next(w http.ResponseWriter, r *http.Request) {
	select {
	case i := <-api.work:
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Lambda-Runtime-Aws-Request-Id", i.id)
		w.Header().Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(i.deadline.UnixMilli(), 10))
		w.Header().Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-west-1:123456789012:function:cafe:live")
		w.Header().Set("Lambda-Runtime-Trace-Id", traceID)
		io.WriteString(w, i.payload)
	case <-r.Context().Done():
	}
}

func (api *runtimeAPI) take(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if api.broken.Swap(false) {
		breakOff(w)
		return
	}
	w.WriteHeader(http.StatusAccepted)
	api.answers <- answer{strings.TrimPrefix(r.URL.Path, runtimePrefix), string(body), r.Header.Get("Lambda-Runtime-Function-Error-Type")}
}

// A lambda is a started bootstrap.
type lambda struct {
	*process
	api *runtimeAPI
	n   int // invocations
}

// startLambda starts the bootstrap of the function as Lambda does.
func startLambda(t *testing.T, function string, env ...string) *lambda {
	t.Helper()
	return startBootstrap(t, app(t), function, env...)
}

// startBootstrap is startLambda for a function of another application.
func startBootstrap(t *testing.T, a *application, function string, env ...string) *lambda {
	t.Helper()
	dir := unpack(t, a.archive(t, "aws/"+function))
	api := newRuntimeAPI(t)
	cmd := exec.Command(filepath.Join(dir, "bootstrap"))
	cmd.Dir = dir
	cmd.Env = append([]string{
		"AWS_LAMBDA_RUNTIME_API=" + api.address, "_HANDLER=bootstrap", "AWS_LAMBDA_FUNCTION_NAME=" + function,
		"AWS_REGION=eu-west-1", "TZ=:UTC",
	}, env...)
	return &lambda{process: start(t, cmd), api: api}
}

// invoke has the function handle the payload within the time and returns the
// body of its response. A posted error fails the test.
func (l *lambda) invoke(payload string, within time.Duration) string {
	l.t.Helper()
	a := l.do(payload, within)
	if want := fmt.Sprintf("invocation/request-%d/response", l.n); a.path != want {
		l.t.Fatalf("the function posted to %s, want %s: %s", a.path, want, a.body)
	}
	return a.body
}

// A lambdaError is the body of a posted error.
type lambdaError struct {
	Message string `json:"errorMessage"`
	Type    string `json:"errorType"`
}

// fail has the function fail with the payload and returns the error that it
// posts. A response fails the test.
func (l *lambda) fail(payload string) lambdaError {
	l.t.Helper()
	a := l.do(payload, patience)
	if want := fmt.Sprintf("invocation/request-%d/error", l.n); a.path != want {
		l.t.Fatalf("the function posted to %s, want %s: %s", a.path, want, a.body)
	}
	return decodeError(l.t, a.body)
}

func (l *lambda) do(payload string, within time.Duration) answer {
	l.t.Helper()
	l.n++
	deadline := time.Now().Add(within)
	select {
	case l.api.work <- invocation{fmt.Sprintf("request-%d", l.n), payload, deadline}:
	case <-l.ended:
		l.t.Fatalf("the process has ended: %v", l.cmd.ProcessState)
	case <-time.After(patience):
		l.t.Fatal("the function does not ask for its next invocation")
	}
	select {
	case a := <-l.api.answers:
		if time.Now().After(deadline) {
			l.t.Errorf("invocation %d was answered after its deadline", l.n)
		}
		return a
	case <-l.ended:
		l.t.Fatalf("the process has ended: %v", l.cmd.ProcessState)
	case <-time.After(patience):
		l.t.Fatalf("invocation %d is not answered", l.n)
	}
	panic("unreachable")
}

func decodeError(t *testing.T, body string) lambdaError {
	t.Helper()
	var e lambdaError
	if err := json.Unmarshal([]byte(body), &e); err != nil {
		t.Fatalf("posted error %q: %v", body, err)
	}
	return e
}

// lambdaEvents is the folder of real payloads that aws-lambda-go comes with.
var lambdaEvents = sync.OnceValues(func() (string, error) {
	repo, err := fngenModule()
	if err != nil {
		return "", err
	}
	out, err := output(command(repo, nil, "go", "list", "-m", "-f", "{{.Dir}}", "github.com/aws/aws-lambda-go"))
	return filepath.Join(strings.TrimSpace(string(out)), "events", "testdata"), err
})

// lambdaEvent returns one of the real payloads.
func lambdaEvent(t *testing.T, name string) string {
	t.Helper()
	if _, err := fngen(); err != nil { // downloads them
		t.Fatal(err)
	}
	dir, err := lambdaEvents()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
