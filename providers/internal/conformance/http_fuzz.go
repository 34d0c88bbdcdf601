package conformance

import (
	"bufio"
	"bytes"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzHTTP compares what a handler sees of an arbitrary request under net/http
// and behind each gateway, but for the gateway's losses. The input is the request
// as bytes; what net/http does not read, or [readWire] takes for a matter of the
// connection, is no request.
func FuzzHTTP(f *testing.F, gateways ...Gateway) {
	for _, app := range httpApps(f) {
		for _, c := range app.cases {
			if raw := c.wire.bytes(); len(raw) < 1<<10 {
				f.Add(raw)
			}
		}
	}
	for _, raw := range []string{
		"GET /a\"b|c?q=\"{}&q=é HTTP/1.1\r\nHost: shop.example\r\n\r\n",
		"GET /größe/%e4/%2F/a%20b//c;d?%zz&a=1;b=2&&=3&a HTTP/1.1\r\nHost: shop.example:8080\r\n\r\n",
		"GET //double/./../x#y? HTTP/1.0\r\nHost: [::1]:80\r\nPragma: no-cache\r\nX-A: 1\r\nx-a:  2 \r\nX_b: ü\r\n\r\n",
		"POST /??a HTTP/1.1\r\nHost: x\r\nCookie: a=1; b=2\r\nCookie: c\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 2\r\n\r\n\xff\n",
		"PROPFIND /+?+=%2B HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTrailer: T\r\n\r\n1\r\nx\r\n0\r\nT: 1\r\n\r\n",
	} {
		f.Add([]byte(raw))
	}
	answer := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	f.Fuzz(func(t *testing.T, raw []byte) {
		w, ok := readWire(raw)
		if !ok {
			return
		}
		for _, g := range gateways {
			if g.Carries == nil || g.Carries(w) {
				g.compare(t, readRequest, answer, w, make([]bool, len(g.Losses)))
			}
		}
	})
}

// readRequest gives h the request as net/http's server reads it, without a
// server.
func readRequest(t testing.TB, h http.Handler, w Wire) Reply {
	t.Helper()
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(w.bytes())))
	if err != nil {
		t.Fatalf("%q: %v", w.bytes(), err)
	}
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, r)
	return Reply{answer.Code, answer.Result().Header, answer.Body.Bytes()}
}

// hops are the headers of the connection to a gateway, which it keeps to itself,
// and the length and the host, which a Wire has elsewhere.
//
// https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1
var hops = []string{
	"Connection", "Content-Length", "Expect", "Host", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "Te", "Trailer",
	"Transfer-Encoding", "Upgrade",
}

// readWire reads the request that the bytes begin with. Left out is what no
// gateway passes on: a target that is no path, CONNECT, characters that a JSON
// string cannot hold or that net/http's server refuses, a request without a host,
// and what is above the limits of headers.
func readWire(raw []byte) (Wire, bool) {
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
	if err != nil {
		return Wire{}, false
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, 64<<10))
	if err != nil {
		return Wire{}, false
	}
	w := Wire{Host: r.Host, Method: r.Method, Target: r.RequestURI, Body: body, Chunked: r.TransferEncoding != nil}
	if !strings.HasPrefix(w.Target, "/") || w.Method == http.MethodConnect || w.Host == "" || strings.ContainsAny(w.Host, " \t") || len(r.Header) > 100 || !printable(w.Host+w.Target) {
		return Wire{}, false
	}
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		if strings.ContainsFunc(name, func(c rune) bool {
			return c >= utf8.RuneSelf || c <= ' ' || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, c)
		}) {
			return Wire{}, false // no token
		}
		for _, value := range r.Header[name] {
			if !printable(value) {
				return Wire{}, false
			}
			if !slices.Contains(hops, name) {
				w.Header = append(w.Header, Field{name, value})
			}
		}
	}
	_, err = http.ReadRequest(bufio.NewReader(bytes.NewReader(w.bytes())))
	return w, err == nil
}

// printable reports whether the text is UTF-8 without control characters.
func printable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7F })
}
