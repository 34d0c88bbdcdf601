package aws

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// A refusal is the status of a request that no handler sees, and why.
type refusal struct {
	status int
	reason error
}

func (r *refusal) Error() string { return r.reason.Error() }

// statusOf returns the status of a refusal.
func statusOf(err error) int {
	if r := (*refusal)(nil); errors.As(err, &r) {
		return r.status
	}
	return http.StatusInternalServerError
}

func refuse(status int, format string, args ...any) error {
	return &refusal{status, fmt.Errorf("decode HTTP request: "+format, args...)}
}

// Limits of a request. What is above is the client's fault.
const (
	// maxBody is the size of a body in bytes, which is the limit of the
	// payload that it came in.
	maxBody = 6 << 20

	// maxHeaderBytes is the size of all names and values of headers, that of
	// net/http's servers. Gateways pass much less.
	maxHeaderBytes = http.DefaultMaxHeaderBytes

	// maxHeaders is the number of headers, each value of one counted.
	maxHeaders = 1000
)

// request returns the request as a net/http server would, with u, which it
// fills, as its URL. An error is a refusal.
func (q *proxyRequest) request(ctx context.Context, u *url.URL) (*http.Request, error) {
	body, length, err := q.content()
	if err != nil {
		return nil, err
	}
	header, host, err := q.header()
	if err != nil {
		return nil, err
	}
	if err := q.target(u); err != nil {
		return nil, refuse(http.StatusBadRequest, "path: %w", err)
	}
	proto := cmp.Or(q.protocol, "HTTP/1.1")
	major, minor, ok := http.ParseHTTPVersion(proto)
	if !ok {
		proto, major, minor = "HTTP/1.1", 1, 1
	}
	return (&http.Request{
		Method:        q.method,
		URL:           u,
		Proto:         proto,
		ProtoMajor:    major,
		ProtoMinor:    minor,
		Header:        header,
		Body:          body,
		ContentLength: int64(length),
		Host:          cmp.Or(host, q.domain),
		RequestURI:    requestURI(u),
		RemoteAddr:    q.remoteAddr(header),
	}).WithContext(ctx), nil
}

// content returns the body and its length.
func (q *proxyRequest) content() (io.ReadCloser, int, error) {
	if !q.isBase64 {
		if len(q.body) > maxBody {
			return nil, 0, refuse(http.StatusRequestEntityTooLarge, "the body has %d bytes, more than %d", len(q.body), maxBody)
		}
		if q.body == "" {
			return http.NoBody, 0, nil
		}
		return io.NopCloser(strings.NewReader(q.body)), len(q.body), nil
	}
	body, err := base64.StdEncoding.DecodeString(q.body)
	switch {
	case err != nil:
		return nil, 0, refuse(http.StatusBadRequest, "body: %w", err)
	case len(body) > maxBody:
		return nil, 0, refuse(http.StatusRequestEntityTooLarge, "the body has %d bytes, more than %d", len(body), maxBody)
	case len(body) == 0:
		return http.NoBody, 0, nil
	}
	return io.NopCloser(bytes.NewReader(body)), len(body), nil
}

// header returns the headers, and the host that is not among them, as net/http
// does.
func (q *proxyRequest) header() (header http.Header, host string, err error) {
	if len(q.headers) > maxHeaders {
		return nil, "", refuse(http.StatusRequestHeaderFieldsTooLarge, "%d headers, more than %d", len(q.headers), maxHeaders)
	}
	size := 0
	header = make(http.Header, len(q.headers)+1)
	values := make([]string, len(q.headers)) // of all headers together
	for i, f := range q.headers {
		size += len(f.name) + len(f.value)
		name := canonical(f.name)
		if name == "Host" {
			host = cmp.Or(host, f.value)
			continue
		}
		if before, ok := header[name]; ok {
			header[name] = append(before, f.value)
			continue
		}
		values[i] = f.value
		header[name] = values[i : i+1 : i+1]
	}
	for _, c := range q.cookies {
		size += len(c)
	}
	if size > maxHeaderBytes {
		return nil, "", refuse(http.StatusRequestHeaderFieldsTooLarge, "headers of %d bytes, more than %d", size, maxHeaderBytes)
	}
	if len(q.cookies) > 0 {
		header.Set("Cookie", strings.Join(q.cookies, "; "))
	}
	return header, host, nil
}

// canonical is http.CanonicalHeaderKey, at hand for what most requests have.
func canonical(name string) string {
	switch name {
	case "accept":
		return "Accept"
	case "accept-encoding":
		return "Accept-Encoding"
	case "accept-language":
		return "Accept-Language"
	case "content-type":
		return "Content-Type"
	case "host":
		return "Host"
	case "user-agent":
		return "User-Agent"
	case "x-amzn-trace-id":
		return "X-Amzn-Trace-Id"
	case "x-forwarded-for":
		return "X-Forwarded-For"
	case "x-forwarded-port":
		return "X-Forwarded-Port"
	case "x-forwarded-proto":
		return "X-Forwarded-Proto"
	}
	return http.CanonicalHeaderKey(name)
}

// target sets path and query of u, the path with its escapes where the gateway
// keeps them.
func (q *proxyRequest) target(u *url.URL) error {
	u.RawQuery = q.search()
	path := q.path
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	if q.gateway == httpAPI {
		u.Path = path
		return nil
	}
	var err error
	if u.Path, err = url.PathUnescape(path); err != nil {
		return err
	}
	if path != u.EscapedPath() {
		u.RawPath = path
	}
	return nil
}

// requestURI returns the target as the client sent it, where URL.RequestURI
// escapes what net/http takes as it is.
func requestURI(u *url.URL) string {
	target := u.RawPath
	if target == "" || strings.ContainsFunc(target, func(c rune) bool { return c <= ' ' || c == 0x7F }) {
		target = u.EscapedPath()
	}
	if u.RawQuery != "" {
		target += "?" + u.RawQuery
	}
	return target
}

// search returns the query: as it was sent in payload format 2.0, and elsewhere
// with its names sorted, since the payload does not tell their order.
func (q *proxyRequest) search() string {
	if q.gateway == functionURL || q.gateway == httpAPI {
		return q.rawQuery
	}
	sorted := slices.Clone(q.query)
	slices.SortStableFunc(sorted, func(a, b pair) int { return cmp.Compare(a.name, b.name) })
	var out strings.Builder
	for i, f := range sorted {
		if i > 0 {
			out.WriteByte('&')
		}
		if q.gateway == restAPI {
			f.name, f.value = url.QueryEscape(f.name), url.QueryEscape(f.value)
		}
		out.WriteString(f.name)
		out.WriteByte('=')
		out.WriteString(f.value)
	}
	return out.String()
}

// remoteAddr returns the client's address as host:port, the form of net/http.
// Gateways do not tell the port, so it is 0. A load balancer tells the address
// only as the last of X-Forwarded-For.
func (q *proxyRequest) remoteAddr(header http.Header) string {
	ip := q.clientIP
	if q.gateway == balancer || q.gateway == balancerValues {
		forwarded := strings.Join(header.Values("X-Forwarded-For"), ",")
		last := strings.TrimSpace(forwarded[strings.LastIndexByte(forwarded, ',')+1:])
		if _, err := netip.ParseAddrPort(last); err == nil { // client port preservation
			return last
		}
		ip = last
	}
	if ip == "" {
		return ""
	}
	return net.JoinHostPort(ip, "0")
}
