package fnhttp

import (
	"net/http"
	"slices"
	"strings"
)

// CORS lets web pages of the origins call h, by the Fetch standard's CORS
// protocol and in the same way on every cloud. An origin is scheme://host[:port]
// as browsers send it, in lower case and without a default port; "*" is every
// origin.
//
// A preflight request, which is an OPTIONS with Origin and
// Access-Control-Request-Method, never reaches h and is answered with 204. It
// allows the method and the headers that were asked for: what h takes of them,
// h says in its answer to the request itself. Browsers may keep it for two
// hours, the longest that Chromium does.
//
// Every other request reaches h, a plain OPTIONS too, and its response names
// the origin where it is allowed. An origin that is not gets no header, so that
// the browser keeps the response from the page; the request is handled all the
// same. Responses vary by Origin, unless "*" is among the origins, so h adds to
// Vary and does not replace it. An answer that a provider gives in the place of
// h, after a panic or at the deadline, names no origin.
//
// Cookies and other credentials of the browser are not allowed, and no response
// header is exposed beyond those that the standard exposes; h may set
// Access-Control-Expose-Headers itself.
//
// https://fetch.spec.whatwg.org/#http-cors-protocol
func CORS(h http.Handler, origins ...string) http.Handler {
	return &cors{h, slices.Clone(origins), slices.Contains(origins, "*")}
}

// preflightAge is how many seconds a browser may keep the answer to a preflight
// request.
const preflightAge = "7200"

type cors struct {
	handler http.Handler
	origins []string
	all     bool
}

func (c *cors) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	if !c.all {
		header.Add("Vary", "Origin")
	}
	allowed := c.allowed(r.Header["Origin"])
	if allowed != "" {
		header.Set("Access-Control-Allow-Origin", allowed)
	}
	if !isPreflight(r) {
		c.handler.ServeHTTP(w, r)
		return
	}
	header.Add("Vary", "Access-Control-Request-Method")
	header.Add("Vary", "Access-Control-Request-Headers")
	if allowed != "" {
		header.Set("Access-Control-Allow-Methods", r.Header.Get("Access-Control-Request-Method"))
		if names := r.Header["Access-Control-Request-Headers"]; len(names) > 0 {
			header.Set("Access-Control-Allow-Headers", strings.Join(names, ", "))
		}
		header.Set("Access-Control-Max-Age", preflightAge)
	}
	w.WriteHeader(http.StatusNoContent)
}

// allowed returns the value of Access-Control-Allow-Origin, "" for none.
func (c *cors) allowed(origin []string) string {
	switch {
	case len(origin) != 1 || origin[0] == "":
		return ""
	case c.all:
		return "*"
	case slices.Contains(c.origins, origin[0]):
		return origin[0]
	}
	return ""
}

// isPreflight reports whether r is a CORS-preflight request.
func isPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header.Get("Origin") != "" && r.Header.Get("Access-Control-Request-Method") != ""
}
