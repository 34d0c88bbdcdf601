package aws

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/fn/fnhttp"
	"github.com/fngen/fngen/internal/testkit/logged"
)

// inspect is serve for a look at the request: the handler must be called.
func inspect(t testing.TB, look func(*http.Request), payload string) {
	t.Helper()
	called := false
	answer := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		called = true
		look(r)
	}, payload)
	if !called {
		t.Errorf("the handler was not called; answer %s", answer)
	}
}

// seen is what a handler sees of a request.
type seen struct {
	Method, Path, EscapedPath, Query, RequestURI, Host, RemoteAddr, Body string
	Length                                                               int64
	Header                                                               http.Header
}

func look(r *http.Request) (seen, error) {
	body, err := io.ReadAll(r.Body)
	return seen{r.Method, r.URL.Path, r.URL.EscapedPath(), r.URL.RawQuery, r.RequestURI, r.Host, r.RemoteAddr, string(body), r.ContentLength, r.Header}, err
}

// The real payload of every gateway is the request that the client sent.
func TestHTTPRealRequests(t *testing.T) {
	for file, want := range map[string]seen{
		"lambda-urls-request.json": {
			Method: "POST", Path: "/my/path", EscapedPath: "/my/path",
			Query:      "parameter1=value1&parameter1=value2&parameter2=value",
			RequestURI: "/my/path?parameter1=value1&parameter1=value2&parameter2=value",
			Host:       "<url-id>.lambda-url.us-west-2.on.aws", RemoteAddr: "123.123.123.123:0", Body: "Hello from client!", Length: 18,
			Header: http.Header{"Header1": {"value1"}, "Header2": {"value1,value2"}, "Cookie": {"cookie1; cookie2"}},
		},
		"apigw-v2-request-no-authorizer.json": {
			Method: "GET", Path: "/", EscapedPath: "/", RequestURI: "/", Host: "aaaaaaaaaa.execute-api.us-west-2.amazonaws.com", RemoteAddr: "1.2.3.4:0",
			Header: http.Header{
				"Accept": {"*/*"}, "Content-Length": {"0"}, "User-Agent": {"curl/7.58.0"}, "X-Amzn-Trace-Id": {"Root=1-5e9f0c65-1de4d666d4dd26aced652b6c"},
				"X-Forwarded-For": {"1.2.3.4"}, "X-Forwarded-Port": {"443"}, "X-Forwarded-Proto": {"https"},
			},
		},
		"apigw-request.json": {
			Method: "POST", Path: "/hello/world", EscapedPath: "/hello/world", Query: "name=me", RequestURI: "/hello/world?name=me",
			Host: "gy415nuibc.execute-api.us-east-1.amazonaws.com", RemoteAddr: "192.168.196.186:0", Body: "{\r\n\t\"a\": 1\r\n}", Length: 13,
			Header: http.Header{
				"Accept": {"*/*"}, "Accept-Encoding": {"gzip, deflate"}, "Cache-Control": {"no-cache"}, "Cloudfront-Forwarded-Proto": {"https"},
				"Cloudfront-Is-Desktop-Viewer": {"true"}, "Cloudfront-Is-Mobile-Viewer": {"false"}, "Cloudfront-Is-Smarttv-Viewer": {"false"},
				"Cloudfront-Is-Tablet-Viewer": {"false"}, "Cloudfront-Viewer-Country": {"US"}, "Content-Type": {"application/json"}, "Headername": {"headerValue"},
				"Postman-Token": {"9f583ef0-ed83-4a38-aef3-eb9ce3f7a57f"}, "User-Agent": {"PostmanRuntime/2.4.5"},
				"Via": {"1.1 d98420743a69852491bbdea73f7680bd.cloudfront.net (CloudFront)"}, "X-Amz-Cf-Id": {"pn-PWIJc6thYnZm5P0NMgOUglL1DYtl0gdeJky8tqsg8iS_sgsKD1A=="},
				"X-Forwarded-For": {"54.240.196.186, 54.182.214.83"}, "X-Forwarded-Port": {"443"}, "X-Forwarded-Proto": {"https"},
			},
		},
		"alb-lambda-target-request-headers-only.json": {
			Method: "GET", Path: "/", EscapedPath: "/", Query: "key=hello", RequestURI: "/?key=hello",
			Host: "lambda-test-alb-1334523864.us-east-1.elb.amazonaws.com", RemoteAddr: "25.12.198.67:0",
			Header: http.Header{
				"Accept": {"*/*"}, "Connection": {"keep-alive"}, "User-Agent": {"curl/7.54.0"}, "X-Amzn-Trace-Id": {"Root=1-5c34e93e-4dea0086f9763ac0667b115a"},
				"X-Forwarded-For": {"25.12.198.67"}, "X-Forwarded-Port": {"80"}, "X-Forwarded-Proto": {"http"}, "X-Imforwards": {"20"}, "X-Myheader": {"123"},
			},
		},
		"alb-lambda-target-request-multivalue-headers.json": {
			Method: "GET", Path: "/", EscapedPath: "/", Query: "key=hello", RequestURI: "/?key=hello",
			Host: "lambda-test-alb-1234567.us-east-1.elb.amazonaws.com", RemoteAddr: "72.21.198.67:0",
			Header: http.Header{
				"Accept": {"*/*"}, "Connection": {"keep-alive"}, "User-Agent": {"curl/7.54.0"}, "X-Amzn-Trace-Id": {"Root=1-5c34e7d4-00ca239424b68028d4c56d68"},
				"X-Forwarded-For": {"72.21.198.67"}, "X-Forwarded-Port": {"80"}, "X-Forwarded-Proto": {"http"}, "X-Imforwards": {"20"}, "X-Myheader": {"123"},
			},
		},
	} {
		t.Run(file, func(t *testing.T) {
			inspect(t, func(r *http.Request) {
				got, err := look(r)
				if err != nil {
					t.Error(err)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("request (-want +got):\n%s", diff)
				}
			}, string(fixture(t, file)))
		})
	}
}

