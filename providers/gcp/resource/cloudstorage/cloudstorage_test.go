package cloudstorage_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/fngen/fngen/internal/testkit/buckets"
	"github.com/fngen/fngen/internal/testkit/tool"
	"github.com/fngen/fngen/providers/gcp/resource/cloudstorage"
)

// emulator starts a server that stands for Cloud Storage, and returns its
// address.
func emulator(t *testing.T) string {
	t.Helper()
	name := tool.Path(t, "fake-gcs-server")
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	_, port, _ := net.SplitHostPort(address)
	free.Close()
	cmd := exec.Command(name, "-backend=memory", "-scheme=http", "-host=127.0.0.1", "-port="+port, "-public-host="+address)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		resp, err := http.Post("http://"+address+"/storage/v1/b?project=acme", "application/json", strings.NewReader(`{"name":"acme-pictures"}`))
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				t.Fatalf("create the bucket: %s", resp.Status)
			}
			return address
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

// Handlers do with a bucket on Cloud Storage what they do with one in memory,
// with all of it and below a prefix.
func TestBucketEmulator(t *testing.T) {
	t.Setenv("STORAGE_EMULATOR_HOST", emulator(t))
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
