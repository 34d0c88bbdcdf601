package aws

import (
	"log/slog"
	"net/http"
	"slices"
	"strings"
)

// response is the ResponseWriter of one request. It behaves as net/http's does
// as long as nothing is flushed.
type response struct {
	isHead  bool
	isTyped bool // Content-Type is not to be guessed
	isCoded bool // the body is gzip for instance
	header  http.Header
	status  int    // 0 until it is written
	fields  []pair // the headers as they were then, sorted by name
	body    []byte

	bodySpace  [128]byte // of body and fields while they are small, without allocations
	fieldSpace [8]pair
}

var _ http.ResponseWriter = (*response)(nil)

func newResponse(q *proxyRequest) *response {
	w := &response{}
	w.init(q)
	return w
}

func (w *response) init(q *proxyRequest) {
	w.isHead = q.method == http.MethodHead
	w.body, w.fields = w.bodySpace[:0], w.fieldSpace[:0]
}

// plainResponse answers with the text of a status alone.
func plainResponse(q *proxyRequest, status int) *response {
	w := newResponse(q)
	http.Error(w, http.StatusText(status), status)
	return w
}

func (w *response) Header() http.Header {
	if w.header == nil {
		w.header = http.Header{}
	}
	return w.header
}

// WriteHeader takes the first final status; informational ones cannot be sent.
func (w *response) WriteHeader(status int) {
	if w.status != 0 || status >= 100 && status <= 199 {
		return
	}
	if status < 200 || status > 999 {
		slog.Error("invalid status", "status", status)
		status = http.StatusInternalServerError
	}
	w.status = status
	w.freeze()
}

// hasNoBody reports whether the status forbids a body.
func (w *response) hasNoBody() bool {
	return w.status == http.StatusNoContent || w.status == http.StatusNotModified
}

func (w *response) Write(p []byte) (int, error) { return write(w, p) }

// WriteString serves io.WriteString.
func (w *response) WriteString(s string) (int, error) { return write(w, s) }

func write[T string | []byte](w *response, p T) (int, error) {
	w.WriteHeader(http.StatusOK)
	if w.hasNoBody() {
		return 0, http.ErrBodyNotAllowed
	}
	w.body = append(w.body, p...)
	return len(p), nil
}

// freeze takes the headers that leave.
func (w *response) freeze() {
	for name, values := range w.header {
		for _, v := range values {
			w.fields = append(w.fields, pair{name, v})
		}
		w.isTyped = w.isTyped || name == "Content-Type" // no value suppresses the guess
	}
	sortFields(w.fields) // of the names as they were written, so that the order of the values is certain
	w.fields = slices.DeleteFunc(w.fields, func(f pair) bool { return !isToken(f.name) })
	for i := range w.fields {
		f := &w.fields[i]
		f.name, f.value = http.CanonicalHeaderKey(f.name), oneLine(f.value)
		if f.name == "Content-Encoding" && f.value != "" {
			w.isTyped = true
			w.isCoded = w.isCoded || !strings.EqualFold(f.value, "identity")
		}
	}
	w.fields = slices.DeleteFunc(w.fields, func(f pair) bool {
		switch f.name {
		case "Connection", "Transfer-Encoding": // the gateway frames the message
			return true
		case "Content-Length": // on HEAD, the handler's statement about a body that is not there
			return !w.isHead
		}
		return false
	})
	sortFields(w.fields)
}

// sortFields sorts by name and keeps the order of the values of each.
func sortFields(fields []pair) {
	slices.SortStableFunc(fields, func(a, b pair) int { return strings.Compare(a.name, b.name) })
}

// finish returns headers and body as they leave, the headers sorted by name. It
// guesses the type of a body that the handler has not typed, by its beginning.
func (w *response) finish() ([]pair, []byte) {
	if !w.isTyped && len(w.body) > 0 {
		w.isTyped = true
		w.fields = append(w.fields, pair{"Content-Type", http.DetectContentType(w.body)})
		sortFields(w.fields)
	}
	if w.isHead {
		return w.fields, nil
	}
	return w.fields, w.body
}

// isToken reports whether name is a header name (RFC 9110, section 5.6.2).
func isToken(name string) bool {
	for _, c := range []byte(name) {
		isAlphanumeric := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !isAlphanumeric && !strings.ContainsRune("!#$%&'*+-.^_`|~", rune(c)) {
			return false
		}
	}
	return name != ""
}

// oneLine keeps a value from becoming two headers.
func oneLine(v string) string {
	if strings.ContainsAny(v, "\r\n") {
		v = strings.NewReplacer("\n", " ", "\r", " ").Replace(v)
	}
	return strings.TrimSpace(v)
}
