package cloudstorage_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/fngen/fngen/internal/testkit/buckets"
	"github.com/fngen/fngen/internal/testkit/gcs"
	"github.com/fngen/fngen/providers/gcp/resource/cloudstorage"
)

// Handlers do with a bucket on Cloud Storage what they do with one in memory,
// with all of it and below a prefix.
func TestBucketEmulator(t *testing.T) {
	t.Setenv("STORAGE_EMULATOR_HOST", gcs.Start(t, "acme-pictures"))
	t.Setenv("FNGEN_USE_PICTURES", "acme-pictures")
	for _, prefix := range []string{"", "in/"} {
		t.Run("prefix "+prefix, func(t *testing.T) {
			whole, err := cloudstorage.Bucket("pictures", "")
			if err != nil {
				t.Fatal(err)
			}
			b, err := cloudstorage.Bucket("pictures", prefix)
			if err != nil {
				t.Fatal(err)
			}
			buckets.Run(t, b, whole, prefix)
		})
	}
}

// A bucket opens without a call and without a right, the metadata server's token
// included; a name that is missing in the environment is named.
func TestOpen(t *testing.T) {
	called := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("it called %s", r.URL) }))
	defer called.Close()
	t.Setenv("GCE_METADATA_HOST", strings.TrimPrefix(called.URL, "http://"))
	t.Setenv("STORAGE_EMULATOR_HOST", "")
	for name, want := range map[string]string{"acme-pictures": "", "": "FNGEN_USE_PICTURES is not set"} {
		t.Setenv("FNGEN_USE_PICTURES", name)
		_, err := cloudstorage.Bucket("pictures", "in/")
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", name, err, want)
		}
	}
}
