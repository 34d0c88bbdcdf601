package aws

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/fngen/fngen/internal/testkit/logged"
)

// What is too large is the client's fault, with the status that says so, and no
// handler sees it; what is just within the limit is served.
func TestHTTPLimits(t *testing.T) {
	logged.Text(t)
	headers := func(n, size int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `,"h%d":"%s"`, i, strings.Repeat("v", size))
		}
		return `,"headers":{` + b.String()[1:] + `}`
	}
	body := func(size int) string { return `,"body":"` + strings.Repeat("a", size) + `"` }
	binary := func(size int) string {
		return `,"isBase64Encoded":true,"body":"` + base64.StdEncoding.EncodeToString(make([]byte, size)) + `"`
	}
	for name, test := range map[string]struct {
		more   string
		status int
	}{
		"a thousand with the host":  {headers(999, 1), 200},
		"a thousand and one":        {headers(1000, 1), 431},
		"headers of almost 1 MB":    {headers(2, 1<<19-10), 200},
		"headers above 1 MB":        {headers(2, 1<<19), 431},
		"cookies above 1 MB":        {`,"cookies":["` + strings.Repeat("c", 1<<20+1) + `"]`, 431},
		"a body of 6 MB":            {body(6 << 20), 200},
		"a body above 6 MB":         {body(6<<20 + 1), 413},
		"a binary body of 5 MB":     {binary(5 << 20), 200},
		"a broken binary body":      {`,"isBase64Encoded":true,"body":"AA=A"`, 400},
		"a binary body with spaces": {`,"isBase64Encoded":true,"body":"AA A="`, 400},
	} {
		called := false
		got := serve(t, func(http.ResponseWriter, *http.Request) { called = true }, urlRequest("POST", "/", test.more))
		if want := fmt.Sprintf(`{"statusCode":%d,`, test.status); !strings.HasPrefix(got, want) {
			t.Errorf("%s: answer %.100s, want %s", name, got, want)
		}
		if called != (test.status == 200) {
			t.Errorf("%s: called %v", name, called)
		}
	}
	_, err := HTTPHandler(nil, HTTP{}).Invoke(t.Context(), []byte(urlRequest("POST", "/", body(maxPayload))))
	wantError(t, err, "decode HTTP request", "more than 8388608")
}

// An authorizer is asked with the shape of a request, and a WebSocket tells of
// one; who answers them as requests lets anybody in.
func TestHTTPForeignRequests(t *testing.T) {
	for file, received := range map[string]string{
		"apigw-custom-auth-request-type-request.json": "received a question to an authorizer",
		"apigw-v2-custom-authorizer-v1-request.json":  "received a question to an authorizer",
		"apigw-v2-custom-authorizer-v2-request.json":  "received a question to an authorizer",
		"apigw-websocket-request.json":                "received an event of a WebSocket",
		"apigw-websocket-request-disconnect.json":     "received an event of a WebSocket",
	} {
		_, err := HTTPHandler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("called") }), HTTP{}).Invoke(t.Context(), fixture(t, file))
		wantError(t, err, "declared HTTP", received)
	}
}

// A shape is told by all its members. What others send with a method, or in the
// form of a request, is named and reaches no handler: a Bedrock agent's event,
// both versions of VPC Lattice, a request that has lost members on its way, and
// payload format 1.0 of an HTTP API, in which "/a%2Fb" and "/a/b" are one path.
func TestHTTPShapes(t *testing.T) {
	const context = `"requestContext":{"requestId":"1","identity":{"sourceIp":"192.0.2.1"}}`
	for payload, received := range map[string]string{
		`{"messageVersion":"1.0","agent":{"name":"shop","id":"A","alias":"B","version":"1"},"inputText":"t","sessionId":"s","actionGroup":"orders",` +
			`"apiPath":"/orders/{id}","httpMethod":"GET","parameters":[{"name":"id","type":"string","value":"7"}],"sessionAttributes":{},"promptSessionAttributes":{}}`: "an event of a Bedrock agent",
		`{"messageVersion":"1.0","agent":{"name":"shop"},"actionGroup":"orders","function":"find","parameters":[]}`:                                            "an event of a Bedrock agent",
		`{"raw_path":"/a","method":"GET","headers":{"host":"h"},"query_string_parameters":{},"body":"","is_base64_encoded":false}`:                             "a request of VPC Lattice",
		`{"version":"2.0","path":"/a","method":"GET","headers":{},"requestContext":{"serviceNetworkArn":"arn:aws:vpc-lattice:eu-west-1:1:servicenetwork/sn"}}`: "a request of VPC Lattice",
		`{"version":"2.0","path":"/a","method":"GET","headers":{"host":["h"]},"requestContext":{"serviceArn":"arn:aws:vpc-lattice:eu-west-1:1:service/s"}}`:    "cannot unmarshal array into string, in a request of VPC Lattice",
		`{"version":"1.0","resource":"/a/{b}","path":"/a/b","httpMethod":"GET","headers":{},"multiValueHeaders":{},` + context + `}`: "a request of an HTTP API in payload format 1.0, " +
			"whose path is decoded already; let the integration send payload format 2.0",
		`{"path":"/a","httpMethod":"GET",` + context + `}`:                            "a request of a REST API with members missing",
		`{"httpMethod":"GET","headers":{},` + context + `}`:                           "a request of a REST API with members missing",
		`{"path":"/a","httpMethod":"GET","headers":{}}`:                               "a payload of no known shape",
		`{"path":"/a","httpMethod":"GET","requestContext":{"elb":{}}}`:                "a request of a load balancer with members missing",
		`{"version":"2.0","requestContext":{"http":{"method":"GET"}}}`:                "a request of an HTTP API or a function URL with members missing",
		`{"rawPath":"/a","requestContext":{"http":{"method":"GET"}}}`:                 "a request of an HTTP API or a function URL with members missing",
		`{"Version":"2.0","RawPath":"/a","RequestContext":{"Http":{"Method":"GET"}}}`: "a request of an HTTP API or a function URL with members missing",
		`{"version":"2.0","rawPath":"/a","requestContext":{"http":{"path":"/a"}}}`:    "a request of an HTTP API or a function URL with members missing",
	} {
		_, err := HTTPHandler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Errorf("%s: called", payload) }), HTTP{}).Invoke(t.Context(), []byte(payload))
		wantError(t, err, "decode ", received)
	}
}

// A payload that is not UTF-8, or goes on after its end, is none.
func TestHTTPUndecodable(t *testing.T) {
	for _, payload := range []string{urlRequest("GET", "/\xff", ""), urlRequest("GET", "/", "") + "x", urlRequest("GET", "/", "") + "\x00", urlRequest("GET", "/", `,"headers":{"a":1}`),
		urlRequest("GET", "/", `,"isBase64Encoded":1`), urlRequest("GET", "/", `,"cookies":"a"`), `{"httpMethod":"GET","path":"/","headers":null,"requestContext":{},"queryStringParameters":{"a":1}}`} {
		_, err := HTTPHandler(nil, HTTP{}).Invoke(t.Context(), []byte(payload))
		wantError(t, err, "decode HTTP request")
	}
}
