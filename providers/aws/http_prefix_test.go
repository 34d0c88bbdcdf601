package aws

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/fngen/fngen/fn"
)

const (
	ownDomain = "id.execute-api.eu-west-1.amazonaws.com"
	custom    = "api.example.com"
)

// httpAPIRequest is a request of an HTTP API's stage by the domain.
func httpAPIRequest(domain, stage, path string) string {
	return fmt.Sprintf(`{"version":"2.0","routeKey":"$default","rawPath":%q,"rawQueryString":"","headers":{"host":%q},"requestContext":{"domainName":%[2]q,"stage":%q,`+
		`"requestId":"platform-id","http":{"method":"GET","path":%[1]q,"protocol":"HTTP/1.1","sourceIp":"192.0.2.1"}}}`, path, domain, stage)
}

// restAPIRequest is a request of a REST API's stage by the domain, whose client
// has asked for the whole path.
func restAPIRequest(domain, path, whole string) string {
	return fmt.Sprintf(`{"resource":"/{proxy+}","path":%q,"httpMethod":"GET","headers":{"Host":%q},"multiValueHeaders":null,"requestContext":{"domainName":%[2]q,"stage":"prod",`+
		`"path":%q,"requestId":"platform-id","protocol":"HTTP/1.1","identity":{"sourceIp":"192.0.2.1"}}}`, path, domain, whole)
}

func balancerRequest(path string) string {
	return `{"httpMethod":"GET","path":"` + path + `","headers":{},"requestContext":{"elb":{}}}`
}

// A handler sees the paths of the application, whatever a stage, a mapping or a
// CDN has in front of them, which ends where a segment does and is there once.
func TestHTTPPrefix(t *testing.T) {
	for _, test := range []struct{ base, payload, want string }{
		{"", httpAPIRequest(ownDomain, "dev", "/dev/agents/7"), "/agents/7"},
		{"", httpAPIRequest(ownDomain, "dev", "/dev"), "/"},
		{"", httpAPIRequest(ownDomain, "dev", "/dev/"), "/"},
		{"", httpAPIRequest(ownDomain, "dev", "/dev/dev/a"), "/dev/a"},
		{"", httpAPIRequest(ownDomain, "dev", "/device"), "/device"},
		{"", httpAPIRequest(ownDomain, "dev", "/dev/a b/%"), "/a%20b/%25"},
		{"", httpAPIRequest(ownDomain, "$default", "/$default/a"), "/$default/a"},
		{"", httpAPIRequest(custom, "dev", "/dev/a"), "/a"},
		{"", httpAPIRequest(custom, "dev", "/a"), "/a"},
		{"/v1", httpAPIRequest(custom, "dev", "/dev/v1/a"), "/a"},
		{"/v1", httpAPIRequest(custom, "$default", "/v1/a"), "/a"},
		{"/v1", httpAPIRequest(custom, "$default", "/a"), "/a"},
		{"/dev", httpAPIRequest(ownDomain, "dev", "/dev/dev/a"), "/a"},
		{"", restAPIRequest(ownDomain, "/ping", "/prod/ping"), "/ping"},
		{"", restAPIRequest(ownDomain, "/prod/ping", "/prod/prod/ping"), "/prod/ping"},
		{"/v1", restAPIRequest(custom, "/v1/ping", "/v1/ping"), "/ping"},
		{"/v1", restAPIRequest(ownDomain, "/ping", "/prod/ping"), "/ping"},
		{"/v1", restAPIRequest(custom, "/v1", "/v1"), "/"},
		{"/v1", restAPIRequest(custom, "/v1/v1/a", "/v1/v1/a"), "/v1/a"},
		{"/v1", restAPIRequest(custom, "/v10/a", "/v10/a"), "/v10/a"},
		{"/v1", restAPIRequest(custom, "/v1/a%2Fb/c%20d", "/v1/a%2Fb/c%20d"), "/a%2Fb/c%20d"},
		{"/v1", restAPIRequest(custom, "/v1%2Fa", "/v1%2Fa"), "/v1%2Fa"},
		{"/shop/v1/prod", restAPIRequest(custom, "/shop/v1/prod/a", "/shop/v1/prod/a"), "/a"}, // a mapping without a stage
		{"/v1", urlRequest("GET", "/v1//a", ""), "//a"},
		{"/v1", urlRequest("GET", "/a/v1", ""), "/a/v1"},
		{"/v1", balancerRequest("/v1/a%2Fb"), "/a%2Fb"},
		{"/v1", balancerRequest(""), "/"},
	} {
		var got *http.Request
		h := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r })
		if _, err := HTTPHandler(h, HTTP{BasePath: test.base}).Invoke(t.Context(), []byte(test.payload)); err != nil {
			t.Fatal(err)
		}
		if got.URL.EscapedPath() != test.want || got.RequestURI != test.want {
			t.Errorf("base path %q, %s: path %s, request URI %s, want %s", test.base, test.payload, got.URL.EscapedPath(), got.RequestURI, test.want)
		}
		if decoded, err := url.PathUnescape(test.want); err != nil || got.URL.Path != decoded {
			t.Errorf("base path %q, %s: decoded path %s", test.base, test.payload, got.URL.Path)
		}
	}
}

