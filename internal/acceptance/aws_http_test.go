package acceptance

import (
	"encoding/json"
	"fmt"
	"net/url"
	"runtime"
	"sync"
	"testing"
)

// httpAnswer is the response of a function behind HTTP.
type httpAnswer struct {
	StatusCode      int                 `json:"statusCode"`
	Headers         map[string]string   `json:"headers"`
	MultiValue      map[string][]string `json:"multiValueHeaders"` // instead, where the request had them
	Body            string              `json:"body"`
	IsBase64Encoded bool                `json:"isBase64Encoded"`
}

func (a httpAnswer) header(name string) string {
	if values := a.MultiValue[name]; len(values) > 0 {
		return values[0]
	}
	return a.Headers[name]
}

func (l *lambda) request(payload string) httpAnswer {
	l.t.Helper()
	var a httpAnswer
	body := l.invoke(payload, patience)
	if err := json.Unmarshal([]byte(body), &a); err != nil {
		l.t.Fatalf("response %s: %v", body, err)
	}
	return a
}

// Requests of a function URL, an HTTP API and a REST API reach an event handler
// as the same kind of event, and its reply goes back in binary mode.
func TestAWSHTTPEvent(t *testing.T) {
	f := startLambda(t, "relay")
	for _, test := range []struct {
		payload, subject, id, contentType, body string
	}{
		{"lambda-urls-request.json", "/my/path", "id", "", "Hello from client!"},
		{"apigw-v2-request-no-authorizer.json", "/", "LV7fzho-PHcEJPw=", "", ""},
		{"apigw-request.json", "/hello/world", "deef4878-7910-11e6-8f14-25afc3e9ae33", "application/json", "{\r\n\t\"a\": 1\r\n}"},
	} {
		t.Log(test.payload)
		got := f.request(lambdaEvent(t, test.payload))
		f.saw(seen{
			Type: "dev.fngen.http.request.v1", Source: "arn:aws:lambda:eu-west-1:123456789012:function:cafe", Subject: test.subject,
			ID: test.id, DataContentType: test.contentType, Data: text(test.body),
		})
		if got.StatusCode != 200 || got.Body != test.body || got.IsBase64Encoded {
			t.Errorf("got %+v", got)
		}
		for name, want := range map[string]string{"Ce-Type": "com.example.relayed", "Ce-Subject": "dev.fngen.http.request.v1", "Content-Type": "text/plain"} {
			if got.header(name) != want {
				t.Errorf("header %s is %q, want %q", name, got.header(name), want)
			}
		}
	}
}

// urlRequest is the real request of a function URL with another method, path
// and body.
func urlRequest(t *testing.T, method, path, contentType, body string) string {
	t.Helper()
	var r map[string]any
	if err := json.Unmarshal([]byte(lambdaEvent(t, "lambda-urls-request.json")), &r); err != nil {
		t.Fatal(err)
	}
	r["rawPath"], r["body"], r["headers"] = path, body, map[string]string{"content-type": contentType}
	h := r["requestContext"].(map[string]any)["http"].(map[string]any)
	h["method"], h["path"] = method, path
	return encode(t, r)
}

// A net/http handler has its embedded file and its local module, and a panic is
// a 500 that costs nothing else.
func TestAWSMenu(t *testing.T) {
	f := startLambda(t, "menu")
	for _, test := range []struct {
		method, path string
		status       int
		body         string
	}{
		{"GET", "/menu/Ada", 200, "Good morning, Ada!\ncoffee 2.50\ncake 3.10\n"},
		{"GET", "/menu/panic", 500, "Internal Server Error\n"},
		{"POST", "/menu/Ada", 405, "Method Not Allowed\n"},
		{"GET", "/menu/J%C3%BCrgen", 200, "Good morning, Jürgen!\ncoffee 2.50\ncake 3.10\n"},
	} {
		got := f.request(urlRequest(t, test.method, test.path, "", ""))
		if got.StatusCode != test.status || got.Body != test.body {
			t.Errorf("%s %s: got %+v", test.method, test.path, got)
		}
	}
}

// billTests are requests of typed values, and their answers on every platform.
var billTests = []struct {
	contentType, body string
	status            int
	answer            string
}{
	{"application/json", `{"guest":9007199254740993,"cups":3}`, 200, `{"guest":9007199254740993,"cents":750}`},
	{"application/json", `{"guest":`, 400, "Bad Request\n"},
	{"text/plain", `{"guest":1,"cups":1}`, 400, "Bad Request\n"},
	{"application/json", `{"guest":1,"cups":-1}`, 400, "Bad Request\n"},
}

