//go:build unix

package acceptance

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fngen/fngen/internal/native"
	onaws "github.com/fngen/fngen/internal/native/aws"
	ongcp "github.com/fngen/fngen/internal/native/gcp"
	"github.com/fngen/fngen/internal/testkit/gcs"
	"github.com/fngen/fngen/internal/testkit/moto"
	"github.com/fngen/fngen/internal/testkit/tool"
)

// thumbnails is examples/thumbnails, built for AWS and Google Cloud.
var thumbnails = sync.OnceValues(func() (*application, error) {
	dir, err := copyExample("thumbnails", "thumbnails", "pictures")
	if err != nil {
		return nil, err
	}
	return buildApp(dir, "aws,gcp")
})

// picture is a PNG of 640 x 320.
func picture(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 640, 320))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// uploaded is the event of an object that was created.
func uploaded(t *testing.T, p native.Platform, key string) native.Payload {
	t.Helper()
	payloads, err := p.Encode(native.Trigger{Kind: "object", Name: "pictures"}, native.Invocation{},
		native.Delivery{Number: 1, Time: time.Unix(1_767_323_045, 0), Occurrence: native.Object{Key: key, Size: 1}})
	if err != nil {
		t.Fatal(err)
	}
	return payloads[0]
}

// isSmall checks the picture that was written.
func isSmall(t *testing.T, data []byte) {
	t.Helper()
	small, err := png.Decode(bytes.NewReader(data))
	if err != nil || small.Bounds().Size() != image.Pt(160, 80) {
		t.Errorf("the thumbnail: %v, %v; want 160 x 80", small, err)
	}
}

// A bucket of S3 is read and written below its prefixes. A picture that is gone is
// no failure: what is not there is NotFound to the handler.
func TestAWSThumbnails(t *testing.T) {
	requireLinux(t)
	tool.Path(t, "aws")
	a, err := thumbnails()
	if err != nil {
		t.Fatal(err)
	}
	c := &cloud{t: t, moto: moto.Start(t)}
	c.aws("s3api", "create-bucket", "--bucket", "acme-pictures", "--create-bucket-configuration", "LocationConstraint=eu-west-1")
	local := filepath.Join(t.TempDir(), "large.png")
	if err := os.WriteFile(local, picture(t), 0o644); err != nil {
		t.Fatal(err)
	}
	c.aws("s3api", "put-object", "--bucket", "acme-pictures", "--key", "in/a b/ü.png", "--body", local)
	env := []string{
		"AWS_ENDPOINT_URL=" + c.moto, "AWS_ACCESS_KEY_ID=AKID", "AWS_SECRET_ACCESS_KEY=SECRET", "FNGEN_USE_IN=acme-pictures",
		"FNGEN_SINK_THUMBNAIL_DEAD_LETTERS=" + c.moto + "/123456789012/letters",
	}
	f := startBootstrap(t, a, "thumbnail", append(env, "FNGEN_USE_OUT=acme-pictures")...)
	for _, key := range []string{"in/a b/ü.png", "in/gone.png"} {
		if answer := f.invoke(string(uploaded(t, onaws.Platform{Resource: "acme-pictures"}, key).Body), patience); answer != "null" {
			t.Errorf("%s is answered with %s", key, answer)
		}
	}
	c.aws("s3api", "get-object", "--bucket", "acme-pictures", "--key", "out/a b/ü.png.png", local)
	data, err := os.ReadFile(local)
	if err != nil {
		t.Fatal(err)
	}
	isSmall(t, data)
	if keys := c.aws("s3api", "list-objects-v2", "--bucket", "acme-pictures", "--query", "length(Contents)", "--output", "text"); keys != "2" {
		t.Errorf("the bucket has %s objects, want 2", keys)
	}

	missing := startBootstrap(t, a, "thumbnail", env...)
	if code := missing.exit(); code != 1 || !strings.Contains(missing.log.String(), "FNGEN_USE_OUT is not set") {
		t.Errorf("without a name of the bucket: exit code %d", code)
	}
}

