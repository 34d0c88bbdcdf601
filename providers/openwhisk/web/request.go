package web

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/fngen/fngen/providers/openwhisk/internal/actionloop"
)

// An activation is a request as a raw web action gets it.
type activation struct {
	method  string            // lower case
	headers map[string]string // names in lower case, one value each
	path    string            // what follows the action, percent-encoded
	query   string            // encoded
	body    string            // text or base64
}

// decode reads the members of a raw web action's parameters. An action that is
// not raw has no query member, and what its clients send lies among the
// parameters.
func decode(v actionloop.Value) (activation, error) {
	var a activation
	for _, m := range []struct {
		name     string
		into     any
		required bool
	}{
		{"__ow_method", &a.method, true},
		{"__ow_query", &a.query, true},
		{"__ow_path", &a.path, false},
		{"__ow_body", &a.body, false},
		{actionloop.Headers, &a.headers, false},
	} {
		raw, ok := v[m.name]
		if !ok && m.required {
			return activation{}, fmt.Errorf("the function is a raw web action, but the activation has no parameter %s: "+
				"the action needs the annotations web-export and raw-http; its parameters: %s", m.name, v.Names())
		}
		if !ok {
			continue
		}
		if err := json.Unmarshal(raw, m.into); err != nil {
			return activation{}, fmt.Errorf("decode %s: %w", m.name, err)
		}
	}
	if a.method == "" {
		return activation{}, fmt.Errorf("decode __ow_method: it is empty")
	}
	return a, nil
}

// request builds the request that the client sent. An error is the client's.
func (a activation) request(ctx context.Context) (*http.Request, error) {
	path := a.path
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	unescaped, err := url.PathUnescape(path)
	if err != nil {
		return nil, fmt.Errorf("path: %w", err)
	}
	u := &url.URL{Path: unescaped, RawQuery: a.query}
	if path != u.EscapedPath() { // as net/http has it: routers look whether it is there
		u.RawPath = path
	}
	target := path // as it was sent, which URL.RequestURI escapes where it need not be
	if u.RawQuery != "" {
		target += "?" + u.RawQuery
	}

	header := make(http.Header, len(a.headers))
	for name, value := range a.headers {
		header.Set(name, value)
	}
	host := header.Get("Host")
	header.Del("Host") // as net/http's server has it
	// A reply in text has to be UTF-8 and cannot be compressed; the gateway
	// compresses what it answers by itself.
	header.Del("Accept-Encoding")

	body, err := decodeBody(header.Get("Content-Type"), a.body)
	if err != nil {
		return nil, fmt.Errorf("body: %w", err)
	}
	r := &http.Request{
		Method:        strings.ToUpper(a.method),
		URL:           u,
		RequestURI:    target,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        header,
		Host:          host,
		Body:          http.NoBody,
		ContentLength: int64(len(body)),
	}
	if len(body) > 0 {
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	return r.WithContext(ctx), nil
}

// decodeBody returns the body's bytes. JSON is taken as it stands where it
// cannot be base64: not every version of the controller encodes it.
func decodeBody(contentType, body string) ([]byte, error) {
	if textInRequest(contentType) {
		return []byte(body), nil
	}
	if trimmed := strings.TrimSpace(body); parse(contentType).json && trimmed != "" && strings.ContainsRune(`{["`, rune(trimmed[0])) {
		return []byte(body), nil
	}
	return base64.StdEncoding.DecodeString(body)
}
