// Package httpbuffer holds the response of a handler until it leaves in the form
// that a platform takes.
package httpbuffer

import (
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
)

// A Response is an [http.ResponseWriter] that keeps what is written. It behaves
// as that of net/http's server does as long as nothing is flushed. The zero
// Response is ready.
type Response struct {
	header http.Header // the handler's
	status int         // 0 until it is written
	sent   http.Header // as it was when the status was written
	body   []byte
	closed atomic.Bool
}

var _ http.ResponseWriter = (*Response)(nil)

// Header implements http.ResponseWriter.
func (w *Response) Header() http.Header {
	if w.header == nil {
		w.header = http.Header{}
	}
	return w.header
}

// WriteHeader takes the first final status; informational ones cannot be sent.
// One that is none becomes 500.
func (w *Response) WriteHeader(status int) {
	if w.status != 0 || status >= 100 && status <= 199 || w.closed.Load() {
		return
	}
	if status < 200 || status > 999 {
		slog.Error("invalid status", "status", status)
		status = http.StatusInternalServerError
	}
	w.status, w.sent = status, w.header.Clone()
}

// Write implements http.ResponseWriter.
func (w *Response) Write(p []byte) (int, error) { return write(w, p) }

// WriteString serves io.WriteString.
func (w *Response) WriteString(s string) (int, error) { return write(w, s) }

func write[T string | []byte](w *Response, p T) (int, error) {
	w.WriteHeader(http.StatusOK)
	switch {
	case w.closed.Load():
		return 0, http.ErrHandlerTimeout
	case w.status == http.StatusNoContent || w.status == http.StatusNotModified:
		return 0, http.ErrBodyNotAllowed
	}
	w.body = append(w.body, p...)
	return len(p), nil
}

// Close lets nothing more be written, by a handler that has been answered for
// and still runs: nobody reads the response after that.
func (w *Response) Close() { w.closed.Store(true) }

// Status is 0 as long as none has been written.
func (w *Response) Status() int { return w.status }

// Sent returns the headers as they were when the status was written.
func (w *Response) Sent() http.Header { return w.sent }

// Body returns what has been written and not been taken.
func (w *Response) Body() []byte { return w.body }

// TakeBody returns the body and begins another: the caller owns it.
func (w *Response) TakeBody() []byte {
	body := w.body
	w.body = nil
	return body
}

// A Field is a line of the headers.
type Field struct{ Name, Value string }

// Fields returns the headers as net/http's server writes them, sorted by name:
// what is no name of a header is left out, and so is what frames the message,
// which is the gateway's.
func Fields(header http.Header) []Field {
	fields := make([]Field, 0, len(header))
	for name, values := range header {
		if !isToken(name) {
			continue
		}
		for _, v := range values {
			fields = append(fields, Field{name, v})
		}
	}
	Sort(fields) // by the names as they were written, so that the order of the values is certain
	for i := range fields {
		fields[i] = Field{http.CanonicalHeaderKey(fields[i].Name), OneLine(fields[i].Value)}
	}
	fields = slices.DeleteFunc(fields, func(f Field) bool {
		return f.Name == "Connection" || f.Name == "Transfer-Encoding" || f.Name == "Content-Length"
	})
	Sort(fields)
	return fields
}

// Sort sorts by name and keeps the order of the values of each.
func Sort(fields []Field) {
	slices.SortStableFunc(fields, func(a, b Field) int { return strings.Compare(a.Name, b.Name) })
}

// isToken reports whether name can be that of a header (RFC 9110, section 5.6.2).
func isToken(name string) bool {
	for _, c := range []byte(name) {
		isAlphanumeric := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !isAlphanumeric && !strings.ContainsRune("!#$%&'*+-.^_`|~", rune(c)) {
			return false
		}
	}
	return name != ""
}

// OneLine keeps a header's value from becoming two headers.
func OneLine(value string) string {
	if strings.ContainsAny(value, "\r\n") {
		value = strings.NewReplacer("\n", " ", "\r", " ").Replace(value)
	}
	return strings.TrimSpace(value)
}