// A bucket of Cloud Storage is read and written below its prefixes, by the binary.
func TestGoogleThumbnails(t *testing.T) {
	requireLinux(t)
	a, err := thumbnails()
	if err != nil {
		t.Fatal(err)
	}
	host := gcs.Start(t, "acme-pictures")
	upload, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+host+"/upload/storage/v1/b/acme-pictures/o?uploadType=media&name=in%2Fa%20b%2F%C3%BC.png", bytes.NewReader(picture(t)))
	if err != nil {
		t.Fatal(err)
	}
	send := func(r *http.Request) []byte {
		t.Helper()
		response, err := direct.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil || response.StatusCode != http.StatusOK {
			t.Fatalf("%s %s: %s %s %v", r.Method, r.URL, response.Status, body, err)
		}
		return body
	}
	send(upload)
	program := filepath.Join(unpack(t, a.archive(t, "gcp/thumbnail")), "main")
	env := []string{"STORAGE_EMULATOR_HOST=" + host, "FNGEN_USE_IN=acme-pictures", "FNGEN_SINK_THUMBNAIL_DEAD_LETTERS=projects/acme/topics/letters"}
	f := startBinary(t, program, append(env, "FNGEN_USE_OUT=acme-pictures")...)
	for _, key := range []string{"in/a b/ü.png", "in/gone.png"} {
		if answer := f.sends(uploaded(t, ongcp.Platform{Resource: "acme-pictures"}, key)); answer.Status != http.StatusNoContent {
			t.Errorf("%s is answered with %+v", key, answer)
		}
	}
	written, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+host+"/storage/v1/b/acme-pictures/o/out%2Fa%20b%2F%C3%BC.png.png?alt=media", nil)
	if err != nil {
		t.Fatal(err)
	}
	isSmall(t, send(written))

	missing := start(t, serverCommand(program, "", freePort(t), env))
	if code := missing.exit(); code != 1 || !strings.Contains(missing.log.String(), "FNGEN_USE_OUT is not set") {
		t.Errorf("without a name of the bucket: exit code %d", code)
	}
}

// telling is testdata/services, built for AWS and Google Cloud.
var telling = sync.OnceValues(func() (*application, error) {
	dir, err := copyModule("services", "services", map[string]string{
		"fngen.yaml": fmt.Sprintf("targets:\n  aws: {arch: %s}\n  gcp: {package: binary, arch: %[1]s}\n", runtime.GOARCH),
	})
	if err != nil {
		return nil, err
	}
	return buildApp(dir, "aws,gcp")
})

// The value of a secret is read when the process starts, so that the next process
// has what was rotated; one that is not there is a failed start that says which.
// What is used by its name has the physical one.
func TestAWSSecret(t *testing.T) {
	requireLinux(t)
	tool.Path(t, "aws")
	a, err := telling()
	if err != nil {
		t.Fatal(err)
	}
	c := &cloud{t: t, moto: moto.Start(t)}
	arn := c.aws("secretsmanager", "create-secret", "--name", "stripe-api", "--secret-string", "sk_first", "--query", "ARN", "--output", "text")
	env := []string{
		"AWS_ENDPOINT_URL=" + c.moto, "AWS_ACCESS_KEY_ID=AKID", "AWS_SECRET_ACCESS_KEY=SECRET",
		"FNGEN_USE_USERS=acme-users", "FNGEN_USE_PICTURES=acme-pictures",
	}
	tells := func(f *lambda) string {
		t.Helper()
		payload := requested(t, onaws.Platform{}, "/tell", "")
		_, answer := clientGets(t, onaws.Platform{}, payload, native.Answer{Body: []byte(f.invoke(string(payload.Body), patience))})
		return answer
	}
	first := startBootstrap(t, a, "tell", append(env, "FNGEN_USE_KEY="+arn)...)
	if got := tells(first); got != "sk_first acme-users acme-pictures" {
		t.Errorf("got %q", got)
	}
	c.aws("secretsmanager", "put-secret-value", "--secret-id", arn, "--secret-string", "sk_second")
	second := startBootstrap(t, a, "tell", append(env, "FNGEN_USE_KEY="+arn)...)
	if before, after := tells(first), tells(second); before != "sk_first acme-users acme-pictures" || after != "sk_second acme-users acme-pictures" {
		t.Errorf("the process of before the rotation has %q, that of after %q", before, after)
	}
	gone := startBootstrap(t, a, "tell", append(env, "FNGEN_USE_KEY="+arn+"x")...)
	if code := gone.exit(); code != 1 || !strings.Contains(gone.log.String(), "read the secret of FNGEN_USE_KEY: secretsmanager: ResourceNotFoundException") {
		t.Errorf("a secret that is not there: exit code %d", code)
	}
	for _, f := range []*lambda{first, second, gone} {
		if strings.Contains(f.log.String(), "sk_") {
			t.Error("a log holds the secret")
		}
	}
}

// On Google Cloud the platform has put the secret into the environment.
func TestGoogleSecret(t *testing.T) {
	requireLinux(t)
	a, err := telling()
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(unpack(t, a.archive(t, "gcp/tell")), "main")
	env := []string{"FNGEN_USE_USERS=acme-users", "FNGEN_USE_PICTURES=acme-pictures"}
	f := startBinary(t, program, append(env, "FNGEN_USE_KEY=sk_first")...)
	if got := f.send(http.MethodPost, "/tell", nil, ""); got.body != "sk_first acme-users acme-pictures" {
		t.Errorf("got %+v", got)
	}
	missing := start(t, serverCommand(program, "", freePort(t), env))
	if code := missing.exit(); code != 1 || !strings.Contains(missing.log.String(), "FNGEN_USE_KEY is not set") {
		t.Errorf("without the secret: exit code %d", code)
	}
}
