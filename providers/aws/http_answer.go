package aws

import (
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/fngen/fngen/internal/jsonscan"
)

// encode returns the response in the form of the request's gateway, which
// refuses members that it does not know.
func (q *proxyRequest) encode(w *response) []byte {
	fields, body := w.finish()
	asText := !w.isCoded && utf8.Valid(body)
	size := 128 + len(body) + len(body)/8
	if !asText {
		size = 128 + base64.StdEncoding.EncodedLen(len(body))
	}
	for _, f := range fields {
		size += len(f.name) + len(f.value) + 8
	}
	b := q.appendHead(make([]byte, 0, size), w.status, fields)
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
func (q *proxyRequest) appendHead(b []byte, status int, fields []pair) []byte {
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
			b = jsonscan.AppendString(b, c.value)
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
func appendFields(b []byte, begin string, fields []pair, first, last, separator string) []byte {
	if len(fields) == 0 {
		return b
	}
	b = append(b, begin...)
	for i, f := range fields {
		if i > 0 && fields[i-1].name == f.name {
			b = append(b, separator...)
		} else {
			if i > 0 {
				b = append(append(append(b, '"'), last...), ',')
			}
			b = append(append(append(jsonscan.AppendString(b, f.name), ':'), first...), '"')
		}
		b = jsonscan.AppendEscaped(b, f.value)
	}
	return append(append(append(b, '"'), last...), '}')
}

const setCookie = "Set-Cookie"

// apart splits sorted fields into the cookies and the rest. Cookies cannot be
// joined.
func apart(fields []pair) (rest, cookies []pair) {
	start := 0
	for start < len(fields) && fields[start].name != setCookie {
		start++
	}
	end := start
	for end < len(fields) && fields[end].name == setCookie {
		end++
	}
	if start == end {
		return fields, nil
	}
	rest = append(append(make([]pair, 0, len(fields)), fields[:start]...), fields[end:]...)
	return rest, fields[start:end]
}

// respelled returns the fields with a name of its own for each cookie.
func respelled(fields []pair) []pair {
	out, cookies := apart(fields)
	if len(cookies) == 0 {
		return out
	}
	for i, c := range cookies {
		out = append(out, pair{spelling("set-cookie", i), c.value})
	}
	sortFields(out)
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
