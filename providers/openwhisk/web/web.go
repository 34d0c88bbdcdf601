// Package web runs HTTP handlers on Apache OpenWhisk, as raw web actions. It is
// a package of its own because a program that only handles events is 1.5 MB
// smaller without net/http.
//
// The action needs the annotations web-export and raw-http. Its path is what
// follows the action's name in the URL. The platform's own limit for a request
// and for a reply is 1 MB, in its JSON form, and it does not stream.
package web

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/portable"
	"github.com/fngen/fngen/internal/run"
	"github.com/fngen/fngen/providers/openwhisk"
	"github.com/fngen/fngen/providers/openwhisk/internal/actionloop"
)

// HTTP is a raw web action.
type HTTP struct{}

// Serve hands requests to h until standard input ends. It speaks ActionLoop as
// [openwhisk.Start] does.
func Serve(h http.Handler, src HTTP) {
	actionloop.Serve(Handler(h, src).Invoke)
}

// Handler returns what [Serve] serves, for tests and benchmarks.
//
// Requests differ from those of net/http's server in three ways: a header has
// one value, RemoteAddr is empty, and Accept-Encoding is taken off. A handler
// that panics is answered with 500, one that does not return before the
// activation ends with 504.
func Handler(h http.Handler, src HTTP) openwhisk.Invoker { return &invoker{h} }

type invoker struct{ handler http.Handler }

func (i *invoker) Invoke(ctx context.Context, line []byte) []byte {
	request, err := actionloop.Decode(line)
	if err != nil {
		return actionloop.Refuse(err)
	}
	a, err := decode(request.Value)
	if err != nil {
		return actionloop.Refuse(err)
	}
	ctx, cancel := request.Context(ctx)
	defer cancel()
	record := &run.Record{Name: "HTTP request " + request.ActivationID, Describe: func() (fn.Delivery, []byte) {
		return request.Delivery(portable.HTTP), withoutSecrets(request.Value)
	}}
	ctx = run.WithRequest(ctx, record, run.Request{ID: request.ActivationID, Source: request.ActionSource()})
	return i.serve(ctx, record.Name, a)
}

func (i *invoker) serve(ctx context.Context, name string, a activation) []byte {
	ctx, answerBy, cancel := run.Reserve(ctx)
	defer cancel()
	r, err := a.request(ctx)
	if err != nil {
		return fail(ctx, name, http.StatusBadRequest, err)
	}
	if ctx.Err() != nil {
		return fail(ctx, name, http.StatusGatewayTimeout, fmt.Errorf("not started: %w", ctx.Err()))
	}
	w := newResponse()
	done := make(chan error, 1)
	go call(i.handler, w, r, name, done)

	var late <-chan time.Time
	if !answerBy.IsZero() {
		timer := time.NewTimer(time.Until(answerBy))
		defer timer.Stop()
		late = timer.C
	}
	select {
	case err := <-done:
		if err != nil {
			return fail(ctx, name, http.StatusInternalServerError, err)
		}
		return w.encode()
	case <-late:
		w.close()
		return fail(ctx, name, http.StatusGatewayTimeout, fmt.Errorf("the handler has not returned in time: %w", context.DeadlineExceeded))
	}
}

// call runs the handler once and says when it is through. A panic becomes an
// error.
func call(h http.Handler, w http.ResponseWriter, r *http.Request, name string, done chan<- error) {
	returned := false
	defer func() {
		if returned {
			done <- nil
			return
		}
		p := recover() // nil for runtime.Goexit
		if p != http.ErrAbortHandler {
			slog.ErrorContext(r.Context(), "handler panicked", "request", name, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		}
		done <- fmt.Errorf("panic: %v", p)
	}()
	h.ServeHTTP(w, r)
	returned = true
}

// fail answers a request that has no response of the handler, and logs why.
func fail(ctx context.Context, name string, status int, err error) []byte {
	slog.ErrorContext(ctx, "request failed", "request", name, "status", status, "error", err.Error())
	w := newResponse()
	http.Error(w, http.StatusText(status), status)
	return w.encode()
}
