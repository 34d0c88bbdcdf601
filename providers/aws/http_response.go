package aws

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"
)

// response is the ResponseWriter of one request. It behaves as net/http's does
// as long as nothing is flushed.
type response struct {
	isHead bool
	header http.Header // the handler's
	sent   http.Header // as it was when the status was written
	status int         // 0 until it is written
	body   []byte
}

var _ http.ResponseWriter = (*response)(nil)

func newResponse(q *proxyRequest) *response {
	return &response{isHead: q.Method == http.MethodHead, header: http.Header{}}
}

// plainResponse answers with the text of a status alone.
func plainResponse(q *proxyRequest, status int) *response {
	w := newResponse(q)
	http.Error(w, http.StatusText(status), status)
	return w
}

func (w *response) Header() http.Header { return w.header }

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
	w.sent = w.header.Clone()
}

func (w *response) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	if w.status == http.StatusNoContent || w.status == http.StatusNotModified {
		return 0, http.ErrBodyNotAllowed
	}
	w.body = append(w.body, p...)
	return len(p), nil
}

// finish returns headers and body as they leave.
func (w *response) finish() (http.Header, []byte) {
	header := http.Header{}
	for name, values := range w.sent {
		for _, v := range values {
			if isToken(name) {
				header.Add(name, oneLine(v))
			}
		}
	}
	_, typed := w.sent["Content-Type"] // nil suppresses the sniffing
	if !typed && len(w.body) > 0 && header.Get("Content-Encoding") == "" {
		header.Set("Content-Type", http.DetectContentType(w.body))
	}
	// The gateway frames the message. On HEAD the length is the handler's
	// statement about a body that is not there.
	header.Del("Connection")
	header.Del("Transfer-Encoding")
	if w.isHead {
		return header, nil
	}
	header.Del("Content-Length")
	return header, w.body
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

// proxyAnswer is the answer to any gateway; a gateway refuses members that it
// does not know.
type proxyAnswer struct {
	Status      int                 `json:"statusCode"`
	Description string              `json:"statusDescription,omitempty"`
	Header      map[string]string   `json:"headers,omitempty"`
	MultiHeader map[string][]string `json:"multiValueHeaders,omitempty"`
	Cookies     []string            `json:"cookies,omitempty"`
	Body        string              `json:"body"`
	IsBase64    bool                `json:"isBase64Encoded"`
}

// encode returns the response in the form of the request's gateway.
func (q *proxyRequest) encode(w *response) ([]byte, error) {
	header, body := w.finish()
	a := proxyAnswer{Status: w.status}
	if e := header.Get("Content-Encoding"); !utf8.Valid(body) || e != "" && !strings.EqualFold(e, "identity") {
		a.Body, a.IsBase64 = base64.StdEncoding.EncodeToString(body), true
	} else {
		a.Body = string(body)
	}
	switch q.gateway {
	case functionURL, httpAPI:
		a.Cookies = header.Values("Set-Cookie")
		header.Del("Set-Cookie")
		a.Header = folded(header)
	case restAPI:
		a.MultiHeader = header
	case balancerValues:
		a.MultiHeader = header
		a.Description = statusLine(w.status)
	case balancer:
		cookies := slices.Clone(header.Values("Set-Cookie"))
		header.Del("Set-Cookie")
		a.Header = folded(header)
		for i, c := range cookies {
			a.Header[spelling("set-cookie", i)] = c
		}
		a.Description = statusLine(w.status)
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(a); err != nil {
		return nil, fmt.Errorf("encode HTTP response: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// folded joins the values of each header (RFC 9110, section 5.3).
func folded(header http.Header) map[string]string {
	out := make(map[string]string, len(header))
	for name, values := range header {
		out[name] = strings.Join(values, ", ")
	}
	return out
}

// spelling returns the i-th way to write name in upper and lower case. Cookies
// cannot be folded, and a load balancer without multi-value headers takes one
// value for each spelling of a name.
func spelling(name string, i int) string {
	b := []byte(name)
	for at := range b {
		if b[at] < 'a' || b[at] > 'z' {
			continue
		}
		if i&1 == 1 {
			b[at] -= 'a' - 'A'
		}
		i >>= 1
	}
	return string(b)
}

// statusLine returns a status as a load balancer wants it, 200 OK for instance.
func statusLine(status int) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", status, http.StatusText(status)))
}
