package ce

import (
	"net/url"
	"strings"

	"github.com/cloudevents/sdk-go/v2/types"
)

// ParseSource parses a URI-reference as url.Parse does, whose escaped form is
// kept as it stands. What most sources are, an ARN, a plain path or one below
// a plain host, costs nothing.
func ParseSource(s string) (types.URIRef, error) {
	if rest, isARN := strings.CutPrefix(s, "arn:"); isARN && rest != "" && rest[0] != '/' && isPlain(rest, ":/") {
		return types.URIRef{URL: url.URL{Scheme: "arn", Opaque: rest}}, nil
	}
	if strings.HasPrefix(s, "/") && isPlain(s, "/") {
		rest, hasHost := strings.CutPrefix(s, "//")
		if !hasHost {
			return types.URIRef{URL: url.URL{Path: s}}, nil
		}
		if end := strings.IndexByte(rest, '/'); end > 0 {
			return types.URIRef{URL: url.URL{Host: rest[:end], Path: rest[end:]}}, nil
		}
	}
	u, err := url.Parse(s)
	if err != nil {
		return types.URIRef{}, err
	}
	return types.URIRef{URL: *u}, nil
}

// isPlain reports whether s consists of ASCII letters, digits, "-", ".", "_"
// and the others: what stands for itself wherever it is in a URI.
func isPlain(s, others string) bool {
	for i := range len(s) {
		c := s[i]
		isPlain := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '_'
		if !isPlain && strings.IndexByte(others, c) < 0 {
			return false
		}
	}
	return true
}