// The delivery has the path as the gateway has sent it.
func TestHTTPPrefixDelivery(t *testing.T) {
	inspect(t, func(r *http.Request) {
		d, ok := fn.DeliveryFrom(r.Context())
		if !ok || d.Attributes["stage"] != "dev" || !strings.Contains(string(d.Raw()), `"rawPath":"/dev/agents/7"`) {
			t.Errorf("delivery %v with attributes %v and raw %s", ok, d.Attributes, d.Raw())
		}
	}, httpAPIRequest(ownDomain, "dev", "/dev/agents/7"))
}

// redirecting answers /to?URL with a redirect there, and has the redirects of a
// ServeMux to a folder and to a clean path.
func redirecting() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if to := r.URL.Query().Get("to"); to != "" {
			w.Header().Set("Location", to)
			w.WriteHeader(cmp.Or(map[string]int{"/created": 201}[r.URL.Path], 302))
			return
		}
		_, _ = io.WriteString(w, "at "+r.URL.Path)
	})
	mux.HandleFunc("/folder/", func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "at "+r.URL.Path) })
	return mux
}

// A client that follows a redirect, by the rules of URLs, comes to where the
// handler means with whatever is in front of the path: a stage, a mapping that no
// payload tells, a CDN that hides the stage.
func TestHTTPPrefixRedirect(t *testing.T) {
	own, cdn := "https://"+ownDomain, "https://www.example.com"
	for _, test := range []struct{ base, client, payload, to, want string }{
		{"", own + "/dev/folder", httpAPIRequest(ownDomain, "dev", "/dev/folder"), "", own + "/dev/folder/"},
		{"", own + "/dev/a//b", httpAPIRequest(ownDomain, "dev", "/dev/a//b"), "", own + "/dev/a/b"},
		{"", own + "/dev/a/../b", httpAPIRequest(ownDomain, "dev", "/dev/a/../b"), "", own + "/dev/b"},
		{"", cdn + "/folder", httpAPIRequest(ownDomain, "dev", "/dev/folder"), "", cdn + "/folder/"}, // its origin path is /dev
		{"", "https://" + custom + "/v1/folder", httpAPIRequest(custom, "dev", "/dev/folder"), "", "https://" + custom + "/v1/folder/"},
		{"", "https://" + custom + "/v1/folder", httpAPIRequest(custom, "$default", "/folder"), "", "https://" + custom + "/v1/folder/"},
		{"", own + "/prod/folder", restAPIRequest(ownDomain, "/folder", "/prod/folder"), "", own + "/prod/folder/"},
		{"/v1", "https://" + custom + "/v1/folder", restAPIRequest(custom, "/v1/folder", "/v1/folder"), "", "https://" + custom + "/v1/folder/"},
		{"/v1", cdn + "/v1/folder", urlRequest("GET", "/v1/folder", ""), "", cdn + "/v1/folder/"},

		{"", own + "/dev/x/y/z", httpAPIRequest(ownDomain, "dev", "/dev/x/y/z"), "/login?a=b", own + "/dev/login?a=b"},
		{"", own + "/dev/x", httpAPIRequest(ownDomain, "dev", "/dev/x"), "/a:b", own + "/dev/a:b"},
		{"", own + "/dev/x", httpAPIRequest(ownDomain, "dev", "/dev/x"), "/", own + "/dev/"},
		{"", own + "/dev", httpAPIRequest(ownDomain, "dev", "/dev"), "/login", own + "/dev/login"},
		{"/v1", "https://" + custom + "/v1", restAPIRequest(custom, "/v1", "/v1"), "/login", "https://" + custom + "/v1/login"},
		{"", own + "/dev/x", httpAPIRequest(ownDomain, "dev", "/dev/x"), "/dev/login", own + "/dev/login"}, // of a handler that knows the stage
		{"/v1", cdn + "/v1/x", urlRequest("GET", "/v1/x", ""), "/v1?a", cdn + "/v1?a"},
		{"", own + "/dev/x/y", httpAPIRequest(ownDomain, "dev", "/dev/x/y"), "z", own + "/dev/x/z"},
		{"", own + "/dev/x", httpAPIRequest(ownDomain, "dev", "/dev/x"), "https://example.com/login", "https://example.com/login"},
		{"", own + "/dev/x", httpAPIRequest(ownDomain, "dev", "/dev/x"), "//example.com/login", "https://example.com/login"},
	} {
		if test.to != "" {
			test.payload = strings.Replace(test.payload, `"rawQueryString":""`, `"rawQueryString":"to=`+url.QueryEscape(test.to)+`"`, 1)
			test.payload = strings.Replace(test.payload, `"headers":`, `"queryStringParameters":{"to":"`+test.to+`"},"headers":`, 1)
			if !strings.Contains(test.payload, "rawQueryString") {
				test.payload = strings.Replace(test.payload, `{"version"`, `{"rawQueryString":"to=`+url.QueryEscape(test.to)+`","version"`, 1)
			}
		}
		_, location := follow(t, HTTP{BasePath: test.base}, test.payload)
		client, err := url.Parse(test.client)
		if err != nil {
			t.Fatal(err)
		}
		got, err := client.Parse(location)
		if err != nil || got.String() != test.want {
			t.Errorf("base path %q, %s to %q: Location %s leads to %v, want %s (%v)", test.base, test.client, test.to, location, got, test.want, err)
		}
	}
}

