package web

import (
	"encoding/base64"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/fngen/fngen/providers/openwhisk/internal/actionloop"
)

// A response collects what the handler writes.
type response struct {
	header http.Header // the handler's

	mu     sync.Mutex
	status int         // 0 until it is written
	sent   http.Header // as it was when the status was written
	body   []byte
	closed bool // nothing more is taken
}

var _ http.ResponseWriter = (*response)(nil)

func newResponse() *response { return &response{header: http.Header{}} }

func (w *response) Header() http.Header { return w.header }

func (w *response) WriteHeader(status int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.writeHeader(status)
}

func (w *response) writeHeader(status int) {
	informational := status >= 100 && status < 200 // there is no way to send one
	if w.closed || w.status != 0 || informational {
		return
	}
	w.status = knownStatus(status)
	w.sent = w.header.Clone()
}

func (w *response) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return 0, http.ErrHandlerTimeout
	}
	w.writeHeader(http.StatusOK)
	if w.status == http.StatusNoContent || w.status == http.StatusNotModified {
		return 0, http.ErrBodyNotAllowed
	}
	w.body = append(w.body, b...)
	return len(b), nil
}

// close lets nothing more be written. It leaves the header alone, which a
// handler that has not returned may still be changing.
func (w *response) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
}

// knownStatus returns the status, or for one that is not registered the one
// that clients have to take it for (RFC 9110, section 15): the controller
// refuses statuses that it does not know.
func knownStatus(status int) int {
	switch {
	case http.StatusText(status) != "":
		return status
	case status >= 200 && status < 600:
		return status / 100 * 100
	}
	return http.StatusInternalServerError
}

// encode makes the answer of a response whose handler has returned.
func (w *response) encode() []byte {
	w.WriteHeader(http.StatusOK) // if nothing was written
	w.close()
	contentType, body := encodeBody(w.sent, w.body)
	headers := make(map[string]any, len(w.sent)+1)
	for name, values := range w.sent {
		switch {
		case !isToken(name) || len(values) == 0:
		case name == "Content-Length" || name == "Transfer-Encoding" || name == "Connection": // the gateway's
		case len(values) == 1:
			headers[name] = oneLine(values[0])
		default:
			all := make([]string, len(values))
			for i, v := range values {
				all[i] = oneLine(v)
			}
			headers[name] = all
		}
	}
	headers["Content-Type"] = contentType
	return actionloop.Answer(struct {
		StatusCode int            `json:"statusCode"`
		Headers    map[string]any `json:"headers"`
		Body       string         `json:"body"`
	}{w.status, headers, body})
}

// encodeBody returns the body as the controller wants it for the content type,
// which is sniffed if the handler gave none.
func encodeBody(header http.Header, body []byte) (contentType, encoded string) {
	contentType = oneLine(header.Get("Content-Type"))
	switch {
	case contentType == "" && header.Get("Content-Encoding") == "":
		contentType = http.DetectContentType(body)
	case parse(contentType).name == "":
		contentType = binary
	}
	if textInReply(contentType) {
		if utf8.Valid(body) {
			return contentType, string(body)
		}
		slog.Warn("reply sent as "+binary+": OpenWhisk carries this content type in UTF-8 only", "content type", contentType)
		contentType = binary
	}
	return contentType, base64.StdEncoding.EncodeToString(body)
}

// binary is the content type of which every body can be carried.
const binary = "application/octet-stream"

// oneLine makes a header's value safe, as net/http does.
func oneLine(value string) string {
	return strings.TrimSpace(strings.NewReplacer("\r", " ", "\n", " ").Replace(value))
}

// isToken reports whether name can be a header's (RFC 9110, section 5.6.2).
func isToken(name string) bool {
	for i := range len(name) {
		c := name[i]
		alphanumeric := c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !alphanumeric && !strings.ContainsRune("!#$%&'*+-.^_`|~", rune(c)) {
			return false
		}
	}
	return name != ""
}
