package s3_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/fngen/fngen/internal/testkit/buckets"
	"github.com/fngen/fngen/internal/testkit/moto"
	"github.com/fngen/fngen/providers/aws/resource/s3"
)

// environment is Lambda's.
func environment(t *testing.T, endpoint string) {
	t.Helper()
	for name, value := range map[string]string{
		"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "s3cret", "AWS_SESSION_TOKEN": "t0ken",
		"AWS_ENDPOINT_URL_S3": endpoint, "FNGEN_USE_PICTURES": "acme-pictures",
	} {
		t.Setenv(name, value)
	}
}

// Handlers do with a bucket on S3 what they do with one in memory, with all of
// it and below a prefix.
func TestBucket(t *testing.T) {
	url := moto.Start(t)
	environment(t, url)
	create, err := http.NewRequestWithContext(t.Context(), http.MethodPut, url+"/acme-pictures", strings.NewReader(
		`<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>`))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(create)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("create the bucket: %v, %v", resp, err)
	}
	resp.Body.Close()
	for _, prefix := range []string{"", "in/"} {
		t.Run("prefix "+prefix, func(t *testing.T) {
			whole, err := s3.Bucket("pictures", "")
			if err != nil {
				t.Fatal(err)
			}
			b, err := s3.Bucket("pictures", prefix)
			if err != nil {
				t.Fatal(err)
			}
			buckets.Run(t, b, whole, prefix)
		})
	}
}

// A bucket opens without a call and without a right; what is missing in the
// environment is named.
func TestOpen(t *testing.T) {
	called := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("it called %s", r.URL) }))
	defer called.Close()
	for variable, want := range map[string]string{"": "", "FNGEN_USE_PICTURES": "FNGEN_USE_PICTURES is not set", "AWS_REGION": "AWS_REGION is not set"} {
		environment(t, called.URL)
		t.Setenv("AWS_DEFAULT_REGION", "")
		if variable != "" {
			t.Setenv(variable, "")
		}
		_, err := s3.Bucket("pictures", "in/")
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("without %q: %v, want %q", variable, err, want)
		}
	}
}

// Requests are those of the function: signed in its region, with its credentials.
func TestCredentials(t *testing.T) {
	asked := make(chan http.Header, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked <- r.Header }))
	defer server.Close()
	environment(t, server.URL)
	b, err := s3.Bucket("pictures", "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Exists(t.Context(), "one.png"); err != nil {
		t.Fatal(err)
	}
	h := <-asked
	if by := h.Get("Authorization"); !strings.Contains(by, " Credential=AKID/") || !strings.Contains(by, "/eu-west-1/s3/") || h.Get("X-Amz-Security-Token") != "t0ken" {
		t.Errorf("it is signed by %s", by)
	}
}
