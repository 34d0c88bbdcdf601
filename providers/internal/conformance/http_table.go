package conformance

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/internal/native"
)

// A Gateway is one way in which a platform brings a client's request to a
// handler and the handler's response to the client.
type Gateway struct {
	Name string // in a fuzz target that compares several

	// Carries reports whether the platform brings the request to a function, in a
	// payload that can hold it. It may be nil.
	Carries func(Wire) bool

	// Do sends the request to h as the gateway does. What the gateway answers
	// by itself has no header.
	Do func(t testing.TB, h http.Handler, w Wire) Reply

	// Losses are all that is not as under net/http.
	Losses []Loss
}

// A Wire is a request as the client sends it.
type Wire struct {
	Host    string // "" for the constant
	Method  string
	Target  string // path and query, encoded
	Header  []Field
	Body    []byte
	Chunked bool // the length is not told
}

// A Field is a header field.
type Field struct{ Name, Value string }

// Get returns the first value of the header.
func (w Wire) Get(name string) string {
	for _, f := range w.Header {
		if strings.EqualFold(f.Name, name) {
			return f.Value
		}
	}
	return ""
}

// URL returns the target's path and query; found tells whether there is a query.
func (w Wire) URL() (path, query string, found bool) { return strings.Cut(w.Target, "?") }

// Text reports whether the content type says that the body is text, by the
// measure of gateways that have a body in a JSON string, and the body is.
func (w Wire) Text() bool {
	return native.IsText(w.Get("Content-Type")) && w.Get("Content-Encoding") == "" && utf8.Valid(w.Body)
}

// A Reply is a response as the client gets it, without what frames the message
// and without Date.
type Reply struct {
	Status int
	Header http.Header
	Body   []byte
}

// An Exchange is a request as the handler sees it, nil if it is not called, and
// the response as the client gets it.
type Exchange struct {
	Seen *Seen
	Reply
}

// A Loss is something that the platform does not keep. What it makes of an
// exchange is exact: a difference besides is an error, and so is a loss that no
// case shows.
type Loss struct {
	Name string

	// Request returns the request that net/http would have to get for the same
	// outcome. It may be nil.
	Request func(Wire) Wire

	// Change makes the exchange that net/http has of the request the
	// platform's. It may be nil.
	Change func(Wire, *Exchange)
}

// RunHTTP sends each request of the table to its application, under net/http
// and through the gateway, and compares what the handler sees and what the
// client gets.
func RunHTTP(t *testing.T, g Gateway) {
	shown := make([]bool, len(g.Losses))
	left := 0 // by the test's flags
	for _, app := range httpApps(t) {
		left += len(app.cases)
		for _, c := range app.cases {
			t.Run(app.name+"/"+c.name, func(t *testing.T) {
				left--
				g.compare(t, NetHTTP, app.handler, c.wire, shown)
			})
		}
	}
	for i, loss := range g.Losses {
		if !shown[i] && left == 0 {
			t.Errorf("no case shows the loss %q", loss.Name)
		}
	}
}

// compare sends one request, under net/http by netHTTP, and notes in shown which
// losses there are in it.
func (g Gateway) compare(t *testing.T, netHTTP func(testing.TB, http.Handler, Wire) Reply, h http.Handler, sent Wire, shown []bool) {
	wire := sent
	for i, loss := range g.Losses {
		if loss.Request != nil {
			changed := loss.Request(wire)
			shown[i] = shown[i] || !sameWire(changed, wire)
			wire = changed
		}
	}
	want := exchange(t, netHTTP, h, wire)
	for i, loss := range g.Losses {
		if loss.Change != nil {
			before := want.short()
			loss.Change(sent, &want)
			shown[i] = shown[i] || !cmp.Equal(before, want.short())
		}
	}
	got := exchange(t, g.Do, h, sent)
	if diff := cmp.Diff(want.short(), got.short()); diff != "" {
		t.Errorf("%s %s %s (-net/http +gateway):\n%s", g.Name, sent.Method, sent.Target, diff)
	}
}

// exchange has the handler answer the request once.
func exchange(t testing.TB, do func(testing.TB, http.Handler, Wire) Reply, h http.Handler, w Wire) Exchange {
	t.Helper()
	var x Exchange
	x.Reply = do(t, recording(&x.Seen, h), w)
	for _, framing := range []string{"Date", "Content-Length", "Connection", "Transfer-Encoding"} {
		x.Header.Del(framing)
	}
	if len(x.Header) == 0 {
		x.Header = nil
	}
	if len(x.Body) == 0 {
		x.Body = nil
	}
	return x
}

// short returns a copy of the exchange that is quickly compared and can be
// read: a digest stands for the rest of a long body.
func (x Exchange) short() Exchange {
	if x.Seen != nil {
		seen := *x.Seen
		seen.Header = seen.Header.Clone()
		seen.Body = digest(seen.Body)
		x.Seen = &seen
	}
	x.Header = x.Header.Clone()
	x.Body = digest(x.Body)
	return x
}

func digest(body []byte) []byte {
	const begin = 4 << 10
	if len(body) <= begin {
		return body
	}
	return fmt.Appendf(slices.Clone(body[:begin]), "… %d bytes, SHA-256 %x", len(body), sha256.Sum256(body))
}

func sameWire(a, b Wire) bool {
	return a.Host == b.Host && a.Method == b.Method && a.Target == b.Target && slices.Equal(a.Header, b.Header) && bytes.Equal(a.Body, b.Body) && a.Chunked == b.Chunked
}
