package acceptance

import (
	"encoding/json"
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
