package aws_test

import (
	"net/url"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/fngen/fngen/providers/internal/conformance"
)

// A handler sees of any request what it sees under net/http, whatever gateway
// brings it, but for what the gateway loses.
func FuzzRequest(f *testing.F) {
	var gateways []conformance.Gateway
	for _, p := range proxies {
		gateways = append(gateways, conformance.Gateway{Name: p.name, Do: p.do, Losses: slices.Concat(p.losses, p.always()), Carries: p.carries})
	}
	conformance.FuzzHTTP(f, gateways...)
}

// carries reports whether what the gateway decodes is text that JSON can hold.
func (p proxy) carries(w conformance.Wire) bool {
	path, query, _ := w.URL()
	if p.decodes {
		decoded, err := url.PathUnescape(path)
		return err == nil && utf8.ValidString(decoded)
	}
	if p.format != version1 {
		return true
	}
	values, err := url.ParseQuery(query)
	for name, list := range values {
		if !utf8.ValidString(name) || slices.ContainsFunc(list, func(s string) bool { return !utf8.ValidString(s) }) {
			return false
		}
	}
	return err == nil
}