// Where a gateway decodes and where it does not: a path and a query are the
// client's in each case.
func TestHTTPPathAndQuery(t *testing.T) {
	const v2 = `{"version":"2.0","rawPath":"%P","rawQueryString":"a=%26&a=2","requestContext":{"domainName":"%D","http":{"method":"GET"}}}`
	const v1 = `{"httpMethod":"GET","path":"%P","headers":null,"multiValueQueryStringParameters":{"b":["x y"],"a":["&","2"]},"queryStringParameters":{"b":"x y","a":"2"},"requestContext":{}}`
	const v1Single = `{"httpMethod":"GET","path":"%P","headers":null,"queryStringParameters":{"b":"x y","a":"&"},"requestContext":{}}`
	const alb = `{"httpMethod":"GET","path":"%P","headers":{},"queryStringParameters":{"b":"x+y","a":"%26"},"requestContext":{"elb":{}}}`
	const albMulti = `{"httpMethod":"GET","path":"%P","multiValueHeaders":{},"multiValueQueryStringParameters":{"b":["x+y"],"a":["%26","2"]},"requestContext":{"elb":{}}}`
	for name, test := range map[string]struct{ payload, path, wantPath, wantEscaped, wantQuery string }{
		"function URL":               {strings.Replace(v2, "%D", "id.lambda-url.eu-west-1.on.aws", 1), "/a%2Fb/c%20d", "/a/b/c d", "/a%2Fb/c%20d", "a=%26&a=2"},
		"HTTP API":                   {strings.Replace(v2, "%D", "id.execute-api.eu-west-1.amazonaws.com", 1), "/a/b/100% d", "/a/b/100% d", "/a/b/100%25%20d", "a=%26&a=2"},
		"REST API":                   {v1, "/a%2Fb/c%20d", "/a/b/c d", "/a%2Fb/c%20d", "a=%26&a=2&b=x+y"},
		"REST API, single values":    {v1Single, "/é", "/é", "/%C3%A9", "a=%26&b=x+y"},
		"REST API, decoded":          {v1Single, "/é f", "/é f", "/%C3%A9%20f", "a=%26&b=x+y"},
		"load balancer":              {alb, "/a%2Fb", "/a/b", "/a%2Fb", "a=%26&b=x+y"},
		"load balancer, multi-value": {albMulti, "//a", "//a", "//a", "a=%26&a=2&b=x+y"},
		"no path":                    {v1Single, "", "/", "/", "a=%26&b=x+y"},
	} {
		t.Run(name, func(t *testing.T) {
			inspect(t, func(r *http.Request) {
				got := []string{r.URL.Path, r.URL.EscapedPath(), r.URL.RawQuery, r.RequestURI}
				target := test.wantEscaped
				if test.path == "/é" {
					target = test.path // as net/http has it, which takes it unescaped
				}
				want := []string{test.wantPath, test.wantEscaped, test.wantQuery, target + "?" + test.wantQuery}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("path, escaped path, query, request URI (-want +got):\n%s", diff)
				}
			}, strings.Replace(test.payload, "%P", test.path, 1))
		})
	}
}

