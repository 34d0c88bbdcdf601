package api

import (
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
