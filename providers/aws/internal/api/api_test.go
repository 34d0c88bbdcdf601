package api

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// An endpoint of the environment may hold a password, and what a service says
// may quote an address, or a request with the function's session token.
func TestNothingPrivateIsSaid(t *testing.T) {
	down := httptest.NewServer(http.NotFoundHandler())
	down.Close()
	for name, value := range map[string]string{"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "SECRET", "AWS_SESSION_TOKEN": "SESSION"} {
		t.Setenv(name, value)
	}
	var said []error
	for endpoint, want := range map[string]string{
		"http://alice:s3cret@" + strings.TrimPrefix(down.URL, "http://") + "/hook?q=t0ken": down.URL + ": connection refused",
		"http://alice:s3cret@host:t0ken/hook":                                              "the address is not",
		"alice:s3cret@host/hook":                                                           "the address is not",
	} {
		t.Setenv("AWS_ENDPOINT_URL_SQS", endpoint)
		_, _, err := Service{Name: "sqs", Variable: "SQS"}.Call(t.Context(), nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
		said = append(said, err)
	}
	said = append(said,
		Failure("SQS", "InvalidAddress", "The address https://alice:s3cret@sqs.eu-west-1.amazonaws.com/hook?q=t0ken is not valid for this endpoint."),
		Failure("SNS", "SignatureDoesNotMatch", "The Canonical String for this request should have been 'POST\n/\n\nx-amz-security-token:t0ken'"),
		JSONFailure("SQS", 403, []byte(`{"__type":"InvalidSignatureException","message":"'POST\n/hook\nx-amz-security-token:t0ken'"}`)))
	for _, err := range said {
		for _, hidden := range []string{"alice", "s3cret", "t0ken", "hook", "SESSION", "SECRET"} {
			if err != nil && strings.Contains(err.Error(), hidden) {
				t.Errorf("%q has %q", err, hidden)
			}
		}
	}
	if text := said[3].Error(); !strings.Contains(text, "The address https://sqs.eu-west-1.amazonaws.com is not valid") {
		t.Errorf("got %q", text)
	}
}

// Every call passes the invocation's trace on, by which Lambda finds loops, and
// none outside of Lambda.
func TestTrace(t *testing.T) {
	got := make(chan string, 1)
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got <- r.Header.Get("X-Amzn-Trace-Id")
		if signed := r.Header.Get("Authorization"); strings.Contains(signed, "trace") || signed == "" {
			t.Errorf("signed: %s", signed)
		}
	}))
	defer service.Close()
	for name, value := range map[string]string{"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "SECRET", "AWS_ENDPOINT_URL": service.URL, "AWS_ENDPOINT_URL_SQS": ""} {
		t.Setenv(name, value)
	}
	const own, process = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a87bd80c:1|68fd508a:5\r\nX: y", "Root=1-0"
	for _, test := range []struct{ function, inContext, inProcess, want string }{
		{"shop", own, process, "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a87bd80c:1%7C68fd508a:5%0D%0AX:%20y"},
		{"shop", "", process, process},
		{"shop", "", "", ""},
		{"", own, process, ""},
	} {
		t.Setenv("AWS_LAMBDA_FUNCTION_NAME", test.function)
		t.Setenv("_X_AMZN_TRACE_ID", test.inProcess)
		ctx := t.Context()
		if test.inContext != "" {
			//lint:ignore SA1029 the key of aws-lambda-go
			ctx = context.WithValue(ctx, "x-amzn-trace-id", test.inContext)
		}
		if _, _, err := (Service{Name: "sqs", Variable: "SQS"}).Call(ctx, []byte("{}")); err != nil {
			t.Fatal(err)
		}
		if header := <-got; header != test.want {
			t.Errorf("%+v: header %q", test, header)
		}
	}
}

// A response that is too long is an error, and is not cut.
func TestLongResponse(t *testing.T) {
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write(make([]byte, maxResponse+r.ContentLength))
	}))
	defer service.Close()
	t.Setenv("AWS_REGION", "eu-west-1")
	t.Setenv("AWS_ENDPOINT_URL", service.URL)
	t.Setenv("AWS_ENDPOINT_URL_SQS", "")
	for body, want := range map[string]int{"": maxResponse, "{": 0} {
		if _, response, err := (Service{Name: "sqs", Variable: "SQS"}).Call(t.Context(), []byte(body)); len(response) != want || (err == nil) != (want > 0) {
			t.Errorf("%d bytes, %v, want %d", len(response), err, want)
		}
	}
}
