package aws

import (
	"cmp"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

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