// A typed handler answers with JSON, and what does not decode is the client's
// fault.
func TestAWSBills(t *testing.T) {
	f := startLambda(t, "bills")
	for _, test := range billTests {
		got := f.request(urlRequest(t, "POST", "/bills", test.contentType, test.body))
		if got.StatusCode != test.status || got.Body != test.answer {
			t.Errorf("%s %s: got %+v", test.contentType, test.body, got)
		}
	}
}

// front is testdata/front, built for AWS with a base path.
var front = sync.OnceValues(func() (*application, error) {
	return builtFor("aws", "front", fmt.Sprintf("targets:\n  aws: {arch: %s, base-path: /v1}\n", runtime.GOARCH))
})

// stageRequest is a request of an HTTP API's stage, and mappedRequest one of a
// REST API, both with the members of AWS's examples.
//
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
// https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
func stageRequest(domain, stage, path string) string {
	return fmt.Sprintf(`{"version":"2.0","routeKey":"$default","rawPath":%[3]q,"rawQueryString":"","headers":{"accept":"*/*","host":%[1]q,"x-forwarded-proto":"https"},
"requestContext":{"accountId":"123456789012","apiId":"a1b2c3d4e5","domainName":%[1]q,"domainPrefix":"a1b2c3d4e5","http":{"method":"GET","path":%[3]q,"protocol":"HTTP/1.1",
"sourceIp":"192.0.2.7","userAgent":"curl/8.5.0"},"requestId":"r-1","routeKey":"$default","stage":%[2]q,"time":"12/Mar/2024:19:03:58 +0000","timeEpoch":1710270238000},"isBase64Encoded":false}`,
		domain, stage, path)
}

func mappedRequest(domain, path, whole string) string {
	return fmt.Sprintf(`{"resource":"/{proxy+}","path":%[2]q,"httpMethod":"GET","headers":{"Host":%[1]q},"multiValueHeaders":{"Host":[%[1]q]},"queryStringParameters":null,
"multiValueQueryStringParameters":null,"pathParameters":{"proxy":%[2]q},"stageVariables":null,"requestContext":{"accountId":"123456789012","apiId":"a1b2c3d4e5","domainName":%[1]q,
"httpMethod":"GET","identity":{"sourceIp":"192.0.2.7"},"path":%[3]q,"protocol":"HTTP/1.1","requestId":"r-2","resourcePath":"/{proxy+}","stage":"prod"},"body":null,"isBase64Encoded":false}`,
		domain, path, whole)
}

// Routes are found behind a stage, a custom domain and a base path mapping, and
// the event has the path that it has on every platform. A redirect of the mux
// leads to the same place, from the client's URL.
func TestAWSPrefix(t *testing.T) {
	a, err := front()
	if err != nil {
		t.Fatal(err)
	}
	const own, custom = "a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com", "api.example.com"
	for function, tests := range map[string][]struct{ payload, client, body, location string }{
		"agent": {
			{payload: stageRequest(own, "dev", "/dev/agents/7"), body: "7 at /agents/7 of " + own},
			{payload: stageRequest(own, "$default", "/agents/7"), body: "7 at /agents/7 of " + own},
			{payload: stageRequest(custom, "dev", "/dev/agents/7"), body: "7 at /agents/7 of " + custom},
			{payload: mappedRequest(custom, "/v1/agents/a%2Fb", "/v1/agents/a%2Fb"), body: "a/b at /agents/a%2Fb of " + custom},
			{payload: stageRequest(own, "dev", "/dev//agents/7"), client: "https://" + own + "/dev//agents/7", location: "https://" + own + "/dev/agents/7"},
			{payload: mappedRequest(custom, "/v1//agents/7", "/v1//agents/7"), client: "https://" + custom + "/v1//agents/7", location: "https://" + custom + "/v1/agents/7"},
		},
		"ping": {
			{payload: mappedRequest(custom, "/v1/ping", "/v1/ping"), body: "/ping"},
			{payload: mappedRequest(own, "/ping", "/prod/ping"), body: "/ping"},
			{payload: stageRequest(own, "dev", "/dev/ping"), body: "/ping"},
		},
	} {
		f := startBootstrap(t, a, function)
		for _, test := range tests {
			got := f.request(test.payload)
			if test.location == "" {
				if got.StatusCode != 200 || got.Body != test.body {
					t.Errorf("%s: got %+v, want %q", test.payload, got, test.body)
				}
				continue
			}
			client, err := url.Parse(test.client)
			if err != nil {
				t.Fatal(err)
			}
			if to, err := client.Parse(got.header("Location")); err != nil || got.StatusCode != 307 || to.String() != test.location {
				t.Errorf("%s: got %+v, which leads to %v (%v)", test.payload, got, to, err)
			}
		}
	}
}
