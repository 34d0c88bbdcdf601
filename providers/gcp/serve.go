package gcp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"github.com/fngen/fngen/internal/run"
)

// The limits of the server that Serve runs.
const (
	maxHeader     = 64 << 10                // bytes of a request's headers
	headerTimeout = 10 * time.Second        // to send them
	idleTimeout   = 620 * time.Second       // longer than Google's load balancers keep a connection, 600 s, so that they end it
	bodyTimeout   = time.Hour               // to send a body where the platform sets no timeout: what Cloud Run allows a request at most
	drainTimeout  = 8500 * time.Millisecond // for requests in flight after SIGTERM; Cloud Run kills at 10 s
	answerTimeout = time.Second             // to answer after that; http.Server looks every 0.55 s whether all have
)

// Serve answers requests with h on all addresses of the port in PORT, or 8080,
// until the process is told to end by SIGTERM or an interrupt. Where LOCAL_ONLY
// is true the address is 127.0.0.1, as under the functions framework. It is the
// server of a binary of one's own, for Cloud Run, Knative and any container;
// under Google's functions framework there is one already. What h is, [Handler]
// or [HTTPHandler] has made:
//
//	func main() {
//		gcp.Serve(gcp.Handler(fn.On(shop.Confirm), gcp.PubSub{Queue: "orders"}))
//	}
//
// Told to end, it accepts nothing any more and returns when the requests in
// flight are answered. Their contexts end after 8.5 s, and after 9.5 s their
// connections are broken and the process exits with 1, as it does when it
// cannot listen: Cloud Run waits 10 s.
//
// A process whose handlers do not return any more, since one has left a mutex
// locked for instance, drains likewise and exits with 1, so that the platform
// starts another: one has not returned while three later requests became late
// too.
//
// The context of a request ends after CLOUD_RUN_TIMEOUT_SECONDS, where that is
// set, as under the functions framework. Its body has to arrive within the same
// time, or an hour; its headers within 10 s and 64 KiB, above which the answer
// is 431.
//
// It speaks HTTP/1.1 only, which is what Cloud Run speaks to a container unless
// the service asks for HTTP/2 end to end; TLS is a matter of what stands before
// it. A response that is flushed leaves at once.
func Serve(h http.Handler) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	l, err := net.Listen("tcp", address())
	if err == nil {
		err = serve(ctx, l, h)
	}
	if err != nil {
		slog.Error("serving failed", "error", err.Error())
		os.Exit(1)
	}
}

// address returns the host and port on which the process listens.
//
// https://github.com/GoogleCloudPlatform/functions-framework-go#quickstart-hello-world-on-your-local-machine
func address() string {
	host := ""
	if os.Getenv("LOCAL_ONLY") == "true" {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, cmp.Or(os.Getenv("PORT"), "8080"))
}

// serve serves on l until ctx ends and the requests in flight are answered.
func serve(ctx context.Context, l net.Listener, h http.Handler) error {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	requests, cancel := context.WithCancel(run.Watch(context.WithoutCancel(ctx), func(context.Context) { end(run.ErrStuck) }))
	defer cancel()
	timeout := requestTimeout()
	s := &http.Server{
		Handler:           bound(h, timeout),
		BaseContext:       func(net.Listener) context.Context { return requests },
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       cmp.Or(timeout, bodyTimeout), // net/http lifts it at the end of the body
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	slog.Info("draining")
	defer time.AfterFunc(drainTimeout, cancel).Stop()
	drain, done := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout+answerTimeout)
	defer done()
	if err := s.Shutdown(drain); err != nil {
		return errors.Join(stuck(ctx), fmt.Errorf("drain: requests are in flight after %s: %w", drainTimeout+answerTimeout, err), s.Close())
	}
	return stuck(ctx)
}

// stuck returns the error of a context that ended because the process is stuck.
func stuck(ctx context.Context) error {
	if err := context.Cause(ctx); err == run.ErrStuck {
		return err
	}
	return nil
}

// requestTimeout returns how long the platform lets a request last, or 0 where
// it does not say.
func requestTimeout() time.Duration {
	text := os.Getenv("CLOUD_RUN_TIMEOUT_SECONDS")
	if text == "" {
		return 0
	}
	seconds, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		slog.Warn("CLOUD_RUN_TIMEOUT_SECONDS is ignored", "error", err.Error())
		return 0
	}
	return time.Duration(seconds) * time.Second
}

// bound gives the context of each request the timeout, unless that is 0.
func bound(h http.Handler, timeout time.Duration) http.Handler {
	if timeout == 0 {
		return h
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), timeout)
		defer cancel()
		h.ServeHTTP(w, r.WithContext(ctx))
	})
}
