package gcp

import (
	"context"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/fngen/fngen/internal/run"
)

// Init prepares a process whose server is Google's functions framework, which
// ends at once when it is told to. The emitted package calls it first in its
// init: it sets [Logger], and sees to it that what [Handler] and [HTTPHandler]
// return after that drains as under [Serve]: told to end by SIGTERM or an
// interrupt, the process exits with 0 when the requests in flight are answered.
// Their contexts end after 8.5 s, and after 9.5 s it exits with 1. A process that
// is stuck, as under Serve, drains too and exits with 1.
func Init() {
	slog.SetDefault(Logger())
	told, _ := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	h := newHosted()
	host.Store(h)
	go func() {
		status := 0
		select {
		case <-told.Done():
			slog.Info("draining")
		case <-h.stuck:
			slog.Error("function is stuck", "error", run.ErrStuck.Error())
			status = 1
		}
		if !h.drain() {
			slog.Error("draining failed", "error", "requests are in flight after "+(drainTimeout+answerTimeout).String())
			status = 1
		}
		os.Exit(status)
	}()
}

// host is the process that Init has prepared; nil without Init. The framework
// calls functions with nothing by which they could find it.
var host atomic.Pointer[hosted]

// hosted is what a process under another's server knows of its requests.
type hosted struct {
	inFlight atomic.Int64
	stuck    chan struct{} // closed if the process is stuck

	requests context.Context // ends when no request has time any more
	expire   context.CancelFunc
	watch    context.Context // of run.Watch
}

func newHosted() *hosted {
	h := &hosted{stuck: make(chan struct{})}
	h.requests, h.expire = context.WithCancel(context.Background())
	h.watch = run.Watch(context.Background(), func(context.Context) { close(h.stuck) })
	return h
}

// hostedHandler is h under the process that Init has prepared.
func hostedHandler(h http.Handler) http.Handler {
	process := host.Load()
	if process == nil {
		return h
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		process.inFlight.Add(1)
		defer process.inFlight.Add(-1)
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		defer context.AfterFunc(process.requests, cancel)()
		h.ServeHTTP(w, r.WithContext(hostedContext{ctx, process.watch}))
	})
}

// hostedContext is a request's context within the watch.
type hostedContext struct {
	context.Context
	watch context.Context
}

// Value implements context.Context.
func (c hostedContext) Value(key any) any {
	if v := c.Context.Value(key); v != nil {
		return v
	}
	return c.watch.Value(key)
}

// settled is how long nothing is in flight before the process ends: the server
// writes an answer out after its handler has returned.
const settled = 100 * time.Millisecond

// drain waits until the requests in flight are answered, and reports whether
// they are in time.
func (h *hosted) drain() bool {
	defer time.AfterFunc(drainTimeout, h.expire).Stop()
	const step = 20 * time.Millisecond
	for idle, left := time.Duration(0), drainTimeout+answerTimeout; left > 0; left -= step {
		if h.inFlight.Load() > 0 {
			idle = 0
		} else if idle += step; idle > settled {
			return true
		}
		time.Sleep(step)
	}
	return h.inFlight.Load() == 0
}
