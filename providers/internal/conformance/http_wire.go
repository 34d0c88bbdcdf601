package conformance

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"
)

// NetHTTP sends the request to a server of net/http, byte by byte as it stands,
// which no client of net/http does.
func NetHTTP(t testing.TB, h http.Handler, w Wire) Reply {
	t.Helper()
	server := httptest.NewServer(h)
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	sent := make(chan error, 1)
	go func() { // at the same time, since the server may answer before it has read all
		_, err := conn.Write(w.bytes())
		sent <- err
	}()
	r := bufio.NewReader(conn)
	for {
		resp, err := http.ReadResponse(r, &http.Request{Method: w.Method})
		if err != nil {
			t.Fatalf("read response: %v", err)
		}
		if resp.StatusCode < 200 {
			continue
		}
		body, err := io.ReadAll(resp.Body)
		if err := errors.Join(err, <-sent); err != nil {
			t.Fatal(err)
		}
		return Reply{resp.StatusCode, resp.Header, body}
	}
}

// Host is the host of every request that names no other.
const Host = "shop.example"

// HostName returns the host that the client asks for.
func (w Wire) HostName() string { return cmp.Or(w.Host, Host) }

// bytes returns the message of HTTP/1.1.
func (w Wire) bytes() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\n", w.Method, w.Target, w.HostName())
	for _, f := range w.Header {
		fmt.Fprintf(&b, "%s: %s\r\n", f.Name, f.Value)
	}
	switch {
	case w.Chunked:
		fmt.Fprintf(&b, "Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(w.Body), w.Body)
	case len(w.Body) > 0 || w.Method == http.MethodPost:
		fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(w.Body), w.Body)
	default:
		b.WriteString("\r\n")
	}
	return b.Bytes()
}

// Seen is a request as a handler sees it.
type Seen struct {
	Method, RequestURI, Host, Proto string

	URL              url.URL
	Query            url.Values
	Header           http.Header // without Content-Length, which Length tells
	Cookies          []string
	Length           int64
	TransferEncoding []string
	Body             []byte
}

// recording notes the request in seen and hands it to h.
func recording(seen **Seen, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		s := &Seen{
			Method: r.Method, RequestURI: r.RequestURI, Host: r.Host, Proto: r.Proto,
			URL: *r.URL, Query: r.URL.Query(), Header: r.Header.Clone(), Length: r.ContentLength, TransferEncoding: r.TransferEncoding, Body: body,
		}
		s.Header.Del("Content-Length")
		for _, c := range r.Cookies() {
			s.Cookies = append(s.Cookies, c.String())
		}
		if len(body) == 0 {
			s.Body = nil
		}
		*seen = s
		h.ServeHTTP(w, r)
	})
}
