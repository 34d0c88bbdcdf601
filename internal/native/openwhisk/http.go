package openwhisk

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"

	"github.com/fngen/fngen/internal/native"
)

// request are the parameters of a raw web action, as OpenWhisk's controller
// makes them: WebActions.scala of apache/openwhisk.
func (c call) request(r native.Request) (json.RawMessage, native.Entry, error) {
	headers := map[string]string{
		"x-forwarded-for": "192.0.2.1", "x-forwarded-proto": "https", "x-request-id": native.Digest(0, "request", c.ID)[:32],
	}
	for name, values := range r.Lower() {
		if len(values) > 0 {
			headers[name] = values[len(values)-1]
		}
	}
	body := base64.StdEncoding.EncodeToString(r.Body)
	if mediaOf(r.Header.Get("Content-Type")).inRequest() {
		body = strings.ToValidUTF8(string(r.Body), "\ufffd")
	}
	path, query, _ := strings.Cut(r.Target, "?")
	value := native.JSON(
		"__ow_body", body,
		"__ow_headers", headers,
		"__ow_method", strings.ToLower(r.Method),
		"__ow_path", renderPath(path),
		"__ow_query", renderQuery(query),
	)
	return value, native.Entry{ID: c.ID, Raw: value}, nil
}

// renderPath returns the path as Akka HTTP writes what it has parsed.
func renderPath(path string) string {
	segments := strings.Split(path, "/")
	for i, s := range segments {
		s, _ = url.PathUnescape(s)
		segments[i] = escaped(s, "!$&'()*+,;=:@")
	}
	return strings.Join(segments, "/")
}

// renderQuery returns the query as Akka HTTP writes what it has parsed.
func renderQuery(query string) string {
	if query == "" {
		return ""
	}
	var pairs []string
	for pair := range strings.SplitSeq(query, "&") {
		name, value, found := strings.Cut(pair, "=")
		name, _ = url.QueryUnescape(name)
		value, _ = url.QueryUnescape(value)
		rendered := strings.ReplaceAll(escaped(name, " !$'()*,;:@/?"), " ", "+")
		if found {
			rendered += "=" + strings.ReplaceAll(escaped(value, " !$'()*,;:@/?="), " ", "+")
		}
		pairs = append(pairs, rendered)
	}
	return strings.Join(pairs, "&")
}

// escaped escapes what is neither unreserved (RFC 3986, section 2.3) nor kept.
func escaped(s, keep string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if alphanumeric := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'; alphanumeric || strings.IndexByte("-._~"+keep, c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.WriteString("%" + string("0123456789ABCDEF"[c>>4]) + string("0123456789ABCDEF"[c&15]))
	}
	return b.String()
}
