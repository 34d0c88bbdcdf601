package web_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/fngen/fngen/internal/native"
	"github.com/fngen/fngen/providers/internal/conformance"
	"github.com/fngen/fngen/providers/openwhisk/web"
)

// Whatever a handler does under net/http it does as a raw web action, but for
// what the package's documentation says.
func TestHTTPTable(t *testing.T) {
	conformance.RunHTTP(t, rawWebAction)
}

var rawWebAction = conformance.Gateway{
	Do: controller,
	Losses: []conformance.Loss{
		{Name: "a header has one value, the last", Request: lastValues},
		{Name: "Accept-Encoding is taken off", Request: func(w conformance.Wire) conformance.Wire {
			w.Header = without(w.Header, "Accept-Encoding")
			return w
		}},
		{Name: "needless escapes of the path and spaces of the query are written in one way", Request: func(w conformance.Wire) conformance.Wire {
			w.Target = rendered(w)
			return w
		}},
		{Name: "the length is known", Request: func(w conformance.Wire) conformance.Wire {
			w.Chunked = false
			return w
		}},
		{Name: "a body of a text type is UTF-8", Request: func(w conformance.Wire) conformance.Wire {
			if w.Get("Content-Type") != "application/json" && isText(w.Get("Content-Type")) {
				w.Body = []byte(strings.ToValidUTF8(string(w.Body), "\ufffd"))
			}
			return w
		}},
		{Name: "a request is at most 1 MB", Change: func(w conformance.Wire, x *conformance.Exchange) {
			if len(w.Body) > limit {
				*x = conformance.Exchange{Reply: conformance.Reply{Status: 413}}
			}
		}},
		{Name: "a response is at most 1 MB", Change: func(w conformance.Wire, x *conformance.Exchange) {
			if len(x.Body) > limit {
				x.Reply = conformance.Reply{Status: 400}
			}
		}},
		{Name: "a status is a registered one", Change: func(_ conformance.Wire, x *conformance.Exchange) {
			if x.Status == 299 || x.Status == 599 {
				x.Status = x.Status / 100 * 100
			}
		}},
		{Name: "a response in text is UTF-8", Change: func(_ conformance.Wire, x *conformance.Exchange) {
			if isText(x.Header.Get("Content-Type")) && !isJSON(x.Header.Get("Content-Type")) && !utf8.Valid(x.Body) {
				x.Header.Set("Content-Type", "application/octet-stream")
			}
		}},
		{Name: "a body has a type of the form a/b, and an empty one none", Change: func(w conformance.Wire, x *conformance.Exchange) {
			switch contentType := x.Header.Get("Content-Type"); {
			case w.Method == http.MethodHead && writesOnHead(w.Target) && contentType != "":
			case len(x.Body) == 0:
				x.Header.Del("Content-Type")
			case !strings.Contains(contentType, "/"):
				x.Header.Set("Content-Type", "application/octet-stream")
			}
			if len(x.Header) == 0 {
				x.Header = nil
			}
		}},
	},
}

// writesOnHead reports whether the handler writes a body all the same, of which
// the type is kept. A file server and a proxy do not.
func writesOnHead(target string) bool {
	return !strings.HasPrefix(target, "/files/") && !strings.HasPrefix(target, "/proxy/")
}

// limit is the platform's own for parameters and results, in bytes.
const limit = 1 << 20

