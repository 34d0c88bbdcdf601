package conformance

import (
	"bytes"
	"net/url"
	"strings"
)

type httpCase struct {
	name string
	wire Wire
}

// sent returns the case of a request with header fields, name and value in
// turn.
func sent(name, method, target string, body []byte, header ...string) httpCase {
	c := httpCase{name, Wire{Method: method, Target: target, Body: body}}
	for i := 0; i < len(header); i += 2 {
		c.wire.Header = append(c.wire.Header, Field{header[i], header[i+1]})
	}
	return c
}

func get(name, target string, header ...string) httpCase {
	return sent(name, "GET", target, nil, header...)
}

// posted returns the case of a body that comes back.
func posted(name, contentType, body string, header ...string) httpCase {
	if contentType != "" {
		header = append([]string{"Content-Type", contentType}, header...)
	}
	return sent("body "+name, "POST", "/body", []byte(body), header...)
}

// withHeader returns the case of a response with the headers, each name=value.
func withHeader(name string, fields ...string) httpCase {
	return get("response "+name, "/header?fields="+url.QueryEscape(strings.Join(fields, "|")))
}

// httpCases returns the table of requests.
func httpCases() []httpCase {
	cases := []httpCase{
		get("root", "/"),
		get("path", "/echo/a/b"),
		get("path with an encoded slash", "/echo/a%2Fb"),
		get("path with an encoded slash in lower case", "/echo/a%2fb"),
		get("path value with an encoded slash", "/items/a%2Fb"),
		get("path with a plus", "/echo/a+b"),
		get("path with an encoded plus", "/echo/a%2Bb"),
		get("path with a space", "/echo/a%20b"),
		get("path with a question mark", "/echo/a%3Fb"),
		get("path with a question mark and a query", "/echo/a%3Fb?q=1"),
		get("path with a number sign", "/echo/a%23b"),
		get("path with a per cent sign", "/echo/100%25"),
		get("path encoded twice", "/echo/a%252Fb"),
		get("path with Unicode", "/echo/Z%C3%BCrich/%F0%9F%8D%8E"),
		get("path with Unicode in lower case", "/echo/Z%c3%bcrich"),
		get("path with a needless escape", "/echo/%61"),
		get("path with punctuation", "/echo/a;b=1,c@d:e!f$g&h'i(j)*k~l-m._n"),
		get("path with brackets", "/echo/%5B1%5D"),
		get("path that ends in a slash", "/echo/a/"),
		get("path that nothing serves", "/none"),
		get("path value", "/items/7"),
		sent("method not allowed", "DELETE", "/items/7", nil),
		sent("PUT without a body", "PUT", "/items/7", nil),
		sent("DELETE", "DELETE", "/echo/a", nil),
		sent("OPTIONS", "OPTIONS", "/echo/a", nil),
		sent("HEAD", "HEAD", "/echo/a", nil),
		sent("HEAD that fails", "HEAD", "/none", nil),
		sent("PATCH", "PATCH", "/body", []byte(`{"a":1}`), "Content-Type", "application/merge-patch+json"),
		sent("DELETE with a body", "DELETE", "/body", []byte(`{"a":1}`), "Content-Type", "application/json"),

		get("query empty", "/echo/?"),
		get("query", "/echo/?a=1&b=2"),
		get("query not sorted", "/echo/?b=1&a=2"),
		get("query with a key twice", "/echo/?a=1&a=2"),
		get("query with keys that alternate", "/echo/?b=1&a=2&b=3&a=1"),
		get("query with the same twice", "/echo/?a=1&a=1"),
		get("query with a space", "/echo/?q=a%20b"),
		get("query with a plus", "/echo/?q=a+b"),
		get("query with an encoded plus", "/echo/?q=a%2Bb"),
		get("query with Unicode", "/echo/?st%C3%A4dte=Z%C3%BCrich"),
		get("query without a value", "/echo/?flag&a=1"),
		get("query with an empty value", "/echo/?flag=&a=1"),
		get("query with separators", "/echo/?q=%26%3D%3F%23%25"),
		get("query with a URL", "/echo/?to=https://a.example/b?c"),
		get("query with brackets", "/echo/?a%5B%5D=1&a%5B%5D=2"),

		get("header", "/echo/", "X-A", "1"),
		get("header in lower case", "/echo/", "x-a", "1", "accept-language", "de, en;q=0.5"),
		get("header twice", "/echo/", "X-A", "1", "X-A", "2"),
		get("header with a list", "/echo/", "X-A", "1, 2", "Accept", "text/html, */*;q=0.8"),
		get("header empty", "/echo/", "X-A", ""),
		get("header with Unicode", "/echo/", "X-A", "Zürich"),
		get("header that is long", "/echo/", "X-A", strings.Repeat("a", 4000)),
		get("header of an agent", "/echo/", "User-Agent", "curl/8", "Referer", "https://a.example/?a=1", "Authorization", "Bearer abc"),
		get("header of accepted encodings", "/echo/", "Accept-Encoding", "gzip, br"),
		get("cookie", "/echo/", "Cookie", "a=1"),
		get("cookies", "/echo/", "Cookie", "a=1; b=x=y; a=2"),
		get("cookies in two headers", "/echo/", "Cookie", "a=1", "Cookie", "b=2"),

		posted("empty", "", ""),
		posted("empty with a type", "application/json", ""),
		posted("text", "text/plain", "hello"),
		posted("text with a charset", "text/plain; charset=utf-8", "Zürich 🍎 \u2028 <>&\"\\"),
		posted("text with lines and controls", "text/plain", "a\r\nb\tc\x01\x00"),
		posted("text like base64", "text/plain", "YWJjZA=="),
		posted("text that is not UTF-8", "text/plain; charset=iso-8859-1", "Z\xfcrich"),
		posted("JSON", "application/json", ` {"n": 9007199254740993, "s": "ü<>&" }`+"\n"),
		posted("JSON list", "application/json", `[1, 2]`),
		posted("JSON string", "application/json", `"abcd"`),
		posted("JSON true", "application/json", `true`),
		posted("JSON number", "application/json", `1234`),
		posted("JSON of another type", "application/vnd.shop+json; charset=utf-8", `{"a":1}`),
		posted("JSON broken", "application/json", `{"a":`),
		posted("XML", "application/xml", "<a>ü</a>"),
		posted("SVG", "image/svg+xml", "<svg/>"),
		posted("HTML", "text/html; charset=utf-8", "<p>ü"),
		posted("binary", "application/octet-stream", string(everyByte())),
		posted("binary without a type", "", string(everyByte())),
		posted("text without a type", "", "hello"),
		posted("image", "image/png", "\x89PNG\r\n\x1a\n\x00\xff"),
		posted("compressed JSON", "application/json", string(Gzip([]byte(`{"a":1}`))), "Content-Encoding", "gzip"),
		posted("compressed text", "text/plain", string(Gzip([]byte("hello"))), "Content-Encoding", "gzip"),
		posted("of 5 MB, text", "text/plain", strings.Repeat("a", large)),
		posted("of 5 MB, binary", "application/octet-stream", string(bytes.Repeat([]byte{0xff}, large))),
		sent("GET with a body", "GET", "/body", []byte("hello"), "Content-Type", "text/plain"),
		sent("form", "POST", "/form?q=1&a=3", []byte("a=1&a=2&b=x+y&c=%2B%26%C3%BC"), "Content-Type", "application/x-www-form-urlencoded"),
		sent("form that is broken", "POST", "/form", []byte("a=%zz"), "Content-Type", "application/x-www-form-urlencoded"),
		sent("multipart upload", "POST", "/upload", []byte("--XX\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nZürich\r\n"+
			"--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"ü.png\"\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n\x00\xff\r\n--XX--\r\n"),
			"Content-Type", "multipart/form-data; boundary=XX"),
	}
	chunked := posted("without a length", "text/plain", "hello")
	chunked.wire.Chunked = true
	return append(append(cases, chunked), responses()...)
}