// Routes and methods work as under net/http.
func TestHTTPServeMux(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /orders/{id}", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.PathValue("id"))
	})
	if got := serve(t, mux.ServeHTTP, urlRequest("GET", "/orders/a%2Fb", "")); !strings.Contains(got, `"statusCode":200,`) || !strings.Contains(got, `"body":"a/b"`) {
		t.Errorf("answer %s", got)
	}
	if got := serve(t, mux.ServeHTTP, urlRequest("PUT", "/orders/1", "")); !strings.Contains(got, `"statusCode":405,`) {
		t.Errorf("answer %s", got)
	}
}

// A client address without a port and one with it, IPv6 included, are in the
// form that net.SplitHostPort takes.
func TestHTTPRemoteAddr(t *testing.T) {
	for forwarded, want := range map[string]string{
		"203.0.113.7":                  "203.0.113.7:0",
		"forged, 203.0.113.7":          "203.0.113.7:0",
		"203.0.113.7:4711":             "203.0.113.7:4711",
		"2001:db8::1":                  "[2001:db8::1]:0",
		"10.0.0.1, [2001:db8::1]:4711": "[2001:db8::1]:4711",
		"":                             "",
	} {
		inspect(t, func(r *http.Request) {
			if r.RemoteAddr != want {
				t.Errorf("%q: address %q, want %q", forwarded, r.RemoteAddr, want)
			}
		}, `{"httpMethod":"GET","path":"/","headers":{"x-forwarded-for":"`+forwarded+`"},"requestContext":{"elb":{}}}`)
	}
}

// Binary bodies arrive as they were; a broken one is the client's fault.
func TestHTTPBody(t *testing.T) {
	inspect(t, func(r *http.Request) {
		got, err := look(r)
		if err != nil || got.Body != "\x00\xff\xfe" || got.Length != 3 {
			t.Errorf("body %q of length %d, error %v", got.Body, got.Length, err)
		}
	}, urlRequest("POST", "/", `,"body":"AP/+","isBase64Encoded":true`))

	for name, payload := range map[string]string{
		"base64": urlRequest("POST", "/", `,"body":"A*==","isBase64Encoded":true`),
		"path":   urlRequest("GET", "/100%", ""),
	} {
		log := logged.Text(t)
		got := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("called") }, payload)
		if want := `{"statusCode":400,"headers":{"Content-Type":"text/plain; charset=utf-8","X-Content-Type-Options":"nosniff"},"body":"Bad Request\n","isBase64Encoded":false}`; got != want {
			t.Errorf("%s: answer %s, want %s", name, got, want)
		}
		if !strings.Contains(log.String(), "HTTP request platform-id") {
			t.Errorf("%s: log %s", name, log)
		}
	}
}

