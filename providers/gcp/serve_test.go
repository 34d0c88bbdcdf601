package gcp_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fngen/fngen/internal/testkit/logged"
	"github.com/fngen/fngen/providers/gcp"
)

// Protects requests in flight when the process is told to end: each is answered
// in full, and nothing else is accepted meanwhile.
func TestServeDrains(t *testing.T) {
	const requests = 20
	logged.Text(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	entered, release := make(chan struct{}, requests), make(chan struct{})
	ctx, end := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() {
		served <- gcp.ServeOn(ctx, l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			entered <- struct{}{}
			<-release
			if r.Context().Err() != nil {
				t.Error("the request's context ended with the server's")
			}
			fmt.Fprint(w, "whole")
		}))
	}()
	answers := make(chan string, requests)
	for range requests {
		go func() {
			resp, err := http.Get("http://" + l.Addr().String())
			if err != nil {
				answers <- err.Error()
				return
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			answers <- fmt.Sprint(resp.StatusCode, " ", string(body), " ", err)
		}()
	}
	for range requests {
		<-entered
	}
	end()
	for deadline := time.Now().Add(5 * time.Second); ; {
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			break
		}
		conn.Close()
		if time.Now().After(deadline) {
			t.Fatal("the server still accepts connections")
		}
	}
	select {
	case err := <-served:
		t.Fatalf("ended with %v before the requests did", err)
	default:
	}
	close(release)
	for range requests {
		if got := <-answers; got != "200 whole <nil>" {
			t.Errorf("answer %q", got)
		}
	}
	if err := <-served; err != nil {
		t.Errorf("ended with %v", err)
	}
}

// pipes is a listener of connections in memory, for a clock that is not real.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func newPipes() *pipes { return &pipes{make(chan net.Conn), make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { close(p.closed); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

// dial connects and sends the text.
func (p *pipes) dial(text string) net.Conn {
	client, server := net.Pipe()
	p.conns <- server
	go func() { _, _ = io.WriteString(client, text) }() // the server may end the connection first
	return client
}

// status reads the status of a response, or 0 where the connection ends without
// one.
func status(c net.Conn) int {
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return 0
	}
	return resp.StatusCode
}

const get = "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n"

// Protects the last second before the platform kills: who does not end is told
// so at 8.5 s and can still answer, and who does not listen is cut off.
func TestServeDrainTimeout(t *testing.T) {
	for _, tc := range []struct {
		name   string
		deaf   bool
		status int
		after  time.Duration
	}{
		{"listens", false, 503, 8500 * time.Millisecond},
		{"does not", true, 0, 9500 * time.Millisecond},
	} {
		t.Run(tc.name, func(t *testing.T) {
			log := logged.Text(t)
			synctest.Test(t, func(t *testing.T) {
				l, release := newPipes(), make(chan struct{})
				ctx, end := context.WithCancel(t.Context())
				served := make(chan error, 1)
				go func() {
					served <- gcp.ServeOn(ctx, l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						<-r.Context().Done()
						if tc.deaf {
							<-release
						}
						w.WriteHeader(http.StatusServiceUnavailable)
					}))
				}()
				client := l.dial(get)
				synctest.Wait()
				told := time.Now()
				end()
				if got := status(client); got != tc.status || time.Since(told) != tc.after {
					t.Errorf("status %d after %s, want %d after %s", got, time.Since(told), tc.status, tc.after)
				}
				err := <-served
				if (err != nil) != tc.deaf || time.Since(told) > 9500*time.Millisecond {
					t.Errorf("ended with %v after %s", err, time.Since(told))
				}
				close(release)
				client.Close()
			})
			if !strings.Contains(log.String(), "draining") {
				t.Errorf("log %q", log)
			}
		})
	}
}

// serving runs f against a server with the handler, with a clock that is not
// real.
func serving(t *testing.T, h http.HandlerFunc, f func(*testing.T, *pipes)) {
	t.Helper()
	servingHandler(t, h, f)
}

