package aws

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/fnhttp"
	"github.com/fngen/fngen/internal/run"
	"github.com/fngen/fngen/internal/testkit/logged"
)

// urlRequest is a function URL's request with the method, path and more
// members.
func urlRequest(method, path, more string) string {
	return `{"version":"2.0","rawPath":"` + path + `","headers":{"host":"h"},"requestContext":{"domainName":"id.lambda-url.eu-west-1.on.aws",` +
		`"requestId":"platform-id","http":{"method":"` + method + `","sourceIp":"192.0.2.1"}}` + more + `}`
}

func serve(t testing.TB, h http.HandlerFunc, payload string) string {
	t.Helper()
	answer, err := HTTPHandler(h, HTTP{}).Invoke(t.Context(), []byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	return string(answer)
}

// The context tells the delivery and the source. The id is the platform's,
// whatever a client writes, and the raw request is without secrets.
func TestHTTPDelivery(t *testing.T) {
	deadline := time.Now().Add(time.Hour)
	ctx, cancel := context.WithDeadline(t.Context(), deadline)
	defer cancel()
	ctx = lambdacontext.NewContext(ctx, &lambdacontext.LambdaContext{
		AwsRequestID: "lambda-id", InvokedFunctionArn: "arn:aws:lambda:eu-west-1:1:function:orders:live",
	})
	payload := `{"httpMethod":"GET","path":"/","headers":{"X-Api-Key":"k","authorization":"Bearer s","x-request-id":"client"},` +
		`"multiValueHeaders":{"COOKIE":["s"],"A":["1"]},"cookies":["s"],"requestContext":{"requestId":"platform-id","stage":"prod","accountId":"1",` +
		`"identity":{"apiKey":"k","sourceIp":"192.0.2.1"},"authorizer":{"claims":{"n":9007199254740993}}}}`
	called := false
	h := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		called = true
		d, _ := fn.DeliveryFrom(r.Context())
		if d.Provider != "aws" || d.Trigger != "http" || d.NativeID != "platform-id" || !d.Deadline.Equal(deadline) {
			t.Errorf("delivery %+v", d)
		}
		if diff := cmp.Diff(map[string]string{"requestId": "platform-id", "stage": "prod", "accountId": "1"}, d.Attributes); diff != "" {
			t.Errorf("attributes (-want +got):\n%s", diff)
		}
		want := `{"headers":{"x-request-id":"client"},"httpMethod":"GET","multiValueHeaders":{},"path":"/","requestContext":{"accountId":"1",` +
			`"identity":{"sourceIp":"192.0.2.1"},"requestId":"platform-id","stage":"prod"}}`
		if got := string(d.Raw()); got != want {
			t.Errorf("raw %s, want %s", got, want)
		}
		if got := run.RequestFrom(r.Context()).Source; got != "arn:aws:lambda:eu-west-1:1:function:orders" {
			t.Errorf("source %q", got)
		}
	})
	if _, err := HTTPHandler(h, HTTP{}).Invoke(ctx, []byte(payload)); err != nil || !called {
		t.Errorf("called %v, error %v", called, err)
	}

	h = func(_ http.ResponseWriter, r *http.Request) {
		if d, _ := fn.DeliveryFrom(r.Context()); d.NativeID != "lambda-id" {
			t.Errorf("a load balancer tells no id; got %q", d.NativeID)
		}
	}
	if _, err := HTTPHandler(h, HTTP{}).Invoke(ctx, fixture(t, "alb-lambda-target-request-headers-only.json")); err != nil {
		t.Error(err)
	}
}

// The request outlives Invoke in a handler that does not return; the buffer
// does not.
func TestHTTPNothingAliasesThePayload(t *testing.T) {
	var kept []byte
	var ctx context.Context
	h := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		kept, _ = io.ReadAll(r.Body)
		ctx = r.Context()
	})
	buffer := []byte(urlRequest("POST", "/", `,"body":"hello"`))
	if _, err := HTTPHandler(h, HTTP{}).Invoke(t.Context(), buffer); err != nil {
		t.Fatal(err)
	}
	clear(buffer)
	delivery, _ := fn.DeliveryFrom(ctx)
	if string(kept) != "hello" || delivery.Attributes["requestId"] != "platform-id" {
		t.Errorf("after the buffer's reuse: body %q, attributes %v", kept, delivery.Attributes)
	}
}

