package store

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/internal/native"
	"github.com/fngen/fngen/internal/native/aws"
)

// FuzzRequests: whatever is asked for is answered, and touches nothing but the
// buckets.
func FuzzRequests(f *testing.F) {
	for _, seed := range []struct{ target, method, path, header, value, body string }{
		{"aws", "POST", "/dynamodb/", "X-Amz-Target", "DynamoDB_20120810.PutItem", `{"TableName":"users","Item":{"_id":{"S":"a"},"n":{"N":"1"}},"ConditionExpression":"attribute_not_exists(#k) AND #r = :r","ExpressionAttributeNames":{"#k":"_id","#r":"_rev"},"ExpressionAttributeValues":{":r":{"S":"x"}}}`},
		{"aws", "POST", "/dynamodb/", "X-Amz-Target", "DynamoDB_20120810.GetItem", `{"TableName":"users","Key":{"_id":{"S":"a"}}}`},
		{"aws", "POST", "/secretsmanager/", "X-Amz-Target", "secretsmanager.GetSecretValue", `{"SecretId":"key"}`},
		{"aws", "PUT", "/s3/pictures/a%2F..%2F..%2Fb", "X-Amz-Content-Sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "5\r\nhello\r\n0\r\n"},
		{"aws", "PUT", "/s3/pictures/b", "X-Amz-Copy-Source", "pictures%2Fa", ""},
		{"aws", "GET", "/s3/pictures?list-type=2&max-keys=1&prefix=a&delimiter=/", "", "", ""},
		{"aws", "POST", "/s3/pictures/a?uploads", "", "", ""},
		{"aws", "POST", "/s3/pictures/a?uploadId=x", "", "", `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>"x"</ETag></Part></CompleteMultipartUpload>`},
		{"gcp", "POST", "/v1/projects/local/databases/(default)/documents:commit", "", "", `{"writes":[{"update":{"name":"projects/p/databases/d/documents/users/a","fields":{"v":{"doubleValue":1}}},"currentDocument":{"updateTime":"2026-01-01T00:00:00Z"}}]}`},
		{"gcp", "POST", "/v1/projects/local/databases/(default)/documents:batchGet", "", "", `{"documents":["projects/p/databases/d/documents/users/a"]}`},
		{"gcp", "POST", "/upload/storage/v1/b/pictures/o?uploadType=multipart", "Content-Type", "multipart/related; boundary=x", "--x\r\n\r\n{\"name\":\"a\"}\r\n--x\r\n\r\nhello\r\n--x--"},
		{"gcp", "POST", "/upload/storage/v1/b/pictures/o?uploadType=resumable&name=a", "", "", "{}"},
		{"gcp", "POST", "/storage/v1/b/pictures/o/a/rewriteTo/b/pictures/o/b?alt=json", "", "", "{}"},
		{"gcp", "GET", "/pictures/a", "Range", "bytes=1-2", ""},
		{"openwhisk", "PUT", "/couchdb/users/a", "Authorization", "Basic bG9jYWw6bG9jYWw=", `{"_rev":"1-0123456789abcdef0123456789abcdef","n":1}`},
		{"openwhisk", "DELETE", "/couchdb/users/a?rev=1-a", "Authorization", "Basic bG9jYWw6bG9jYWw=", ""},
	} {
		f.Add(seed.target, seed.method, seed.path, seed.header, seed.value, seed.body)
	}
	dir := f.TempDir()
	views := map[string]*View{}
	function := model.Function{Name: "shop"}.Using(model.Use{Param: "users", Kind: model.UseDocument, Name: "users", Read: true, Write: true},
		model.Use{Param: "pictures", Kind: model.UseObject, Name: "pictures", Read: true, Write: true}, model.Use{Param: "key", Kind: model.UseSecret, Name: "key", Read: true})
	for _, target := range []string{"aws", "gcp", "openwhisk"} {
		s, err := New(Options{Target: target, Folder: filepath.Join(dir, target, "objects")})
		if err != nil {
			f.Fatal(err)
		}
		f.Cleanup(func() { s.Close() })
		if err := s.Prepare([]model.Function{function}); err != nil {
			f.Fatal(err)
		}
		views[target] = s.View(function, map[string]string{"key": "s3cret"}, nil, nil)
	}
	f.Fuzz(func(t *testing.T, target, method, path, header, value, body string) {
		u, err := url.ParseRequestURI(path)
		v := views[target]
		if err != nil || v == nil || method == "" {
			return
		}
		r := &http.Request{Method: method, URL: u, Host: "127.0.0.1", Header: http.Header{}, Body: http.NoBody, RequestURI: path}
		if r = r.WithContext(t.Context()); body != "" {
			r.Body = readCloser{strings.NewReader(body)}
		}
		if header != "" {
			r.Header.Set(header, value)
		}
		w := httptest.NewRecorder()
		v.ServeHTTP(w, r)
		if w.Code < 200 || w.Code > 599 {
			t.Errorf("status %d", w.Code)
		}
		for _, folder := range []string{dir, filepath.Join(dir, target)} {
			entries, _ := os.ReadDir(folder)
			for _, e := range entries {
				if views[e.Name()] == nil && e.Name() != "objects" {
					t.Errorf("%s is in %s", e.Name(), folder)
				}
			}
		}
		entries, _ := os.ReadDir(filepath.Join(dir, target, "objects"))
		for _, e := range entries {
			if e.Name() != "pictures" && e.Name() != uploadsFolder {
				t.Errorf("%s is among the buckets", e.Name())
			}
		}
	})
}

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }

// attribute returns the value as an item has it.
func attribute(v native.Value) json.RawMessage {
	item, err := aws.Item(native.Map{"v": v})
	var members map[string]json.RawMessage
	if err = errors.Join(err, json.Unmarshal(item, &members)); err != nil {
		panic(err)
	}
	return members["v"]
}

// FuzzValues: a value that is taken is given back as it was.
func FuzzValues(f *testing.F) {
	for _, seed := range []string{`{"S":"a"}`, `{"N":"1e21"}`, `{"M":{"a":{"L":[{"NULL":true},{"BOOL":false},{"B":"AP8="}]}}}`, `{"SS":["a"]}`, `{"NS":["1"]}`, `{"BS":["AP8="]}`,
		`{"integerValue":"7"}`, `{"doubleValue":1e21}`, `{"doubleValue":"NaN"}`, `{"mapValue":{"fields":{"a":{"arrayValue":{"values":[{"nullValue":null}]}}}}}`, `{"timestampValue":"2026-01-02T03:04:05.678Z"}`,
		`{"referenceValue":"projects/p/databases/d/documents/a/b"}`, `{"geoPointValue":{"latitude":1,"longitude":-2.5}}`, `{"bytesValue":"AP8="}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, codec := range []struct {
			parse  func(json.RawMessage, int) (native.Value, error)
			encode func(native.Value) json.RawMessage
		}{{parseAttribute, attribute}, {parseValue, value}} {
			v, err := codec.parse(text, 0)
			if err != nil {
				continue
			}
			encoded := codec.encode(v)
			again, err := codec.parse(encoded, 0)
			if err != nil || !reflect.DeepEqual(v, again) && !strings.Contains(string(encoded), "NaN") {
				t.Fatalf("%s becomes %s, which is %#v, %v; want %#v", text, encoded, again, err, v)
			}
			if _, err := json.Marshal(Plain(v)); err != nil && !strings.Contains(string(encoded), "N") && !strings.Contains(string(encoded), "Inf") {
				t.Fatalf("%s cannot be shown: %v", encoded, err)
			}
		}
	})
}
