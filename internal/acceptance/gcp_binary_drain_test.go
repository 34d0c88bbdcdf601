package acceptance

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// A gate holds who asks it until it is opened.
type gate struct {
	*httptest.Server
	arrived chan struct{}
	opened  chan struct{}
	open    func()
}

func newGate(t *testing.T) *gate {
	g := &gate{arrived: make(chan struct{}, 1000), opened: make(chan struct{})}
	g.open = sync.OnceFunc(func() { close(g.opened) })
	g.Server = httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		g.arrived <- struct{}{}
		<-g.opened
	}))
	t.Cleanup(func() { g.open(); g.Close() })
	return g
}

// get begins a request of the function; it fails the test from its goroutine
// only.
func (s *server) get(ctx context.Context, path string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+path, nil)
	if err != nil {
		return nil, err
	}
	return s.client().Do(r)
}

// The first part of a response is with the client while the handler has not yet
// written the last: it is the client who then lets the handler go on.
func TestGoogleBinaryStreams(t *testing.T) {
	g := newGate(t)
	f := startBinary(t, filepath.Join(unpackBinary(t, "parts"), "main"), "GATE="+g.URL)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	response, err := f.get(ctx, "/parts")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body := bufio.NewReader(response.Body)
	if line, err := body.ReadString('\n'); line != "first\n" {
		t.Fatalf("the first part is %q, %v", line, err)
	}
	g.open()
	if rest, err := io.ReadAll(body); string(rest) != "last\n" || err != nil {
		t.Errorf("the rest is %q, %v", rest, err)
	}
}

// A binary that is told to end while 100 requests are in flight, some of them
// half answered, answers them all, accepts no other, and ends with 0.
func TestGoogleBinaryDrains(t *testing.T) {
	const requests = 100
	g := newGate(t)
	f := startBinary(t, filepath.Join(unpackBinary(t, "parts"), "main"), "GATE="+g.URL)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	answers := make(chan string, requests)
	for i := range requests {
		path := []string{"/parts", "/parts?quiet"}[i%2]
		go func() {
			response, err := f.get(ctx, path)
			if err != nil {
				answers <- err.Error()
				return
			}
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			answers <- fmt.Sprint(response.StatusCode, " ", string(body), " ", err)
		}()
	}
	for i := range requests {
		select {
		case <-g.arrived:
		case answer := <-answers:
			t.Fatalf("a request ended early: %s", answer)
		case <-ctx.Done():
			t.Fatalf("%d requests are in flight, want %d", i, requests)
		}
	}
	if err := f.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	refuses := wait(t, patience, func() bool {
		conn, err := net.Dial("tcp", strings.TrimPrefix(f.url, "http://"))
		if err == nil {
			conn.Close()
		}
		return err != nil
	})
	if !refuses {
		t.Error("the binary still accepts connections")
	}
	select {
	case <-f.ended:
		t.Error("the binary ended before its requests did")
	default:
	}
	g.open()
	lost := 0
	for range requests {
		if got := <-answers; got != "200 first\nlast\n <nil>" {
			t.Logf("answer %q", got)
			lost++
		}
	}
	if lost > 0 {
		t.Errorf("%d of %d requests are lost", lost, requests)
	}
	if code := f.exit(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
}
