package gcp_test

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// A lateProcess is the program late.
type lateProcess struct {
	t      *testing.T
	queue  bool
	url    string
	cmd    *exec.Cmd
	stderr bytes.Buffer
	ended  chan struct{}
}

// lateProcesses builds the program, and runs f with each form of it and a
// timeout of requests, which may be shorter for events: those are answered for.
func lateProcesses(t *testing.T, timeout string, f func(*testing.T, *lateProcess)) {
	if testing.Short() {
		t.Skip("builds a binary")
	}
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no SIGTERM")
	}
	binary := filepath.Join(t.TempDir(), "late")
	if out, err := exec.Command("go", "build", "-o", binary, "./testdata/late").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, kind := range []string{"queue", "http"} {
		for _, server := range []string{"serve", "framework"} {
			t.Run(kind+" "+server, func(t *testing.T) {
				l, err := net.Listen("tcp", "127.0.0.1:0")
				if err != nil {
					t.Fatal(err)
				}
				_, port, _ := net.SplitHostPort(l.Addr().String())
				l.Close()
				p := &lateProcess{t: t, queue: kind == "queue", url: "http://127.0.0.1:" + port, cmd: exec.Command(binary, kind, server), ended: make(chan struct{})}
				p.cmd.Env = []string{"PORT=" + port, "CLOUD_RUN_TIMEOUT_SECONDS=" + timeout}
				p.cmd.Stderr = &p.stderr
				if err := p.cmd.Start(); err != nil {
					t.Fatal(err)
				}
				go func() {
					_ = p.cmd.Wait()
					close(p.ended)
				}()
				t.Cleanup(func() {
					_ = p.cmd.Process.Kill()
					<-p.ended
					if t.Failed() {
						t.Log(p.stderr.String())
					}
				})
				for start := time.Now(); ; time.Sleep(20 * time.Millisecond) {
					if _, err := p.ask(""); err == nil {
						break
					}
					if time.Since(start) > 20*time.Second {
						t.Fatal("the program does not listen")
					}
				}
				f(t, p)
			})
		}
	}
}

// lateClient waits for answers longer than any of these tests.
var lateClient = &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 100}}

// ask has the function do something.
func (p *lateProcess) ask(does string) (status int, err error) {
	var resp *http.Response
	if p.queue {
		push := fmt.Sprintf(`{"subscription":"projects/p/subscriptions/s","message":{"messageId":"1","data":%q}}`, base64.StdEncoding.EncodeToString([]byte(cmp.Or(does, "-"))))
		resp, err = lateClient.Post(p.url, "application/json", strings.NewReader(push))
	} else {
		resp, err = lateClient.Get(p.url + "/" + does)
	}
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, err
}

// exit waits for the end of the process, and returns its status.
func (p *lateProcess) exit() int {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(20 * time.Second):
		p.t.Fatal("the process goes on")
	}
	return p.cmd.ProcessState.ExitCode()
}

// done is the status of what is handled.
func (p *lateProcess) done() int {
	if p.queue {
		return http.StatusNoContent
	}
	return http.StatusOK
}

// Protects requests in flight when the process is told to end, in a binary and
// under the functions framework alike: they are answered, and then it ends.
func TestTermination(t *testing.T) {
	lateProcesses(t, "30", func(t *testing.T, p *lateProcess) {
		const clients = 8
		answers := make(chan error, clients)
		for range clients {
			go func() {
				status, err := p.ask("sleep")
				if status != p.done() {
					err = errors.Join(err, fmt.Errorf("status %d", status))
				}
				answers <- err
			}()
		}
		time.Sleep(300 * time.Millisecond)
		if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		for range clients {
			if err := <-answers; err != nil {
				t.Error(err)
			}
		}
		if code := p.exit(); code != 0 || !strings.Contains(p.stderr.String(), "draining") {
			t.Errorf("ended with %d, want 0", code)
		}
	})
}

// Protects the platform from a process in which no handler returns any more: it
// says so in one line, and ends.
func TestStuckProcess(t *testing.T) {
	lateProcesses(t, "1", func(t *testing.T, p *lateProcess) {
		if status, err := p.ask("lock"); status != p.done() {
			t.Errorf("status %d, error %v", status, err)
		}
		for range 4 {
			if !p.queue {
				go func() { _, _ = p.ask("lock") }() // nobody answers for it
				time.Sleep(2500 * time.Millisecond)
				continue
			}
			if status, err := p.ask("lock"); status != http.StatusInternalServerError {
				t.Errorf("status %d, error %v", status, err)
			}
		}
		if code := p.exit(); code != 1 {
			t.Errorf("ended with %d, want 1", code)
		}
		if n := strings.Count(p.stderr.String(), "a call has not returned while three later ones became late"); n != 1 {
			t.Errorf("%d lines say that the process is stuck, want 1", n)
		}
	})
}

// Protects the time to answer under load: an event that is due is answered
// though 64 clients keep the process busy.
func TestAnswerUnderLoad(t *testing.T) {
	lateProcesses(t, "2", func(t *testing.T, p *lateProcess) {
		if !p.queue {
			t.Skip("the platform answers for it")
		}
		if status, err := p.ask("lock"); status != p.done() {
			t.Errorf("status %d, error %v", status, err)
		}
		var wg sync.WaitGroup
		var ended atomic.Bool
		var busy atomic.Int64
		for range 64 {
			wg.Go(func() {
				for !ended.Load() {
					if status, err := p.ask(""); status != p.done() {
						t.Errorf("status %d, error %v", status, err)
						return
					}
					busy.Add(1)
				}
			})
		}
		for range 3 {
			start := time.Now()
			status, err := p.ask("lock")
			if took := time.Since(start); status != http.StatusInternalServerError || took > 3*time.Second {
				t.Errorf("status %d, error %v after %s, want 500 after 1.75 s", status, err, took)
			}
		}
		ended.Store(true)
		wg.Wait()
		if busy.Load() < 64 {
			t.Errorf("%d requests of the others", busy.Load())
		}
	})
}
