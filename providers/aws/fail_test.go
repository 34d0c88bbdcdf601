package aws

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/fngen/fngen/internal/testkit/logged"
)

// A failed setup reaches the Runtime API as a failed initialisation, and the
// log.
func TestFailReports(t *testing.T) {
	log := logged.Text(t)
	var got []string
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = append(got, r.Method+" "+r.URL.Path, r.Header.Get("Lambda-Runtime-Function-Error-Type"), r.Header.Get("Content-Type"), string(body))
		w.WriteHeader(http.StatusAccepted)
	}))
	defer api.Close()
	fail(t.Context(), strings.TrimPrefix(api.URL, "http://"), errors.New(`no "database"`))
	want := []string{"POST /2018-06-01/runtime/init/error", "Function.SetupFailed", "application/json",
		`{"errorMessage":"setup: no \"database\"","errorType":"Function.SetupFailed","stackTrace":[]}`}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("received %q, want %q", got, want)
	}
	if !strings.Contains(log.String(), "setup failed") || !strings.Contains(log.String(), "database") {
		t.Errorf("log: %s", log)
	}
	if strings.Contains(log.String(), "not reported") {
		t.Errorf("log: %s", log)
	}
}

// A Runtime API that refuses, is not there, or never answers must not keep the
// process from ending.
func TestFailIsBounded(t *testing.T) {
	log := logged.Text(t)
	fail(t.Context(), "", errors.New("outside of Lambda"))
	if strings.Contains(log.String(), "not reported") {
		t.Errorf("log: %s", log)
	}

	refusing := httptest.NewServer(http.NotFoundHandler())
	defer refusing.Close()
	fail(t.Context(), strings.TrimPrefix(refusing.URL, "http://"), errors.New("refused"))
	if !strings.Contains(log.String(), "404 Not Found") {
		t.Errorf("log: %s", log)
	}

	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body) // so that the server sees the client leave
		<-r.Context().Done()
	}))
	defer silent.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	fail(ctx, strings.TrimPrefix(silent.URL, "http://"), errors.New("silence"))
	if !strings.Contains(log.String(), "deadline exceeded") {
		t.Errorf("log: %s", log)
	}
}

// A setup that panics is reported as one that fails, and the log has the stack.
func TestFailOnPanic(t *testing.T) {
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") != "" {
		defer FailOnPanic()
		panic("no database")
	}
	reports := make(chan string, 1)
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		reports <- r.URL.Path + " " + string(body)
		w.WriteHeader(http.StatusAccepted)
	}))
	defer api.Close()
	cmd := exec.Command(os.Args[0], "-test.run=^TestFailOnPanic$")
	cmd.Env = append(os.Environ(), "AWS_LAMBDA_RUNTIME_API="+strings.TrimPrefix(api.URL, "http://"))
	out, err := cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Fatalf("ended with %v, want status 1\n%s", err, out)
	}
	const want = `/2018-06-01/runtime/init/error {"errorMessage":"setup: panic: no database","errorType":"Function.SetupFailed","stackTrace":[]}`
	if got := <-reports; got != want {
		t.Errorf("reported %s, want %s", got, want)
	}
	if !strings.Contains(string(out), "fail_test.go") {
		t.Errorf("log %s", out)
	}
}