// Without a prefix a redirect is as the handler has it, and so is the Location
// of what is none.
func TestHTTPPrefixNone(t *testing.T) {
	created := strings.Replace(httpAPIRequest(ownDomain, "dev", "/dev/created"), `"rawQueryString":""`, `"rawQueryString":"to=/orders/7"`, 1)
	for payload, want := range map[string]string{
		httpAPIRequest(ownDomain, "$default", "/folder"): "307 /folder/",
		urlRequest("GET", "/folder", ""):                 "307 /folder/",
		balancerRequest("/folder"):                       "307 /folder/",
		created:                                          "201 /orders/7",
	} {
		if status, location := follow(t, HTTP{}, payload); fmt.Sprint(status, " ", location) != want {
			t.Errorf("%s: %d %s, want %s", payload, status, location, want)
		}
	}
}

// A redirect that is streamed is the same.
func TestHTTPPrefixStream(t *testing.T) {
	answer, err := HTTPHandler(redirecting(), HTTP{Stream: true, BasePath: "/v1"}).Invoke(t.Context(), []byte(urlRequest("GET", "/v1/folder", "")))
	if err != nil || !strings.Contains(string(answer), `"Location":"./folder/"`) {
		t.Errorf("answer %q, error %v", answer, err)
	}
}

// follow returns the status and the Location of the answer.
func follow(t *testing.T, src HTTP, payload string) (status int, location string) {
	t.Helper()
	answer, err := HTTPHandler(redirecting(), src).Invoke(t.Context(), []byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	var a struct {
		StatusCode        int
		Headers           map[string]string
		MultiValueHeaders map[string][]string
	}
	if err := json.Unmarshal(answer, &a); err != nil {
		t.Fatal(err)
	}
	return a.StatusCode, cmp.Or(a.Headers["Location"], strings.Join(a.MultiValueHeaders["Location"], " "))
}
