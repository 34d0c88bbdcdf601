package aws

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/internal/testkit/moto"
	"github.com/fngen/fngen/providers/aws/resource/dynamodb"
	"github.com/fngen/fngen/providers/aws/resource/s3"
	"github.com/fngen/fngen/providers/aws/resource/secretsmanager"
)

// What a setup is given makes the requests of useOperations and no others, each
// by the right that is there for it.
func TestUseOperations(t *testing.T) {
	account := motoAccount{t: t, url: moto.Start(t)}
	account.prepare()
	r := record(t, account.url)
	for name, value := range map[string]string{
		"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "s3cret", "AWS_ENDPOINT_URL": r.url,
		"FNGEN_USE_USERS": "UsersTable", "FNGEN_USE_PICTURES": strings.TrimPrefix(picturesARN, "arn:aws:s3:::"), "FNGEN_USE_KEY": "stripe/api",
	} {
		t.Setenv(name, value)
	}
	users, err := dynamodb.Collection("users")
	if err != nil {
		t.Fatal(err)
	}
	pictures, err := s3.Bucket("pictures", "in/")
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
	}
	type object map[string]any
	for _, c := range []struct {
		use model.Use
		do  func()
	}{
		{model.Use{Kind: model.UseDocument, Write: true}, func() {
			_, err := users.Put(ctx, "a", object{"n": 1})
			must(err)
			revision, err := users.Create(ctx, "b", object{"n": 1})
			must(err)
			_, err = users.Replace(ctx, "b", object{"n": 2}, revision)
			must(err)
			must(users.Delete(ctx, "b", ""))
		}},
		{model.Use{Kind: model.UseDocument, Read: true}, func() {
			var into object
			_, err := users.Get(ctx, "a", &into)
			must(err)
		}},
		{model.Use{Kind: model.UseObject, Write: true}, func() {
			large := []byte(strings.Repeat("x", 17<<20))
			must(pictures.WriteAll(ctx, "small", []byte("a"), nil))
			must(pictures.Copy(ctx, "copy", "small", nil))
			must(pictures.WriteAll(ctx, "large", large, nil))
			must(pictures.Delete(ctx, "large"))
			r.refuse("UploadPart")
			if err := pictures.WriteAll(ctx, "large", large, nil); err == nil {
				t.Error("a part that is refused is written")
			}
			r.refuse("")
		}},
		{model.Use{Kind: model.UseObject, Read: true}, func() {
			_, err := pictures.ReadAll(ctx, "small")
			must(err)
			_, err = pictures.Attributes(ctx, "small")
			must(err)
			there, err := pictures.Exists(ctx, "none")
			must(err)
			if there {
				t.Error("what is not there exists")
			}
			_, err = pictures.List(nil).Next(ctx)
			must(err)
		}},
		{model.Use{Kind: model.UseSecret, Read: true}, func() {
			value, err := secretsmanager.Value("key")
			must(err)
			if value != "key" {
				t.Errorf("the secret is %q", value)
			}
		}},
	} {
		r.taken() // what was before
		c.do()
		var want []string
		for _, o := range useOperations {
			if o.does(c.use) {
				want = append(want, o.name)
			}
		}
		slices.Sort(want)
		if diff := cmp.Diff(want, r.taken()); diff != "" {
			t.Errorf("%s %s: requests (-want +got):\n%s", c.use.Kind, c.use.Right(), diff)
		}
	}
}

// A recorder passes requests on and knows what they are.
type recorder struct {
	url     string
	mu      sync.Mutex
	seen    []string
	refused string
}

func record(t *testing.T, to string) *recorder {
	t.Helper()
	target, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		name := operationOf(request)
		r.mu.Lock()
		r.seen = append(r.seen, name)
		refused := name == r.refused
		r.mu.Unlock()
		if refused {
			http.Error(w, "", http.StatusForbidden)
			return
		}
		proxy.ServeHTTP(w, request.WithContext(context.WithoutCancel(request.Context())))
	}))
	t.Cleanup(server.Close)
	r.url = server.URL
	return r
}

func (r *recorder) refuse(operation string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refused = operation
}

// taken returns the operations since the last time, sorted, each once.
func (r *recorder) taken() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	seen := r.seen
	r.seen = nil
	slices.Sort(seen)
	return slices.Compact(seen)
}

// operationOf is the operation that the request is:
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
func operationOf(r *http.Request) string {
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		return target[strings.LastIndex(target, ".")+1:]
	}
	name, query := r.Method, r.URL.Query()
	for _, part := range []string{"uploads", "partNumber", "uploadId", "list-type"} {
		if query.Has(part) {
			name += " " + part
			break
		}
	}
	if r.Header.Get("X-Amz-Copy-Source") != "" {
		name += " copy"
	}
	known := map[string]string{
		"HEAD": "HeadObject", "GET": "GetObject", "GET list-type": "ListObjectsV2", "PUT": "PutObject", "PUT copy": "CopyObject",
		"POST uploads": "CreateMultipartUpload", "PUT partNumber": "UploadPart", "POST uploadId": "CompleteMultipartUpload", "DELETE uploadId": "AbortMultipartUpload", "DELETE": "DeleteObject",
	}[name]
	if known == "" {
		return name + " " + r.URL.String()
	}
	return known
}
