package web

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestMain lets the test binary be the deployed program.
func TestMain(m *testing.M) {
	if os.Getenv("__OW_TEST_PROGRAM") == "" {
		os.Exit(m.Run())
	}
	Serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/panic" {
			panic("boom")
		}
		fmt.Fprint(w, r.Method)
	}), HTTP{})
}

// The program of a web action speaks ActionLoop as every action does, and
// outlives a panic.
func TestProgram(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows gives a process no file descriptor 3")
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	request := string(line(get, time.Time{}))
	cmd := exec.Command(os.Args[0])
	cmd.Env = []string{"__OW_TEST_PROGRAM=1", "__OW_WAIT_FOR_ACK=1"}
	cmd.Stdin = strings.NewReader(request + "\n" + strings.Replace(request, `"__ow_path":""`, `"__ow_path":"/panic"`, 1) + "\n\n" + request + "\n")
	cmd.ExtraFiles = []*os.File{w}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	got, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	const ok = `{"statusCode":200,"headers":{"Content-Type":"text/plain; charset=utf-8"},"body":"GET"}` + "\n"
	want := `{"ok":true}` + "\n" + ok +
		`{"statusCode":500,"headers":{"Content-Type":"text/plain; charset=utf-8","X-Content-Type-Options":"nosniff"},"body":"Internal Server Error\n"}` + "\n" +
		`{"error":"decode request: unexpected end of JSON input"}` + "\n" + ok
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