// A reverse proxy gives up a response that breaks, as it does under a net/http
// server, instead of passing on a half for a whole.
func TestHTTPReverseProxy(t *testing.T) {
	log := logged.Text(t)
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, "half")
		if r.URL.Path == "/whole" {
			_, _ = io.WriteString(w, strings.Repeat(".", 96))
		}
	}))
	defer backend.Close()
	u, err := url.Parse(backend.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(u)
	proxy.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	if got := serve(t, proxy.ServeHTTP, urlRequest("GET", "/whole", "")); !strings.HasPrefix(got, `{"statusCode":200,`) || !strings.Contains(got, `"body":"half....`) {
		t.Errorf("answer %s", got)
	}
	if got := serve(t, proxy.ServeHTTP, urlRequest("GET", "/", "")); !strings.HasPrefix(got, `{"statusCode":500,`) || strings.Contains(got, "half") {
		t.Errorf("answer %s", got)
	}
	if strings.Contains(log.String(), "panicked") || !strings.Contains(log.String(), "aborted by the handler") {
		t.Errorf("log %s", log)
	}
}

// The protocol is the client's, where the gateway tells one.
func TestHTTPProtocol(t *testing.T) {
	for payload, want := range map[string]string{
		`{"version":"2.0","rawPath":"/","requestContext":{"http":{"method":"GET","protocol":"HTTP/1.0"}}}`: "HTTP/1.0 1 0",
		`{"httpMethod":"GET","path":"/","headers":{},"requestContext":{"protocol":"HTTP/2.0"}}`:            "HTTP/2.0 2 0",
		`{"httpMethod":"GET","path":"/","headers":{},"requestContext":{"protocol":"spdy"}}`:                "HTTP/1.1 1 1",
		`{"httpMethod":"GET","path":"/","headers":{},"requestContext":{"elb":{}}}`:                         "HTTP/1.1 1 1",
	} {
		inspect(t, func(r *http.Request) {
			if got := fmt.Sprintf("%s %d %d", r.Proto, r.ProtoMajor, r.ProtoMinor); got != want {
				t.Errorf("%s: protocol %s, want %s", payload, got, want)
			}
		}, payload)
	}
}

// Two spellings of a header are one with two values, and no other header
// changes by it.
func TestHTTPHeaderSpellings(t *testing.T) {
	inspect(t, func(r *http.Request) {
		if diff := cmp.Diff(http.Header{"A": {"1", "3"}, "B": {"2"}}, r.Header); diff != "" {
			t.Errorf("header (-want +got):\n%s", diff)
		}
		if r.Host != "first.example" {
			t.Errorf("host %q", r.Host)
		}
	}, `{"httpMethod":"GET","path":"/","headers":{"a":"1","b":"2","A":"3","host":"first.example","HOST":"second.example"},"requestContext":{}}`)
}

// Where the payload has all values of a header, two of one name that an event
// has once are refused; where the gateway has folded them they are one value.
func TestHTTPEventHeadersTwice(t *testing.T) {
	logged.Text(t)
	const multi = `"multiValueHeaders":{"ce-specversion":["1.0"],"ce-id":["1"],"ce-source":["/s"],"ce-type":["t","u"]}`
	const folded = `"headers":{"ce-specversion":"1.0","ce-id":"1","ce-source":"/s","ce-type":"t,u"}`
	for payload, want := range map[string]string{
		`{"httpMethod":"POST","path":"/","headers":{"ce-type":"u"},` + multi + `,"requestContext":{}}`:                                                     "400",
		`{"httpMethod":"POST","path":"/",` + multi + `,"requestContext":{"elb":{}}}`:                                                                       "400",
		`{"httpMethod":"POST","path":"/","headers":{"ce-specversion":"1.0","ce-id":"1","ce-source":"/s","ce-type":"t","CE-Type":"u"},"requestContext":{}}`: "400",
		`{"version":"2.0","rawPath":"/",` + folded + `,"requestContext":{"http":{"method":"POST"},"domainName":"id.lambda-url.eu-west-1.on.aws"}}`:         `204 {"specversion":"1.0","id":"1","source":"/s","type":"t,u"}`,
	} {
		r := &recorder{}
		answer, err := HTTPHandler(fnhttp.Handler(r, "/s"), HTTP{}).Invoke(t.Context(), []byte(payload))
		if err != nil {
			t.Fatal(err)
		}
		got := string(answer)[len(`{"statusCode":`):][:3]
		if len(r.events) > 0 {
			got += " " + r.events[0]
		}
		if got != want {
			t.Errorf("%s: %s, want %s", payload, got, want)
		}
	}
}