// controller answers the request as OpenWhisk's controller does for a raw web
// action with web-custom-options: WebActions.scala of apache/openwhisk. It leaves
// the spelling of content types alone, which Akka HTTP does not.
func controller(t testing.TB, h http.Handler, w conformance.Wire) conformance.Reply {
	t.Helper()
	if len(w.Body) > limit {
		return conformance.Reply{Status: http.StatusRequestEntityTooLarge}
	}
	headers := map[string]string{"host": w.HostName()}
	for _, f := range w.Header {
		headers[strings.ToLower(f.Name)] = f.Value
	}
	body := base64.StdEncoding.EncodeToString(w.Body)
	if contentType := w.Get("Content-Type"); contentType != "application/json" && isText(contentType) {
		body = strings.ToValidUTF8(string(w.Body), "\ufffd")
	}
	path, query, _ := strings.Cut(rendered(w), "?")
	line, err := json.Marshal(map[string]any{"value": map[string]any{
		"__ow_method": strings.ToLower(w.Method), "__ow_headers": headers, "__ow_path": path, "__ow_query": query, "__ow_body": body,
	}, "activation_id": "act-1"})
	if err != nil {
		t.Fatal(err)
	}
	checkNative(t, w, line)
	answer := web.Handler(h, web.HTTP{}).Invoke(context.Background(), line)
	if len(answer) > limit {
		return conformance.Reply{Status: http.StatusBadRequest}
	}
	var result struct {
		StatusCode int
		Headers    map[string]any
		Body       string
	}
	if err := json.Unmarshal(answer, &result); err != nil || http.StatusText(result.StatusCode) == "" {
		t.Fatalf("%.1000s is no response: %v", answer, err)
	}
	reply := conformance.Reply{Status: result.StatusCode, Header: http.Header{}}
	for name, value := range result.Headers {
		switch value := value.(type) {
		case string:
			reply.Header.Add(name, value)
		case []any:
			for _, v := range value {
				reply.Header.Add(name, v.(string))
			}
		}
	}
	if result.Body == "" {
		reply.Header.Del("Content-Type")
		return reply
	}
	contentType := reply.Header.Get("Content-Type")
	reply.Body = []byte(result.Body)
	decoded, err := base64.StdEncoding.DecodeString(result.Body)
	switch {
	case !isText(contentType) && err != nil:
		t.Fatalf("the body of %s is not base64: %v", contentType, err)
	case !isText(contentType) || isJSON(contentType) && err == nil:
		reply.Body = decoded
	}
	if w.Method == http.MethodHead {
		reply.Body = nil
	}
	return reply
}

// isText is Akka HTTP's judgement of a content type, as far as the table goes. It
// knows no CloudEvents.
func isText(contentType string) bool {
	return native.IsText(contentType) && !strings.HasPrefix(contentType, "application/cloudevents") || strings.Contains(contentType, "charset=")
}

// isJSON is the controller's judgement of a content type without parameters but
// charset.
func isJSON(contentType string) bool {
	name, _, _ := strings.Cut(contentType, ";")
	return strings.HasSuffix(name, "json")
}

// lastValues keeps the last of a header's values.
func lastValues(w conformance.Wire) conformance.Wire {
	var header []conformance.Field
	for _, f := range w.Header {
		header = append(without(header, f.Name), f)
	}
	w.Header = header
	return w
}

func without(header []conformance.Field, name string) []conformance.Field {
	return slices.DeleteFunc(slices.Clone(header), func(f conformance.Field) bool { return strings.EqualFold(f.Name, name) })
}

// rendered returns the target as Akka HTTP writes what it has parsed.
func rendered(w conformance.Wire) string {
	path, query, _ := w.URL()
	segments := strings.Split(path, "/")
	for i, s := range segments {
		s, _ = url.PathUnescape(s)
		segments[i] = escaped(s, "!$&'()*+,;=:@")
	}
	target := strings.Join(segments, "/")
	var pairs []string
	for pair := range strings.SplitSeq(query, "&") {
		name, value, found := strings.Cut(pair, "=")
		name, _ = url.QueryUnescape(name)
		value, _ = url.QueryUnescape(value)
		rendered := strings.ReplaceAll(escaped(name, " !$'()*,;:@/?"), " ", "+")
		if found {
			rendered += "=" + strings.ReplaceAll(escaped(value, " !$'()*,;:@/?="), " ", "+")
		}
		pairs = append(pairs, rendered)
	}
	if query := strings.Join(pairs, "&"); query != "" {
		target += "?" + query
	}
	return target
}

// escaped escapes what is neither unreserved (RFC 3986, section 2.3) nor kept.
func escaped(s, keep string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if alphanumeric := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'; alphanumeric || strings.IndexByte("-._~"+keep, c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.WriteString("%" + strings.ToUpper(string("0123456789abcdef"[c>>4])+string("0123456789abcdef"[c&15])))
	}
	return b.String()
}
