package web_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/fngen/fngen/providers/internal/conformance"
)

// A handler sees of any request what it sees under net/http, but for what the
// platform loses.
func FuzzRequest(f *testing.F) {
	gateway := rawWebAction
	gateway.Carries = carries
	conformance.FuzzHTTP(f, gateway)
}

// carries reports whether the controller takes the request, as far as the test's
// own goes: it knows the methods, a target that can be decoded, to UTF-8, and
// content types in their usual spelling.
func carries(w conformance.Wire) bool {
	methods := []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions}
	if !slices.Contains(methods, w.Method) {
		return false
	}
	path, query, _ := w.URL()
	decoded, err := url.PathUnescape(path)
	if err != nil || !utf8.ValidString(decoded) {
		return false
	}
	for pair := range strings.SplitSeq(query, "&") {
		decoded, err := url.QueryUnescape(pair)
		if err != nil || !utf8.ValidString(decoded) {
			return false
		}
	}
	for _, f := range w.Header {
		usual := []string{"application/json", "application/octet-stream", "text/plain; charset=utf-8", "image/png"}
		if f.Name == "Content-Type" && !slices.Contains(usual, f.Value) {
			return false
		}
	}
	return true
}
