package api

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// The access token is asked for once, again when it is about to expire or was
// not accepted, and stands in no error.
func TestToken(t *testing.T) {
	asked, answer := 0, `{"access_token":"ya29.secret","expires_in":3599,"token_type":"Bearer"}`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		if r.URL.Path != "/computeMetadata/v1/instance/service-accounts/default/token" || r.Header.Get("Metadata-Flavor") != "Google" {
			http.NotFound(w, r)
			return
		}
		_, _ = io.WriteString(w, answer)
	}))
	defer server.Close()
	t.Setenv("GCE_METADATA_HOST", strings.TrimPrefix(server.URL, "http://"))
	var token accessToken
	for range 3 {
		if got, err := token.get(t.Context()); err != nil || got != "ya29.secret" {
			t.Fatalf("token %q, error %v", got, err)
		}
	}
	token.expires = token.expires.Add(-59 * 60 * 1e9)
	_, _ = token.get(t.Context())
	token.forget()
	_, _ = token.get(t.Context())
	if asked != 3 {
		t.Errorf("asked %d times, want 3", asked)
	}
	token.forget()
	answer = `{"access_token":"ya29.secret`
	if _, err := token.get(t.Context()); err == nil || strings.Contains(err.Error(), "ya29") {
		t.Errorf("got %v", err)
	}
}

// What is said of a metadata server that fails holds nothing of its address but the
// host, and nothing of its answers that may be a token.
func TestNothingPrivateIsSaid(t *testing.T) {
	status := http.StatusNotFound
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, `{"error":{"status":"SAID","message":"see https://alice:s3cret@host/t0ken?q=1"},"access_token":"t0ken"}`)
	}))
	defer server.Close()
	down := httptest.NewServer(http.NotFoundHandler())
	down.Close()
	host := func(url string) string { return strings.TrimPrefix(url, "http://") }
	private := func(err error, want string) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
			return
		}
		for _, hidden := range []string{"alice", "s3cret", "t0ken", "computeMetadata"} {
			if strings.Contains(err.Error(), hidden) {
				t.Errorf("%q has %q", err, hidden)
			}
		}
	}
	for at, want := range map[string]string{
		host(server.URL):                 "the metadata server knows no token",
		"alice:s3cret@" + host(down.URL): down.URL + ": ",
		"alice:s3cret@host:t0ken":        "the address is not",
	} {
		t.Setenv("GCE_METADATA_HOST", at)
		ctx, cancel := t.Context(), context.CancelFunc(func() {})
		if strings.HasPrefix(want, down.URL) { // the metadata package tries again
			ctx, cancel = context.WithTimeout(ctx, 300*time.Millisecond)
		}
		_, err := (&accessToken{}).get(ctx)
		cancel()
		private(err, want)
	}
	status = http.StatusForbidden
	t.Setenv("GCE_METADATA_HOST", host(server.URL))
	_, err := (&accessToken{}).get(t.Context())
	private(err, "answered with status 403")
}
