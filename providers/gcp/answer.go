package gcp

import (
	"io"
	"math"
	"net/http"
	"strconv"

	"github.com/fngen/fngen/internal/run"
)

// answer tells the platform the outcome; package run has logged the cause.
func answer(w http.ResponseWriter, result run.Result) {
	if result.Outcome != run.Retry {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	status := http.StatusInternalServerError
	if _, after := run.Kind(result.Err); after > 0 {
		status = http.StatusServiceUnavailable
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(after.Seconds()))))
	}
	text := http.StatusText(status) + "\n"
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Length", strconv.Itoa(len(text))) // for answerAhead
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)
}

// canAnswerAhead reports whether [answerAhead] does what it says. It does so
// under a server of net/http, on a connection of HTTP/1.
func canAnswerAhead(w http.ResponseWriter, r *http.Request) bool {
	_, flushes := w.(http.Flusher)
	return flushes && r.ProtoMajor == 1 && r.Context().Value(http.ServerContextKey) != nil
}

// answerAhead is answer before ServeHTTP has returned, or where it never does.
// It ends the connection, which the handler keeps, so that a server that is told
// to end does not wait for it.
func answerAhead(w http.ResponseWriter, result run.Result) {
	w.Header().Set("Connection", "close")
	answer(w, result)
	c := http.NewResponseController(w)
	_ = c.Flush()
	if conn, _, err := c.Hijack(); err == nil {
		_ = conn.Close()
	}
}
