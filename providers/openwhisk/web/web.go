// Package web runs HTTP handlers on Apache OpenWhisk, as raw web actions. It is
// a package of its own because a program that only handles events is 1.5 MB
// smaller without net/http.
//
// The action needs the annotations web-export and raw-http, and a public one
// web-custom-options. Without that the controller answers OPTIONS by itself and
// adds its own CORS headers, for every origin, to every response; with it
// OPTIONS passes without credentials. Its path is what follows the action's
// name in the URL.
//
// All else is as under net/http's server, but for what the platform does not
// carry. Of a request:
//
//   - a header has one value, the last one sent
//   - RemoteAddr is empty
//   - Accept-Encoding is taken off, since a reply in text cannot be compressed;
//     the gateway compresses by itself
//   - escapes in the path that need not be are resolved, and the query is
//     encoded anew: its values are the same
//   - a body that its content type says is text is UTF-8: other bytes arrive as
//     U+FFFD, also in text that is compressed
//   - Content-Type is written anew, with charset=UTF-8 for charset=utf-8
//   - methods are GET, HEAD, POST, PUT, PATCH, DELETE and OPTIONS
//
// Of a response:
//
//   - it goes out in one piece when the handler returns: no Flush, no Hijack, no
//     informational status, no trailers
//   - text that is not UTF-8, and text that the handler compressed, becomes
//     application/octet-stream, and so does a content type that is none
//   - Content-Type is written anew, and text has charset=UTF-8
//   - an empty body has no Content-Type, a HEAD without a body too
//   - a status that is not registered becomes x00 of its class
//
// Either is 1 MB at most, in its JSON form and unless the operator raises it:
// the controller answers a larger request with 413, and for a larger response
// with 400.
package web

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"runtime/debug"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/headers"
	"github.com/fngen/fngen/internal/httpbuffer"
	"github.com/fngen/fngen/internal/portable"
	"github.com/fngen/fngen/internal/run"
	"github.com/fngen/fngen/internal/run/mark"
	"github.com/fngen/fngen/providers/openwhisk"
	"github.com/fngen/fngen/providers/openwhisk/internal/actionloop"
)

// HTTP is a raw web action.
type HTTP struct {
	// Keep names headers, besides those that [fn.Delivery] always has, that are
	// among its attributes and in its Raw: a webhook's signature for instance.
	Keep []string
}

// Serve hands requests to h until standard input ends. It speaks ActionLoop as
// [openwhisk.Start] does.
func Serve(h http.Handler, src HTTP) {
	actionloop.Serve((&invoker{h, src.Keep}).Invoke)
}

// Handler returns what [Serve] serves.
//
// A handler that panics is answered with 500, whatever it wrote before, and one
// that does not return before the activation ends with 504.
func Handler(h http.Handler, src HTTP) openwhisk.Invoker { return &invoker{h, src.Keep} }

type invoker struct {
	handler http.Handler
	keep    headers.Kept // of the headers, in deliveries
}

// Invoke implements openwhisk.Invoker.
func (i *invoker) Invoke(ctx context.Context, line []byte) []byte {
	request, err := actionloop.Decode(line)
	if err != nil {
		return actionloop.Refuse(err)
	}
	a, err := decode(request.Value)
	if err != nil {
		return actionloop.Refuse(err)
	}
	request.Identify()
	native := &httpRequest{actionloop.Activation{Request: request, Trigger: portable.HTTP, Name: "HTTP request"}, a.headers, i.keep}
	ctx = run.WithRequest(request.Context(ctx), native, run.Request{ID: request.ActivationID, Source: request.ActionSource()})
	return i.serve(ctx, native.String(), a)
}

// httpRequest is an activation by a request.
type httpRequest struct {
	actionloop.Activation
	headers map[string]string
	keep    headers.Kept
}

// Delivery implements run.Native: the attributes are the activation's, and the
// headers that are shown.
func (r *httpRequest) Delivery() fn.Delivery {
	d := r.Activation.Delivery()
	r.keep.Add(d.Attributes, maps.All(r.headers))
	return d
}

// Raw implements run.Native: what the client asks for. Other parameters are the
// action's and its package's own, which may be secrets.
func (r *httpRequest) Raw() []byte {
	shown := map[string]string{}
	for name, value := range r.headers {
		if r.keep.Has(name) {
			shown[name] = value
		}
	}
	value := actionloop.Value{}
	for _, name := range []string{"__ow_method", "__ow_path", "__ow_query", "__ow_body"} {
		if given, ok := r.Request.Value[name]; ok {
			value[name] = given
		}
	}
	if r.headers != nil {
		value[actionloop.Headers] = actionloop.Answer(shown)
	}
	return actionloop.Answer(value)
}

func (i *invoker) serve(ctx context.Context, name string, a activation) []byte {
	reserved := run.Reserve(ctx)
	defer reserved.End()
	r, err := a.request(reserved)
	if err != nil {
		return fail(reserved, name, http.StatusBadRequest, err)
	}
	if err := reserved.Err(); err != nil {
		return fail(reserved, name, http.StatusGatewayTimeout, fmt.Errorf("not started: %w", err))
	}
	w := &httpbuffer.Response{}
	var failed error
	if !reserved.Run(func() { call(i.handler, w, r, name, &failed) }) {
		w.Close()
		return fail(reserved, name, http.StatusGatewayTimeout, fmt.Errorf("%w: %w", run.ErrNotReturned, context.DeadlineExceeded))
	}
	if failed != nil {
		return fail(reserved, name, http.StatusInternalServerError, failed)
	}
	return encode(w)
}

// call runs the handler once. A panic becomes failed, and so does a handler that
// ends its goroutine.
func call(h http.Handler, w http.ResponseWriter, r *http.Request, name string, failed *error) {
	returned := false
	defer func() {
		if returned {
			return
		}
		p := recover() // nil for runtime.Goexit
		text := "runtime.Goexit"
		if p != nil {
			text = mark.Text(p)
		}
		if p != http.ErrAbortHandler {
			mark.Log(r.Context(), "handler panicked", "request", name, "panic", text, "stack", string(debug.Stack()))
		}
		*failed = fmt.Errorf("panic: %s", text)
	}()
	h.ServeHTTP(w, r)
	returned = true
}

// fail answers a request that has no response of the handler, and logs why.
func fail(ctx context.Context, name string, status int, err error) []byte {
	mark.Log(ctx, "request failed", "request", name, "status", status, "error", err.Error())
	w := &httpbuffer.Response{}
	http.Error(w, http.StatusText(status), status)
	return encode(w)
}
