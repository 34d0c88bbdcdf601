package gcp

import (
	"bufio"
	"errors"
	"net"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/fngen/fngen/internal/run/mark"
)

// guard calls h and lets no panic out. The functions framework must not see
// one: it appends a text of its own to what was written, and the client gets
// that as a whole response with status 200.
func guard(h http.Handler, w http.ResponseWriter, r *http.Request) {
	tracked := &writer{ResponseWriter: w}
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if p != http.ErrAbortHandler { // the word of net/http for a broken connection, not a failure
			mark.Log(r.Context(), "handler panicked", "panic", mark.Text(p), "stack", string(debug.Stack()))
			if !tracked.started {
				clear(w.Header())
				http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
				return
			}
		}
		abort(w)
	}()
	h.ServeHTTP(tracked, r)
}

// abort breaks the connection. The deadline in the past keeps what is still
// buffered from leaving: a status that has no body would be a whole response.
func abort(w http.ResponseWriter) {
	c := http.NewResponseController(w)
	_ = c.SetWriteDeadline(time.Unix(1, 0)) // without it Hijack would send the headers
	conn, _, err := c.Hijack()
	switch {
	case err == nil:
		_ = conn.Close()
	case errors.Is(err, http.ErrHijacked): // the handler's own connection
	default:
		panic(http.ErrAbortHandler) // HTTP/2, which the functions framework does not speak
	}
}

// writer knows whether the response has started.
type writer struct {
	http.ResponseWriter
	started bool
}

func (w *writer) WriteHeader(status int) {
	w.ResponseWriter.WriteHeader(status)
	if status >= 200 || status == http.StatusSwitchingProtocols {
		w.started = true
	}
}

func (w *writer) Write(b []byte) (int, error) {
	w.started = true
	return w.ResponseWriter.Write(b)
}

// Flush serves handlers that ask for an http.Flusher.
func (w *writer) Flush() { _ = w.FlushError() }

// FlushError serves http.ResponseController.
func (w *writer) FlushError() error {
	w.started = true
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Hijack serves handlers that ask for an http.Hijacker.
func (w *writer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffer, err := http.NewResponseController(w.ResponseWriter).Hijack()
	w.started = w.started || err == nil
	return conn, buffer, err
}

// Unwrap serves http.ResponseController.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }
