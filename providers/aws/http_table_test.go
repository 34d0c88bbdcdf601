package aws_test

import (
	"cmp"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/fngen/fngen/providers/internal/conformance"
)

// documentation returns the comment of the type HTTP, on one line.
func documentation(t *testing.T) string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "http.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range file.Decls {
		if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.TYPE && g.Specs[0].(*ast.TypeSpec).Name.Name == "HTTP" {
			return strings.Join(strings.Fields(g.Doc.Text()), " ")
		}
	}
	t.Fatal("http.go has no type HTTP")
	return ""
}

// Whatever a handler does under net/http it does behind every gateway, but for
// what stands here.
func TestHTTPTable(t *testing.T) {
	documented := documentation(t)
	for _, g := range proxies {
		t.Run(g.name, func(t *testing.T) {
			losses := slices.Concat(g.losses, g.always())
			for _, l := range losses {
				if !strings.Contains(documented, l.Name) {
					t.Errorf("go doc does not say of HTTP: %s", l.Name)
				}
			}
			conformance.RunHTTP(t, conformance.Gateway{Do: g.do, Losses: losses})
		})
	}
}

// proxies are the gateways, with all that each does not keep.
var proxies = []proxy{
	{name: "function URL", format: version2, limit: 6 << 20, losses: []conformance.Loss{folded(","), oneCookie, question, oneLine}},
	{name: "function URL that streams", format: version2, streams: true, limit: 6 << 20, losses: []conformance.Loss{folded(","), oneCookie, question, oneLine, lineFeed}},
	{name: "HTTP API", format: version2, decodes: true, limit: 6 << 20, losses: []conformance.Loss{folded(","), oneCookie, question, oneLine, decodedPath}},
	{name: "stage of an HTTP API", format: version2, decodes: true, stage: "dev", limit: 6 << 20,
		losses: []conformance.Loss{folded(","), oneCookie, question, oneLine, decodedPath, relative}},
	{name: "REST API", format: version1, limit: 6 << 20, losses: []conformance.Loss{decodedQuery}},
	{name: "base path mapping of a REST API", format: version1, base: "/shop/v1", limit: 6 << 20, losses: []conformance.Loss{decodedQuery, relative}},
	{name: "load balancer", format: balancer, limit: 1 << 20, losses: []conformance.Loss{
		{Name: "a header has one value, the last", Request: lastValues},
		{Name: "a query's name has one value, the last, and names are sorted", Request: rewritten(func(query string) string {
			return joined(pairs(query), true)
		})},
		oneLine,
	}},
	{name: "load balancer with multi-value headers", format: balancerValues, limit: 1 << 20, losses: []conformance.Loss{
		{Name: "names of the query are sorted", Request: rewritten(func(query string) string { return joined(pairs(query), false) })},
	}},
}

var decodedPath = conformance.Loss{Name: "the path is decoded, and cut off at a question mark", Request: func(w conformance.Wire) conformance.Wire {
	path, query, found := w.URL()
	path, _ = url.PathUnescape(path)
	path, _, _ = strings.Cut(path, "?")
	w.Target = (&url.URL{Path: path}).EscapedPath()
	if found {
		w.Target += "?" + query
	}
	return w
}}

var decodedQuery = conformance.Loss{Name: "the query is decoded, and its names are sorted", Request: rewritten(func(query string) string {
	values, _ := url.ParseQuery(query)
	return values.Encode()
})}

// relative says that a redirect keeps what the client has in front of the path.
var relative = conformance.Loss{Name: "the Location of a redirect that is a path from the root becomes relative", Change: func(w conformance.Wire, x *conformance.Exchange) {
	if rest, ok := strings.CutPrefix(x.Header.Get("Location"), "/"); ok && x.Status/100 == 3 {
		path, _, _ := w.URL()
		x.Header.Set("Location", cmp.Or(strings.Repeat("../", strings.Count(path, "/")-1), "./")+rest)
	}
}}

// known is lost everywhere: gateways read the whole body first.
var known = conformance.Loss{Name: "the length is known", Request: func(w conformance.Wire) conformance.Wire {
	w.Chunked = false
	return w
}}

// question is lost: the payload does not tell an empty query from none.
var question = conformance.Loss{Name: "a question mark without a query", Request: func(w conformance.Wire) conformance.Wire {
	if path, query, _ := w.URL(); query == "" {
		w.Target = path
	}
	return w
}}

// oneCookie says that payload format 2.0 has all cookies in one list.
var oneCookie = conformance.Loss{Name: "cookies are in one header", Request: func(w conformance.Wire) conformance.Wire {
	var header []conformance.Field
	var cookies []string
	for _, f := range w.Header {
		if f.Name == "Cookie" {
			cookies = append(cookies, f.Value)
		} else {
			header = append(header, f)
		}
	}
	if cookies != nil {
		header = append(header, conformance.Field{Name: "Cookie", Value: strings.Join(cookies, "; ")})
	}
	w.Header = header
	return w
}}

// oneLine says that a response's header, but Set-Cookie, has one value.
var oneLine = conformance.Loss{Name: "values of a response's header are folded", Change: func(_ conformance.Wire, x *conformance.Exchange) {
	for name, values := range x.Header {
		if name != "Set-Cookie" {
			x.Header[name] = []string{strings.Join(values, ", ")}
		}
	}
}}

// lineFeed stands for a body that is not there.
var lineFeed = conformance.Loss{Name: "an empty body is a line feed", Change: func(w conformance.Wire, x *conformance.Exchange) {
	switch {
	case len(x.Body) > 0, w.Method == http.MethodHead, x.Status == http.StatusNoContent, x.Status == http.StatusNotModified:
	default:
		x.Body = []byte("\n")
	}
}}

// folded says that a request's header, but Cookie, has one value.
func folded(separator string) conformance.Loss {
	return conformance.Loss{Name: "values of a request's header are folded", Request: func(w conformance.Wire) conformance.Wire {
		var header []conformance.Field
		for _, f := range w.Header {
			i := slices.IndexFunc(header, func(o conformance.Field) bool { return strings.EqualFold(o.Name, f.Name) })
			if i < 0 || f.Name == "Cookie" {
				header = append(header, f)
			} else {
				header[i].Value += separator + f.Value
			}
		}
		w.Header = header
		return w
	}}
}

func lastValues(w conformance.Wire) conformance.Wire {
	var header []conformance.Field
	for _, f := range w.Header {
		header = append(slices.DeleteFunc(header, func(o conformance.Field) bool { return strings.EqualFold(o.Name, f.Name) }), f)
	}
	w.Header = header
	return w
}

// rewritten changes a request's query.
func rewritten(change func(string) string) func(conformance.Wire) conformance.Wire {
	return func(w conformance.Wire) conformance.Wire {
		path, query, _ := w.URL()
		w.Target = path
		if query = change(query); query != "" {
			w.Target += "?" + query
		}
		return w
	}
}

// joined returns the query with its names sorted, and each name's last value
// alone if last is set.
func joined(pairs [][2]string, last bool) string {
	slices.SortStableFunc(pairs, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	var out []string
	for i, p := range pairs {
		if !last || i == len(pairs)-1 || pairs[i+1][0] != p[0] {
			out = append(out, p[0]+"="+p[1])
		}
	}
	return strings.Join(out, "&")
}

// always returns what is lost behind every gateway.
func (p proxy) always() []conformance.Loss {
	losses := []conformance.Loss{known, p.requestLimit()}
	if !p.streams {
		losses = append(losses, p.responseLimit())
	}
	return losses
}

// requestLimit says that what is too large does not reach the function.
func (p proxy) requestLimit() conformance.Loss {
	return conformance.Loss{Name: "a payload has a limit", Change: func(w conformance.Wire, x *conformance.Exchange) {
		if p.size(w) > p.limit {
			*x = conformance.Exchange{Reply: conformance.Reply{Status: http.StatusRequestEntityTooLarge}}
		}
	}}
}

// responseLimit says that what is too large is an error: the adapter's, or the
// load balancer's.
func (p proxy) responseLimit() conformance.Loss {
	return conformance.Loss{Name: "an answer has a limit", Change: func(w conformance.Wire, x *conformance.Exchange) {
		size := p.size(conformance.Wire{Header: []conformance.Field{{Name: "Content-Type", Value: x.Header.Get("Content-Type")}}, Body: x.Body})
		switch {
		case size > 6<<20:
			x.Reply = conformance.Reply{
				Status: http.StatusInternalServerError, Body: []byte("Internal Server Error\n"),
				Header: http.Header{"Content-Type": {"text/plain; charset=utf-8"}, "X-Content-Type-Options": {"nosniff"}},
			}
		case size > p.limit:
			x.Reply = conformance.Reply{Status: http.StatusBadGateway}
		}
	}}
}
