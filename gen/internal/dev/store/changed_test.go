package store

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/internal/native"
)

// What was there when it began has not happened now; after that each file that is
// new, changed or gone is a change of an object, whose key is its path.
func TestChanged(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string) {
		t.Helper()
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put("pictures/old.png", "x")
	put(".uploads/left", "of one that was killed")
	var told []string
	s, err := New(Options{Target: "aws", Folder: dir, Told: func(w Write) error {
		o := w.Occurrence.(native.Object)
		told = append(told, fmt.Sprintf("%s %s %d %s deleted=%t", w.Name, o.Key, o.Size, o.ContentType, o.Deleted))
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := os.Stat(filepath.Join(dir, ".uploads", "left")); err == nil {
		t.Error("an upload of another run is left")
	}
	want := func(want ...string) {
		t.Helper()
		if err := s.Changed(); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(told, want) {
			t.Errorf("told %q, want %q", told, want)
		}
		told = nil
	}
	want()
	put("pictures/a/new.png", "xy")
	put("pictures/.partial", "xy")
	put(".hidden/a", "xy")
	put("no-bucket", "xy")
	want("pictures a/new.png 2 image/png deleted=false")
	want()
	put("pictures/old.png", "xyz")
	if err := os.RemoveAll(filepath.Join(dir, "pictures", "a")); err != nil {
		t.Fatal(err)
	}
	put("texts/b", "")
	want("pictures a/new.png 0 image/png deleted=true", "pictures old.png 3 image/png deleted=false", "texts b 0 application/octet-stream deleted=false")
}

// A document that a change is about is as the change says, on each target with
// what its service adds, and nobody is told again.
func TestHappened(t *testing.T) {
	for _, target := range []string{"aws", "gcp", "openwhisk"} {
		s, err := New(Options{Target: target, Folder: t.TempDir(), Told: func(w Write) error { return fmt.Errorf("%s is told", w) }})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		s.make("users", defaultKey)
		after := native.Map{"n": native.Number("1")}
		c := s.Happened("users", native.Change{Kind: native.Created, Key: []string{"7"}, After: after})
		if (c.Revision == "") != (target == "aws") || len(after) != 1 {
			t.Errorf("%s: the revision is %q, and %v is after", target, c.Revision, after)
		}
		want := []Document{{"7", `{"n":1}`}}
		if list, _ := s.Documents("users", 9); !slices.Equal(list, want) {
			t.Errorf("%s: %v", target, list)
		}
		s.Happened("users", native.Change{Kind: native.Deleted, Key: []string{"7"}, Before: after})
		if list, n := s.Documents("users", 9); n != 0 {
			t.Errorf("%s: %v is left", target, list)
		}
		if c := s.Happened("none", c); c.Key[0] != "7" {
			t.Errorf("%s: %v", target, c)
		}
	}
}

// A table has the key attribute that fngen.yaml gives it, of which the driver is
// told.
func TestKeyAttribute(t *testing.T) {
	s, err := New(Options{Target: "aws", Folder: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	use := model.Use{Param: "users", Kind: model.UseDocument, Name: "users", Read: true, Write: true}
	writer := model.Function{Name: "write", Trigger: model.HTTP{}}.Using(use)
	reader := model.Function{Name: "read", Trigger: model.Document{Collection: "users"}, Feed: model.Feed{Keys: []string{"pk"}}}
	if err := s.Prepare([]model.Function{writer, reader}); err != nil {
		t.Fatal(err)
	}
	v := s.View(writer, nil, nil, nil)
	if env := v.Environment("127.0.0.1:1"); !slices.Contains(env, "FNGEN_USE_USERS=users/pk") || !slices.Contains(env, "AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:1/dynamodb") {
		t.Errorf("%q", env)
	}
	for body, want := range map[string]int{`{"TableName":"users","Item":{"pk":{"S":"a"},"_id":{"N":"1"}}}`: 200, `{"TableName":"users","Item":{"_id":{"S":"a"}}}`: 400} {
		r := httptest.NewRequest("POST", "/dynamodb/", strings.NewReader(body))
		r.Header.Set("X-Amz-Target", "DynamoDB_20120810.PutItem")
		w := httptest.NewRecorder()
		v.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
	}
}
