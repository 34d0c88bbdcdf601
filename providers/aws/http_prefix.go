package aws

import (
	"cmp"
	"net/url"
	"strings"
)

// A prefix is what clients may have in front of the application's paths.
type prefix struct {
	stage, base string // "" for none, else with a slash before it
	alone       string // the client's path, if that was a prefix and nothing else
	isPossible  bool   // this one, or another that no payload tells
}

// takePrefix takes off the path what is not the application's: the stage of an
// HTTP API, with which every path in payload format 2.0 begins, behind a custom
// domain too, where clients have the key of a mapping instead; and base, which a
// REST API leaves in front of the path if it is the key of a mapping.
//
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
// https://github.com/aws-powertools/powertools-lambda-python/pull/579
// https://github.com/CodeGenieApp/serverless-express/issues/465
func (q *proxyRequest) takePrefix(base string) {
	p := prefix{base: base}
	if q.stage != "" && q.stage != "$default" {
		p.stage = "/" + q.stage
	}
	isCustom := q.gateway == httpAPI && q.domain != "" && !strings.Contains(q.domain, ".execute-api.")
	p.isPossible = p.stage != "" || base != "" || isCustom
	client := q.path
	if q.gateway == httpAPI {
		q.path = below(q.path, p.stage)
	}
	if isCustom {
		client = q.path
	}
	if q.path = below(q.path, base); q.path == "" {
		p.alone = client
	}
	q.prefix = p
}

// below returns the path without the prefix, if that ends where a segment does.
func below(path, prefix string) string {
	if rest, ok := strings.CutPrefix(path, prefix); ok && (rest == "" || rest[0] == '/') {
		return rest
	}
	return path
}

// location returns the target of a redirect as it leads the client to where the
// handler means. A path from the root is the application's, and is written
// relative to that of the request, since the client's prefix need not be the one
// that is known here: a CDN may hide a stage, and a mapping is in no payload of
// an HTTP API. What has the prefix already stays, as a URL with a host does.
func (q *proxyRequest) location(target string) string {
	path, _, _ := strings.Cut(target, "?")
	path, _, _ = strings.Cut(path, "#")
	switch p := q.prefix; {
	case !p.isPossible, !strings.HasPrefix(path, "/"), strings.HasPrefix(path, "//"),
		below(path, p.stage) != path, below(path, p.base) != path:
		return target
	case p.alone != "":
		return p.alone + target
	}
	folder := (&url.URL{Path: q.path}).ResolveReference(&url.URL{Path: "."}).Path // of the request, by the client's rules
	return cmp.Or(strings.Repeat("../", max(0, strings.Count(folder, "/")-1)), "./") + target[1:]
}