// responses returns the cases that are about what goes back.
func responses() []httpCase {
	cases := []httpCase{
		get("redirect", "/redirect/302?to=/there?a=1%26b=%C3%BC"),
		get("redirect for good", "/redirect/301?to=https://a.example/"),
		sent("redirect after POST", "POST", "/redirect/303?to=/there", []byte("a=1"), "Content-Type", "application/x-www-form-urlencoded"),
		get("redirect that keeps the method", "/redirect/307?to=there"),
		get("redirect for good that keeps the method", "/redirect/308?to=../there"),
		get("ETag", "/etag"),
		get("ETag that matches", "/etag", "If-None-Match", `W/"v0", "v1"`),
		get("ETag that does not match", "/etag", "If-None-Match", `"v0"`),
		get("not modified since", "/etag", "If-Modified-Since", "Sun, 01 Mar 2026 12:00:00 GMT"),
		get("precondition failed", "/etag", "If-Match", `"v0"`),
		get("range", "/etag", "Range", "bytes=3-7"),
		get("range that is not there", "/etag", "Range", "bytes=100-"),
		get("response without anything", "/silent"),
		get("response with early hints and late headers", "/early"),
		get("response compressed", "/gzip"),
		get("response of 5 MB, text", "/large?type=text/plain"),
		get("response of 5 MB, binary", "/large?type=application/octet-stream"),
		withHeader("with several cookies", "Set-Cookie=a=1; Path=/; HttpOnly", "Set-Cookie=b=2; Expires=Sun, 01 Mar 2026 12:00:00 GMT", "Set-Cookie=c=3"),
		withHeader("with one cookie", "Set-Cookie=a=1"),
		withHeader("with several values", "Vary=Accept", "Vary=Origin", "Link=<a>; rel=next", "Link=<b>; rel=prev"),
		withHeader("with Unicode", "X-A=Zürich"),
		withHeader("with lines", "X-A=1\r\nX-B: 2"),
		withHeader("with an empty value", "X-A="),
		withHeader("that is a download", "Content-Type=application/pdf", `Content-Disposition=attachment; filename="a.pdf"; filename*=UTF-8''%C3%BC.pdf`),
		withHeader("of events", "Content-Type=text/event-stream", "Cache-Control=no-store"),
		withHeader("with a type and no body", "Content-Type=text/html; charset=utf-8", "Empty=1"),
		withHeader("with a broken type", "Content-Type=text"),
	}
	for _, code := range []string{"200", "201", "202", "204", "205", "299", "304", "400", "401", "403", "409", "410", "413", "418", "422", "429", "500", "501", "502", "503", "504", "599"} {
		cases = append(cases, get("status "+code, "/status/"+code))
	}
	return cases
}
