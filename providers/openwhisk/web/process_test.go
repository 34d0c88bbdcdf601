package web

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestMain lets the test binary be the deployed program.
func TestMain(m *testing.M) {
	if os.Getenv("__OW_TEST_PROGRAM") == "" {
		os.Exit(m.Run())
	}
	var lock sync.Mutex
	Serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/panic" {
			panic("boom")
		}
		if r.URL.Path == "/lock" {
			lock.Lock() // and leaves it so
		}
		fmt.Fprint(w, r.Method)
	}), HTTP{})
}

// A process in which no handler returns any more answers what is due, says so
// in one line, and ends.
func TestStuckProgram(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows gives a process no file descriptor 3")
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var stderr bytes.Buffer
	cmd := exec.Command(os.Args[0])
	cmd.Env, cmd.ExtraFiles, cmd.Stderr = []string{"__OW_TEST_PROGRAM=1"}, []*os.File{w}, &stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	w.Close()
	answers := bufio.NewReader(r)
	lock := strings.Replace(get, `"__ow_path":""`, `"__ow_path":"/lock"`, 1)
	for i := range 5 {
		if _, err := in.Write(append(line(lock, time.Now().Add(time.Second)), '\n')); err != nil {
			t.Fatal(err)
		}
		want := `{"statusCode":504,`
		if i == 0 { // it leaves the mutex locked
			want = `{"statusCode":200,`
		}
		if got, err := answers.ReadString('\n'); err != nil || !strings.HasPrefix(got, want) {
			t.Fatalf("request %d: %s, %v, want %s", i+1, got, err, want)
		}
	}
	rest, err := io.ReadAll(answers)
	if err != nil || len(rest) > 0 {
		t.Errorf("after that it answers %q, %v", rest, err)
	}
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("ended with %v", err)
	}
	if n := strings.Count(stderr.String(), "a call has not returned while three later ones became late"); n != 1 {
		t.Errorf("log %s", stderr.String())
	}
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
