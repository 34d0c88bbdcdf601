package aws

import (
	"bytes"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A streaming program under the real client of the Runtime API: the first chunk
// is there before the handler can write the second, a panic midway is reported
// in the trailers, and the process goes on.
func TestHTTPStreamRuntimeAPI(t *testing.T) {
	binary := built(t, "stream")
	type post struct{ contentType, body, errorType, errorBody string }
	posts := make(chan post, 1)
	work := make(chan string)
	released := make(chan struct{})
	n := 0
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", func(w http.ResponseWriter, r *http.Request) {
		select {
		case payload := <-work:
			n++
			w.Header().Set("Lambda-Runtime-Aws-Request-Id", strconv.Itoa(n))
			w.Header().Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(time.Minute).UnixMilli(), 10))
			_, _ = io.WriteString(w, payload)
		case <-r.Context().Done():
		}
	})
	mux.HandleFunc("GET /release", func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-released:
		case <-r.Context().Done():
		}
	})
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", func(w http.ResponseWriter, r *http.Request) {
		var body string
		if r.PathValue("id") == "1" {
			body = readUntil(t, r.Body, "first ")
			close(released)
		}
		rest, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		w.WriteHeader(http.StatusAccepted)
		posts <- post{r.Header.Get("Content-Type"), body + string(rest),
			r.Trailer.Get("Lambda-Runtime-Function-Error-Type"), r.Trailer.Get("Lambda-Runtime-Function-Error-Body")}
	})
	api := httptest.NewServer(mux)
	defer api.Close()
	cmd := exec.CommandContext(t.Context(), binary)
	cmd.Env = []string{"AWS_LAMBDA_RUNTIME_API=" + strings.TrimPrefix(api.URL, "http://"), "RELEASE_URL=" + api.URL + "/release"}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	ask := func(path string) post {
		t.Helper()
		const patience = 30 * time.Second
		select {
		case work <- urlRequest("GET", path, ""):
		case <-time.After(patience):
			t.Fatal("the program does not ask for an invocation")
		}
		select {
		case p := <-posts:
			return p
		case <-time.After(patience):
			t.Fatal("the program does not answer")
		}
		return post{}
	}
	const contentType = "application/vnd.awslambda.http-integration-response"
	want := post{contentType, `{"statusCode":200,"headers":{"Content-Type":"text/event-stream"}}` + zeros + "first second", "", ""}
	for _, path := range []string{"/chunks", "/panic", "/chunks"} {
		got := ask(path)
		if path == "/chunks" {
			if got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
			continue
		}
		report, err := base64.StdEncoding.DecodeString(got.errorBody)
		if got.contentType != contentType || !strings.HasSuffix(got.body, zeros+"half") || got.errorType != "Function.ResponseAborted" {
			t.Errorf("after a panic: %+v", got)
		}
		if err != nil || !strings.Contains(string(report), "broken off") || strings.Contains(string(report), "secret") {
			t.Errorf("after a panic: report %s, %v", report, err)
		}
	}
}