// A panic is a 500 without its text, whatever was written before, and is
// logged with the stack; so is a goroutine that ends. The process lives on.
func TestHTTPPanic(t *testing.T) {
	const want = `{"statusCode":500,"headers":{"Content-Type":"text/plain; charset=utf-8","X-Content-Type-Options":"nosniff"},"body":"Internal Server Error\n","isBase64Encoded":false}`
	for name, end := range map[string]func(){
		"panic": func() { panic("secret") }, "Goexit": runtime.Goexit, "typed nil": func() { panic((*url.Error)(nil)) }, "again": func() { panic(again{}) },
	} {
		log := logged.Text(t)
		got := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Half", "done")
			_, _ = io.WriteString(w, "half")
			end()
		}, urlRequest("GET", "/", ""))
		if got != want {
			t.Errorf("%s: answer %s, want %s", name, got, want)
		}
		if !strings.Contains(log.String(), "HTTP request platform-id") || !strings.Contains(log.String(), "http_test.go") {
			t.Errorf("%s: log %s", name, log)
		}
	}
}

// again panics when it is printed, with what does so too.
type again struct{}

func (a again) Error() string { panic(a) }

// The handler's context ends early enough, and a handler that does not heed it
// is answered for with a 504 before Lambda kills the process.
func TestHTTPDeadline(t *testing.T) {
	logged.Text(t)
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		release := make(chan struct{})
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
			if d := time.Since(start); d != 9*time.Second {
				t.Errorf("the handler's context ended after %v, want 9s", d)
			}
			<-release
			w.WriteHeader(http.StatusOK)
		})
		answer, err := HTTPHandler(h, HTTP{}).Invoke(ctx, []byte(urlRequest("GET", "/", "")))
		if err != nil || !strings.HasPrefix(string(answer), `{"statusCode":504,`) {
			t.Errorf("answer %s, error %v", answer, err)
		}
		if d := time.Since(start); d != 9500*time.Millisecond {
			t.Errorf("answered after %v, want 9.5s", d)
		}
		close(release)
	})
}

// Events over HTTP: a handler of events sees the platform's id and source, and
// its failure is a status alone.
func TestHTTPEvents(t *testing.T) {
	logged.Text(t)
	r := &recorder{}
	h := HTTPHandler(fnhttp.Handler(r, "/example.com/shop/Audit"), HTTP{})
	ctx := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{InvokedFunctionArn: "arn:aws:lambda:eu-west-1:1:function:orders"})
	answer, err := h.Invoke(ctx, []byte(urlRequest("POST", "/orders/7", `,"body":"{\"n\":9007199254740993}"`)))
	if err != nil || !strings.HasPrefix(string(answer), `{"statusCode":204,`) {
		t.Errorf("answer %s, error %v", answer, err)
	}
	wantEvents(t, r, `{"specversion":"1.0","id":"platform-id","source":"arn:aws:lambda:eu-west-1:1:function:orders",`+
		`"type":"dev.fngen.http.request.v1","subject":"/orders/7","data":{"n":9007199254740993}}`)

	r.answer = func(fn.Event) error { return fn.RetryAfter(errors.New("secret"), 1500*time.Millisecond) }
	answer, err = h.Invoke(ctx, []byte(urlRequest("POST", "/", `,"body":"1"`)))
	if err != nil || !strings.HasPrefix(string(answer), `{"statusCode":503,`) || !strings.Contains(string(answer), `"Retry-After":"2"`) || strings.Contains(string(answer), "secret") {
		t.Errorf("answer %s, error %v", answer, err)
	}
}
