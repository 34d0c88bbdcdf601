package actionloop

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"runtime"
	"strings"
	"testing"
)

// loop serves by a function that returns in time.
func loop(in io.Reader, out io.Writer, ack bool, limit int, invoke func(context.Context, []byte) []byte) error {
	return serve(in, out, ack, limit, func(ctx context.Context, line []byte, _ func([]byte)) ([]byte, bool) { return invoke(ctx, line), true })
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
		ended <- serve(in, out, false, 100, func(_ context.Context, line []byte, elsewhere func([]byte)) ([]byte, bool) {
			switch string(line) {
			case "late":
				go elsewhere([]byte("for late"))
				<-release
				close(returned)
				return nil, false
			case "exits":
				defer elsewhere([]byte("for exits"))
				runtime.Goexit()
			}
			return bytes.Clone(line), true
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
