// Package clients_test has the platforms' own clients and fngen's drivers in front of
// the store, apart from it since they take long to compile.
package clients_test

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"

	"github.com/fngen/fngen/gen/internal/dev/store"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/internal/native"
	"github.com/fngen/fngen/internal/testkit/buckets"
	"github.com/fngen/fngen/providers/aws/resource/s3"
	"github.com/fngen/fngen/providers/gcp/resource/cloudstorage"
)

// A world is a store, what is told of it, and a function that uses it.
type world struct {
	*store.Store
	folder string

	mu      sync.Mutex
	told    []string
	refused []string
	fail    error
}

func (w *world) take() (told, refused []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	told, refused = w.told, w.refused
	w.told, w.refused = nil, nil
	return told, refused
}

func open(t *testing.T, target string) *world {
	t.Helper()
	w := &world{folder: filepath.Join(t.TempDir(), "objects")}
	var err error
	w.Store, err = store.New(store.Options{
		Target: target, Folder: w.folder,
		Told: func(one store.Write) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			if w.fail != nil {
				return w.fail
			}
			text := one.String()
			if o, ok := one.Occurrence.(native.Object); ok && !o.Deleted {
				text += fmt.Sprintf(" %d %s %s", o.Size, o.ContentType, o.ETag)
			}
			w.told = append(w.told, text)
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// use has the test's environment be that of a function with the uses, and returns
// the address of the store as it sees it.
func (w *world) use(t *testing.T, uses ...model.Use) string {
	t.Helper()
	f := model.Function{Name: "shop", Trigger: model.HTTP{}}.Using(uses...)
	if err := w.Prepare([]model.Function{f}); err != nil {
		t.Fatal(err)
	}
	v := w.View(f, map[string]string{"key": "value of stripe/api"}, nil, func(text string) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.refused = append(w.refused, text)
	})
	server := httptest.NewServer(v)
	t.Cleanup(server.Close)
	environment(t, v, server.URL)
	return server.URL
}

// environment sets the variables of the function.
func environment(t *testing.T, v *store.View, url string) {
	t.Helper()
	variables := append(v.Environment(strings.TrimPrefix(url, "http://")), "AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local", "AWS_SESSION_TOKEN=local")
	for _, variable := range variables {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value)
	}
}

var platforms = map[string]func(param, prefix string) (*blob.Bucket, error){"aws": s3.Bucket, "gcp": cloudstorage.Bucket}

func bucket(t *testing.T, target, param, prefix string) *blob.Bucket {
	t.Helper()
	b, err := platforms[target](param, prefix)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// pictures is a use of a bucket, with all rights.
var pictures = model.Use{Param: "pictures", Kind: model.UseObject, Name: "pictures", Read: true, Write: true}

// Handlers do with a bucket on this machine what they do with one on the platform,
// through the same clients.
func TestBuckets(t *testing.T) {
	for target := range platforms {
		for _, prefix := range []string{"", "in/"} {
			t.Run(target+" "+prefix, func(t *testing.T) {
				w := open(t, target)
				w.use(t, pictures)
				buckets.Run(t, bucket(t, target, "pictures", prefix), bucket(t, target, "pictures", ""), prefix)
				if _, refused := w.take(); refused != nil {
					t.Errorf("refused: %q", refused)
				}
				entries, err := os.ReadDir(w.folder)
				for _, e := range entries {
					if e.Name() == ".uploads" {
						in, _ := os.ReadDir(filepath.Join(w.folder, ".uploads"))
						if len(in) > 0 {
							t.Errorf("%d files of uploads are left", len(in))
						}
					} else if e.Name() != "pictures" {
						t.Errorf("%s is in the folder", e.Name())
					}
				}
				if in, _ := os.ReadDir(filepath.Join(w.folder, "pictures")); err != nil || len(in) > 0 {
					t.Errorf("%v, and of %d folders nothing is in them", err, len(in))
				}
			})
		}
	}
}

// Objects are files, and files objects; each write is told once, whoever makes it,
// with what the platform tells.
func TestObjectsAreFiles(t *testing.T) {
	for target := range platforms {
		t.Run(target, func(t *testing.T) {
			w := open(t, target)
			w.use(t, pictures)
			b := bucket(t, target, "pictures", "")
			ctx := t.Context()
			expect := func(want ...string) {
				t.Helper()
				if err := w.Changed(); err != nil {
					t.Error(err)
				}
				if got, _ := w.take(); !slices.Equal(got, want) {
					t.Errorf("told\n%q, want\n%q", got, want)
				}
			}
			if err := b.WriteAll(ctx, "a/b.txt", []byte("hello"), &blob.WriterOptions{ContentType: "text/x-own", Metadata: map[string]string{"by": "me"}}); err != nil {
				t.Fatal(err)
			}
			const hello = "5d41402abc4b2a76b9719d911017c592"
			expect("object pictures/a/b.txt created 5 text/x-own " + hello)
			file := filepath.Join(w.folder, "pictures", "a", "b.txt")
			if got, err := os.ReadFile(file); string(got) != "hello" {
				t.Errorf("the file has %q, %v", got, err)
			}
			if at, err := b.Attributes(ctx, "a/b.txt"); err != nil || at.Metadata["by"] != "me" || at.ContentType != "text/x-own" || fmt.Sprintf("%x", at.MD5) != hello && target == "gcp" {
				t.Errorf("%+v, %v", at, err)
			}
			if err := os.WriteFile(file, []byte("hello, world"), 0o644); err != nil {
				t.Fatal(err)
			}
			if got, err := b.ReadAll(ctx, "a/b.txt"); string(got) != "hello, world" {
				t.Errorf("%q, %v", got, err)
			}
			created := "object pictures/a/b.txt created 12 text/plain; charset=utf-8 e4d7f1b4ed2e42d15898f4b27b019da4"
			if target == "gcp" {
				expect("object pictures/a/b.txt deleted", created)
			} else {
				expect(created)
			}
			if err := b.Copy(ctx, "c", "a/b.txt", nil); err != nil {
				t.Fatal(err)
			}
			expect("object pictures/c created 12 text/plain; charset=utf-8 e4d7f1b4ed2e42d15898f4b27b019da4")
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
			expect("object pictures/a/b.txt deleted")
			if err := b.Delete(ctx, "c"); err != nil {
				t.Fatal(err)
			}
			expect("object pictures/c deleted")
			if err := b.WriteAll(ctx, "once", nil, &blob.WriterOptions{IfNotExist: true}); err != nil {
				t.Fatal(err)
			}
			if err := b.WriteAll(ctx, "once", nil, &blob.WriterOptions{IfNotExist: true}); gcerrors.Code(err) != gcerrors.FailedPrecondition {
				t.Errorf("written twice: %v", err)
			}
		})
	}
}

// A list comes in pages, with what has a delimiter as one.
func TestList(t *testing.T) {
	for target := range platforms {
		t.Run(target, func(t *testing.T) {
			w := open(t, target)
			w.use(t, pictures)
			b := bucket(t, target, "pictures", "")
			want := []string{"a", "b/", "c", "d/"}
			for _, key := range []string{"a", "b/1", "b/2", "c", "d/e/f"} {
				put(t, filepath.Join(w.folder, "pictures", filepath.FromSlash(key)))
			}
			put(t, filepath.Join(w.folder, "pictures", ".hidden"))
			put(t, filepath.Join(w.folder, "pictures.txt"))
			var got []string
			for token, n := blob.FirstPageToken, 0; token != nil && n < 10; n++ {
				page, next, err := b.ListPage(t.Context(), token, 1, &blob.ListOptions{Delimiter: "/"})
				if err != nil {
					t.Fatal(err)
				}
				for _, o := range page {
					got = append(got, o.Key)
				}
				token = next
			}
			if !slices.Equal(got, want) {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
}

func put(t *testing.T, file string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(file), 0o644); err != nil {
		t.Fatal(err)
	}
}

// No key leaves the folder of its bucket, or is a file that is hidden; why it can be
// none is said.
func TestKeys(t *testing.T) {
	for target := range platforms {
		t.Run(target, func(t *testing.T) {
			w := open(t, target)
			w.use(t, pictures)
			put(t, filepath.Join(w.folder, "other", "secret"))
			put(t, filepath.Join(w.folder, "pictures", "file"))
			if err := os.Symlink(filepath.Dir(w.folder), filepath.Join(w.folder, "pictures", "up")); err != nil {
				t.Fatal(err)
			}
			put(t, filepath.Join(filepath.Dir(w.folder), "outside"))
			b := bucket(t, target, "pictures", "")
			for _, key := range []string{"../other/secret", "..", ".", "a//b", "/a", "a/", ".hidden", "a/.b", strings.Repeat("k", 256), "file/below", "up/outside"} {
				if err := b.WriteAll(t.Context(), key, []byte("x"), nil); err == nil {
					t.Errorf("%q was written", key)
				}
				if _, refused := w.take(); len(refused) == 0 {
					t.Errorf("nothing is said of %q", key)
				}
				if got, err := b.ReadAll(t.Context(), key); err == nil {
					t.Errorf("%q is %q", key, got)
				}
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(w.folder), "outside")); err != nil {
				t.Error(err)
			}
		})
	}
}

// A function has the rights that its directives give it, and what it may not is said
// with its name.
func TestRights(t *testing.T) {
	for target := range platforms {
		t.Run(target, func(t *testing.T) {
			w := open(t, target)
			w.use(t, model.Use{Param: "in", Kind: model.UseObject, Name: "pictures", Read: true, Prefix: "in/"},
				model.Use{Param: "out", Kind: model.UseObject, Name: "pictures", Write: true, Prefix: "out/"})
			in, out, whole := bucket(t, target, "in", "in/"), bucket(t, target, "out", "out/"), bucket(t, target, "in", "")
			put(t, filepath.Join(w.folder, "pictures", "in", "a"))
			put(t, filepath.Join(w.folder, "pictures", "b"))
			allowed := map[string]error{
				"read": second(in.ReadAll(t.Context(), "a")), "write": out.WriteAll(t.Context(), "a", nil, nil), "delete": out.Delete(t.Context(), "a"),
			}
			for what, err := range allowed {
				if err != nil {
					t.Errorf("%s: %v", what, err)
				}
			}
			for what, try := range map[string]func() error{
				"write in/":        func() error { return in.WriteAll(t.Context(), "a", nil, nil) },
				"read outside":     func() error { return second(whole.ReadAll(t.Context(), "b")) },
				"list out/":        func() error { _, _, err := out.ListPage(t.Context(), blob.FirstPageToken, 1, nil); return err },
				"delete in/":       func() error { return in.Delete(t.Context(), "a") },
				"list all objects": func() error { _, _, err := whole.ListPage(t.Context(), blob.FirstPageToken, 1, nil); return err },
			} {
				w.take()
				err := try()
				_, refused := w.take()
				want := map[string]gcerrors.ErrorCode{"aws": gcerrors.PermissionDenied, "gcp": gcerrors.NotFound}[target] // as gocloud.dev has 403
				if gcerrors.Code(err) != want || len(refused) == 0 || !strings.Contains(refused[0], "object:pictures") {
					t.Errorf("%s: %v, said %q", what, err, refused)
				}
			}
		})
	}
}

func second[T any](_ T, err error) error { return err }

// A store begins with the files of another one, which stay as they are.
func TestSeed(t *testing.T) {
	from := t.TempDir()
	put(t, filepath.Join(from, "pictures", "a", "b"))
	put(t, filepath.Join(from, "pictures", ".hidden"))
	w := open(t, "aws")
	w.use(t, pictures)
	if err := w.Seed(from, []string{"pictures", "none"}); err != nil {
		t.Fatal(err)
	}
	b := bucket(t, "aws", "pictures", "")
	if got, err := b.ReadAll(t.Context(), "a/b"); string(got) != filepath.Join(from, "pictures", "a", "b") {
		t.Errorf("%q, %v", got, err)
	}
	if err := b.WriteAll(t.Context(), "a/b", []byte("new"), nil); err != nil {
		t.Fatal(err)
	}
	if err := w.Changed(); err != nil {
		t.Fatal(err)
	}
	told, _ := w.take()
	if got, _ := os.ReadFile(filepath.Join(from, "pictures", "a", "b")); string(got) == "new" || len(told) != 1 {
		t.Errorf("the other has %q, and %q is told", got, told)
	}
}
