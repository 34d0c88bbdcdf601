package sinks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// hidden are the parts of the addresses below that nobody may read.
var hidden = []string{"alice", "s3cret", "t0ken", "q=", "hook"}

// brokenProxy has no port.
var brokenProxy = "http://alice:s3cret@host:t0ken/"

// Every failure of a call, as net/http tells it, is said without user, password,
// path and query of the address, of a redirect and of a proxy; and why it failed
// is said where that is known to hold none of them.
func TestFailed(t *testing.T) {
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodConnect {
			w.WriteHeader(http.StatusProxyAuthRequired)
			return
		}
		switch r.URL.Query().Get("does") {
		case "redirect":
			w.Header().Set("Location", "https://alice:s3cret@elsewhere.example/hook/t0ken%zz?q=1")
			w.WriteHeader(http.StatusFound)
		case "wait":
			_, _ = io.Copy(io.Discard, r.Body) // the server looks whether the client is there only then
			<-r.Context().Done()
		case "cut":
			conn, buffered, err := w.(http.Hijacker).Hijack()
			if err == nil {
				_, _ = buffered.WriteString("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx")
				_ = buffered.Flush()
				conn.Close()
			}
		case "garbage":
			conn, buffered, err := w.(http.Hijacker).Hijack()
			if err == nil {
				_, _ = buffered.WriteString("alice s3cret t0ken\r\n\r\n")
				_ = buffered.Flush()
				conn.Close()
			}
		}
	}))
	defer plain.Close()
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	defer secure.Close()
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	of := func(server, does string) string {
		scheme, host, _ := strings.Cut(server, "://")
		return scheme + "://alice:s3cret@" + host + "/hook/t0ken?q=t0ken&does=" + does
	}
	through := func(proxy func(*http.Request) (*url.URL, error)) *http.Client {
		return &http.Client{Transport: &http.Transport{Proxy: proxy}}
	}
	for name, test := range map[string]struct {
		address string
		client  *http.Client
		want    string
	}{
		"refused":           {of(closed.URL, ""), nil, closed.URL + ": connection refused"},
		"no such host":      {"http://alice:s3cret@nowhere.invalid/hook/t0ken?q=1", nil, "http://nowhere.invalid: "},
		"certificate":       {of(secure.URL, ""), nil, "certificate"},
		"TLS to plain":      {of("https"+strings.TrimPrefix(plain.URL, "http"), ""), nil, "HTTP response to HTTPS client"},
		"redirect":          {of(plain.URL, "redirect"), nil, plain.URL + ": there is no answer"},
		"too late":          {of(plain.URL, "wait"), nil, plain.URL + ": context deadline exceeded"},
		"client's timeout":  {of(plain.URL, "wait"), &http.Client{Timeout: 50 * time.Millisecond}, plain.URL + ": "},
		"garbage":           {of(plain.URL, "garbage"), nil, plain.URL + ": there is no answer"},
		"proxy refused":     {of(plain.URL, ""), through(func(*http.Request) (*url.URL, error) { return url.Parse(of(closed.URL, "")) }), "by way of the proxy: connection refused"},
		"proxy broken":      {of(plain.URL, ""), through(func(*http.Request) (*url.URL, error) { return url.Parse(brokenProxy) }), plain.URL + ": there is no answer"},
		"proxy denies":      {of(secure.URL, ""), through(func(*http.Request) (*url.URL, error) { return url.Parse(of(plain.URL, "")) }), secure.URL + ": there is no answer"},
		"control character": {"http://alice:s3cret@host/hook/t0ken\x7f", nil, "the address is not"},
		"password cut off":  {"http://alice:s3cret/t0ken@host/hook", nil, "the address is not"},
		"no scheme":         {"alice:s3cret@host/hook/t0ken", nil, "the address is not"},
		"other scheme":      {"ftp://alice:s3cret@host/hook/t0ken", nil, "the address is not"},
		"no host":           {"http:///hook/t0ken?q=1", nil, "the address is not"},
		"escape":            {"http://alice:s3cret@host/hook/t0ken%zz", nil, "the address is not"},
		"port":              {"http://host:s3cret/hook", nil, "the address is not"},
		"host":              {"http://ali ce:s3cret@ho st/", nil, "the address is not"},
		"nothing":           {"", nil, "the address is not"},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		if name == "too late" {
			ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
		}
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, test.address, strings.NewReader("x"))
		if err == nil {
			client := test.client
			if client == nil {
				client = Client()
			}
			var resp *http.Response
			if resp, err = client.Do(r); err == nil {
				resp.Body.Close()
			}
		}
		cancel()
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		said := Failed(test.address, err)
		if !strings.Contains(said.Error(), test.want) {
			t.Errorf("%s: %q, want %q in it (%v)", name, said, test.want, err)
		}
		for e := said; e != nil; e = errors.Unwrap(e) {
			for _, text := range []string{e.Error(), fmt.Sprintf("%+v", e)} {
				for _, part := range hidden {
					if strings.Contains(text, part) {
						t.Errorf("%s: %q holds %q", name, text, part)
					}
				}
			}
		}
	}
	if err := Failed("https://host/hook", &url.Error{Op: "Post", URL: "https://host/hook", Err: &net.OpError{Op: "remote error", Err: errors.New("tls: handshake failure")}}); err.Error() != "https://host: tls: handshake failure" {
		t.Errorf("an alert: %v", err)
	}
	if !errors.Is(Failed("https://host", context.Canceled), context.Canceled) {
		t.Error("a call that was cancelled cannot be told from others")
	}
}

// What a service says may quote an address too.
func TestWords(t *testing.T) {
	for text, want := range map[string]string{
		"":                    "",
		"no address: // here": "no address: // here",
		"The address https://sqs.eu-west-1.amazonaws.com/1/orders is not valid": "The address https://sqs.eu-west-1.amazonaws.com is not valid",
		`{"url":"https://alice:s3cret@host:8443/hook?q=t0ken"}`:                 `{"url":"https://host:8443"}`,
		"ftp://alice@host/hook and http://b/hook\n":                             "an address and http://b\n",
		"HTTPS://HOST/hook":      "https://HOST",
		"at ://alice:s3cret@h":   "at an address",
		"http://alice:s3/cret@h": "an address",
		"é://alice":              "éan address",
	} {
		if got := Words(text); got != want {
			t.Errorf("Words(%q) = %q, want %q", text, got, want)
		}
	}
}
