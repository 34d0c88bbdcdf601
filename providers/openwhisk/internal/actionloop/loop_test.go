package actionloop

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
)

// loop serves by a function that returns in time.
func loop(in io.Reader, out io.Writer, ack bool, limit int, invoke func(context.Context, []byte) []byte) error {
	return serve(in, out, ack, limit, Plain(invoke))
}

// A handler that is late, and one that ends its goroutine, are answered for, and
// the requests go on, each with one answer.
func TestLoopGoesOn(t *testing.T) {
	release := make(chan struct{})
	returned := make(chan struct{})
	in, lines := io.Pipe()
	answers, out := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- serve(in, out, false, 100, func(_ context.Context, line []byte, answer func([]byte, bool)) {
			switch string(line) {
			case "late":
				go answer([]byte("for late"), true)
				<-release
				close(returned)
			case "exits":
				defer answer([]byte("for exits"), false)
				runtime.Goexit()
			default:
				answer(bytes.Clone(line), false)
			}
		})
	}()
	r := bufio.NewReader(answers)
	for line, want := range map[string]string{"late": "for late", "exits": "for exits", "a": "a"} {
		if _, err := io.WriteString(lines, line+"\n"); err != nil {
			t.Fatal(err)
		}
		if got, err := r.ReadString('\n'); err != nil || strings.TrimSpace(got) != want {
			t.Errorf("%s: %q, error %v", line, got, err)
		}
	}
	close(release)
	<-returned
	for _, line := range []string{"b", "c", "d"} { // all go to one goroutine
		if _, err := io.WriteString(lines, line+"\n"); err != nil {
			t.Fatal(err)
		}
		if got, err := r.ReadString('\n'); err != nil || strings.TrimSpace(got) != line {
			t.Errorf("%s: %q, error %v", line, got, err)
		}
	}
	lines.Close()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// A handler that returns just when it is late leaves the requests to the one
// goroutine that answers for it: two would read at once.
func TestLoopLateAtReturn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, lines := io.Pipe()
		answers, out := io.Pipe()
		ended := make(chan error, 1)
		late := make(chan struct{})
		go func() {
			ended <- serve(in, out, false, 100, func(_ context.Context, line []byte, answer func([]byte, bool)) {
				if string(line) != "late" {
					answer(bytes.Clone(line), false)
					return
				}
				go func() {
					<-late
					answer([]byte("for late"), true)
				}()
			})
		}()
		taken := false
		go func() {
			_, _ = io.WriteString(lines, "late\n")
			_, _ = io.WriteString(lines, "next\n")
			taken = true
			lines.Close()
		}()
		synctest.Wait()
		if taken {
			t.Error("the next request is read before the one that is late has its answer")
		}
		close(late)
		r := bufio.NewReader(answers)
		for _, want := range []string{"for late\n", "next\n"} {
			if got, err := r.ReadString('\n'); err != nil || got != want {
				t.Errorf("%q, error %v; want %q", got, err, want)
			}
		}
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