func servingHandler(t *testing.T, h http.Handler, f func(*testing.T, *pipes)) {
	t.Helper()
	logged.Text(t)
	synctest.Test(t, func(t *testing.T) {
		l := newPipes()
		ctx, end := context.WithCancel(t.Context())
		served := make(chan error, 1)
		go func() { served <- gcp.ServeOn(ctx, l, h) }()
		f(t, l)
		end()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
}

// Protects the platform's timeout in the context of a request, and handlers
// from a deadline that nobody set.
func TestServeTimeout(t *testing.T) {
	for text, want := range map[string]time.Duration{"60": time.Minute, "": 0, "0": 0, "soon": 0, "99999999999": 0} {
		t.Setenv("CLOUD_RUN_TIMEOUT_SECONDS", text)
		serving(t, func(w http.ResponseWriter, r *http.Request) {
			deadline, ok := r.Context().Deadline()
			if ok != (want > 0) || ok && time.Until(deadline) != want {
				t.Errorf("%q: deadline %v, %v, want in %s", text, deadline, ok, want)
			}
		}, func(t *testing.T, l *pipes) {
			client := l.dial(get)
			defer client.Close()
			if got := status(client); got != 200 {
				t.Errorf("status %d", got)
			}
		})
	}
}

// Protects the process from bodies that never end, and a request that takes its
// time after its body from the deadline of that.
func TestServeSlowBody(t *testing.T) {
	for _, tc := range []struct {
		timeout, body string
		work          time.Duration
		cut           bool
		after         time.Duration
	}{
		{"60", "abc", 0, true, time.Minute},
		{"", "abc", 0, true, time.Hour},
		{"", "abcdef", 3 * time.Hour, false, 3 * time.Hour},
	} {
		t.Setenv("CLOUD_RUN_TIMEOUT_SECONDS", tc.timeout)
		serving(t, func(w http.ResponseWriter, r *http.Request) {
			_, err := io.ReadAll(r.Body)
			if errors.Is(err, os.ErrDeadlineExceeded) != tc.cut {
				t.Errorf("read: %v", err)
			}
			time.Sleep(tc.work)
			if !tc.cut && r.Context().Err() != nil {
				t.Errorf("context: %v", r.Context().Err())
			}
		}, func(t *testing.T, l *pipes) {
			start := time.Now()
			client := l.dial("POST / HTTP/1.1\r\nHost: example.com\r\nContent-Length: 6\r\n\r\n" + tc.body)
			defer client.Close()
			if got := status(client); got != 200 || time.Since(start) != tc.after {
				t.Errorf("status %d after %s, want 200 after %s", got, time.Since(start), tc.after)
			}
		})
	}
}

// Protects the process from headers without end, in time and in size.
func TestServeHeaders(t *testing.T) {
	serving(t, func(http.ResponseWriter, *http.Request) {}, func(t *testing.T, l *pipes) {
		start := time.Now()
		slow := l.dial("GET / HTTP/1.1\r\nHost: ")
		defer slow.Close()
		if _, err := io.ReadAll(slow); err != nil || time.Since(start) != 10*time.Second {
			t.Errorf("slow headers: %v after %s, want the end after 10 s", err, time.Since(start))
		}
		large := l.dial("GET / HTTP/1.1\r\nHost: example.com\r\nX: " + strings.Repeat("x", 80<<10) + "\r\n\r\n")
		defer large.Close()
		if got := status(large); got != 431 {
			t.Errorf("large headers: status %d, want 431", got)
		}
	})
}

// Protects developers' machines from what calls over the network, and deployed
// containers, which are called over it, from listening to themselves alone.
func TestServeAddress(t *testing.T) {
	for _, test := range []struct{ local, port, want string }{
		{"", "", ":8080"}, {"", "80", ":80"}, {"false", "80", ":80"}, {"TRUE", "80", ":80"}, {"true", "80", "127.0.0.1:80"}, {"true", "", "127.0.0.1:8080"},
	} {
		t.Setenv("LOCAL_ONLY", test.local)
		t.Setenv("PORT", test.port)
		if got := gcp.Address(); got != test.want {
			t.Errorf("LOCAL_ONLY=%s PORT=%s: %s, want %s", test.local, test.port, got, test.want)
		}
	}
}

// Protects the report of a server that cannot listen: the process ends with 1
// and the log says why. It runs in a process of its own.
func TestServeFails(t *testing.T) {
	if os.Getenv("FNGEN_TEST_SERVE") != "" {
		gcp.Serve(http.NotFoundHandler())
		return // with status 0, which the parent reports
	}
	l, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	cmd := exec.Command(os.Args[0], "-test.run=^TestServeFails$")
	cmd.Env = append(os.Environ(), "FNGEN_TEST_SERVE=1", "PORT="+port)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("ended with %v, want status 1", err)
	}
	if !strings.Contains(string(out), "serving failed") || runtime.GOOS != "windows" && !strings.Contains(string(out), "address already in use") { // which says it in other words
		t.Errorf("log = %q, want the cause", out)
	}
}
