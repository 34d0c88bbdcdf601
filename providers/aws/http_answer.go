package aws

import (
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/fngen/fngen/internal/httpbuffer"
	"github.com/fngen/fngen/internal/jsonscan"
)

// response is the ResponseWriter of one request.
type response struct {
	httpbuffer.Response
	request *proxyRequest
	isHead  bool
}

func newResponse(q *proxyRequest) *response {
	return &response{request: q, isHead: q.method == http.MethodHead}
}

// plainResponse answers with the text of a status alone.
func plainResponse(q *proxyRequest, status int) *response {
	w := newResponse(q)
	http.Error(w, http.StatusText(status), status)
	return w
}

// fields returns the headers as they leave, sorted by name, with the type of a
// body that the handler has not typed, guessed by its beginning, and the target
// of a redirect as it is right for the client.
func (w *response) fields() []httpbuffer.Field {
	sent := w.Sent()
	fields := httpbuffer.Fields(sent)
	if status := w.Status(); status >= 300 && status < 400 {
		for i, f := range fields {
			if f.Name == "Location" {
				fields[i].Value = w.request.location(f.Value)
			}
		}
	}
	if length := sent["Content-Length"]; w.isHead && len(length) > 0 { // the handler's statement about a body that is not there
		fields = append(fields, httpbuffer.Field{Name: "Content-Length", Value: length[0]})
	}
	_, isTyped := sent["Content-Type"] // no value suppresses the guess
	if body := w.Body(); !isTyped && len(body) > 0 && sent.Get("Content-Encoding") == "" {
		fields = append(fields, httpbuffer.Field{Name: "Content-Type", Value: http.DetectContentType(body)})
	}
	httpbuffer.Sort(fields)
	return fields
}

// isCoded reports whether the body is gzip for instance.
func (w *response) isCoded() bool {
	coding := w.Sent().Get("Content-Encoding")
	return coding != "" && !strings.EqualFold(coding, "identity")
}

// encode returns the response in the form of the request's gateway, which
// refuses members that it does not know.
func (q *proxyRequest) encode(w *response) []byte {
	fields, body := w.fields(), w.Body()
	if w.isHead {
		body = nil
	}
	asText := !w.isCoded() && utf8.Valid(body)
	size := 128 + len(body) + len(body)/8
	if !asText {
		size = 128 + base64.StdEncoding.EncodedLen(len(body))
	}
	for _, f := range fields {
		size += len(f.Name) + len(f.Value) + 8
	}
	b := q.appendHead(make([]byte, 0, size), w.Status(), fields)
	if asText {
		b = append(b, `,"body":"`...)
		b = jsonscan.AppendEscaped(b, body)
		return append(b, `","isBase64Encoded":false}`...)
	}
	b = append(b, `,"body":"`...)
	b = base64.StdEncoding.AppendEncode(b, body)
	return append(b, `","isBase64Encoded":true}`...)
}

// appendHead appends the beginning of an answer: status and headers, but not
// the brace at its end.
func (q *proxyRequest) appendHead(b []byte, status int, fields []httpbuffer.Field) []byte {
	b = append(b, `{"statusCode":`...)
	b = strconv.AppendInt(b, int64(status), 10)
	if q.gateway == balancer || q.gateway == balancerValues {
		b = append(b, `,"statusDescription":`...) // 200 OK for instance
		b = jsonscan.AppendString(b, strings.TrimSpace(strconv.Itoa(status)+" "+http.StatusText(status)))
	}
	switch q.gateway {
	case restAPI, balancerValues:
		b = appendFields(b, `,"multiValueHeaders":{`, fields, `[`, `]`, `","`)
	case balancer:
		b = appendFields(b, `,"headers":{`, respelled(fields), ``, ``, `, `)
	default:
		rest, cookies := apart(fields)
		b = appendFields(b, `,"headers":{`, rest, ``, ``, `, `)
		for i, c := range cookies {
			if i == 0 {
				b = append(b, `,"cookies":[`...)
			} else {
				b = append(b, ',')
			}
			b = jsonscan.AppendString(b, c.Value)
		}
		if len(cookies) > 0 {
			b = append(b, ']')
		}
	}
	return b
}

// appendFields appends the member begin, if there are fields, with an entry for
// each name, the values of a name joined (RFC 9110, section 5.3, where a
// separator is none of JSON's).
func appendFields(b []byte, begin string, fields []httpbuffer.Field, first, last, separator string) []byte {
	if len(fields) == 0 {
		return b
	}
	b = append(b, begin...)
	for i, f := range fields {
		if i > 0 && fields[i-1].Name == f.Name {
			b = append(b, separator...)
		} else {
			if i > 0 {
				b = append(append(append(b, '"'), last...), ',')
			}
			b = append(append(append(jsonscan.AppendString(b, f.Name), ':'), first...), '"')
		}
		b = jsonscan.AppendEscaped(b, f.Value)
	}
	return append(append(append(b, '"'), last...), '}')
}

const setCookie = "Set-Cookie"

// apart splits sorted fields into the cookies and the rest. Cookies cannot be
// joined.
func apart(fields []httpbuffer.Field) (rest, cookies []httpbuffer.Field) {
	start := 0
	for start < len(fields) && fields[start].Name != setCookie {
		start++
	}
	end := start
	for end < len(fields) && fields[end].Name == setCookie {
		end++
	}
	if start == end {
		return fields, nil
	}
	rest = append(append(make([]httpbuffer.Field, 0, len(fields)), fields[:start]...), fields[end:]...)
	return rest, fields[start:end]
}

// respelled returns the fields with a name of its own for each cookie.
func respelled(fields []httpbuffer.Field) []httpbuffer.Field {
	out, cookies := apart(fields)
	if len(cookies) == 0 {
		return out
	}
	for i, c := range cookies {
		out = append(out, httpbuffer.Field{Name: spelling("set-cookie", i), Value: c.Value})
	}
	httpbuffer.Sort(out)
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
