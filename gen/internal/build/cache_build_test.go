package build_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/fngen/fngen/gen/internal/build"
	"github.com/fngen/fngen/gen/internal/config"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/target/aws"
	"github.com/fngen/fngen/gen/internal/target/openwhisk"
	"github.com/fngen/fngen/gen/internal/testkit"
)

// library is an application's dependency, in a folder beside it.
var library = []txtar.File{
	{Name: "lib/go.mod", Data: []byte("module example.com/lib\n\ngo 1.26.0\n")},
	{Name: "lib/LICENSE", Data: []byte("Do what you like.\n")},
	{Name: "lib/in/in.go", Data: []byte("package in\n\nimport _ \"embed\"\n\n//go:embed hello.txt\nvar text string\n\nfunc Text() string { return text }\n")},
	{Name: "lib/in/hello.txt", Data: []byte("hello\n")},
	{Name: "lib/in/.env", Data: []byte("SECRET=1\n")},
	{Name: "lib/in/in_windows.go", Data: []byte("package in\n\nfunc Windows() {}\n")},
	{Name: "shop.go", Data: []byte(`// Package shop is for sale.
package shop

import (
	"context"
	"fmt"

	"example.com/lib/in"
)

//fn:queue orders
func Confirm(ctx context.Context, order string) error { fmt.Println(in.Text()); return nil }
`)},
}

// edit replaces text in a file of the application.
func edit(t *testing.T, dir, name, old, new string) {
	t.Helper()
	text := read(t, dir, name)
	if !strings.Contains(text, old) {
		t.Fatalf("%s does not hold %q", name, old)
	}
	if err := os.WriteFile(filepath.Join(dir, name), []byte(strings.ReplaceAll(text, old, new)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A cached is an application that is built with a cache.
type cached struct {
	dir, cache string
	decided    model.Build
	options    build.Options
}

func newCached(t *testing.T) cached {
	t.Helper()
	testkit.FromCache(t)
	c := cached{dir: t.TempDir(), cache: t.TempDir()}
	c.options.Cache = build.NewCache(c.cache)
	testkit.Shop(t, c.dir, library...)
	edit(t, c.dir, "go.mod", "require github.com/fngen/fngen v0.0.0\n", "require (\n\tgithub.com/fngen/fngen v0.0.0\n\texample.com/lib v1.0.0\n)\n\nreplace example.com/lib => ./lib\n")
	complete(t, c.dir, true, testkit.OpenWhisk(), testkit.GCP(), configured("targets: {aws: {}}"))
	return c
}

// digests builds and returns the digests of the files, and whether anything was made
// anew.
func (c cached) digests(t *testing.T, target model.Target) (map[string]string, bool) {
	t.Helper()
	before := c.entries(t)
	built, err := build.Build(t.Context(), target, testkit.Resolve(t, c.dir, target.Platform().With(c.decided)), nil, c.options)
	if err != nil {
		t.Fatal(err)
	}
	sums := map[string]string{}
	for _, f := range built.Files {
		sums[f.Path] = f.SHA256
	}
	return sums, c.entries(t) > before
}

func (c cached) entries(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir(c.cache)
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// configured returns the target that the text of fngen.yaml is about.
func configured(text string) model.Target {
	c := config.Parse([]byte(text), testkit.TargetNames)
	if strings.Contains(text, "aws:") {
		return aws.New(c.Sections("aws"))
	}
	return openwhisk.New(c.Sections("openwhisk"))
}

// An edited is what a test changes of an application, or of how it is built.
type edited struct {
	name string
	make func(t *testing.T, c *cached)
	yaml string // fngen.yaml from here on
}

// Whatever decides the bytes of a compiled function has it linked anew, and
// what does not, has not.
func TestCacheOfBinaries(t *testing.T) {
	if testing.Short() {
		t.Skip("links a function 27 times")
	}
	c := newCached(t)
	yaml := ""
	for _, change := range []edited{
		{name: "first build"},
		{name: "source", make: func(t *testing.T, c *cached) { edit(t, c.dir, "shop.go", "fmt.Println(in", "fmt.Print(in") }},
		{name: "source of a dependency", make: func(t *testing.T, c *cached) { edit(t, c.dir, "lib/in/in.go", "return text", "return text + text") }},
		{name: "embedded file", make: func(t *testing.T, c *cached) { edit(t, c.dir, "lib/in/hello.txt", "hello", "good morning") }},
		{name: "version of a dependency", make: func(t *testing.T, c *cached) {
			edit(t, c.dir, "go.mod", "example.com/lib v1.0.0", "example.com/lib v1.1.0")
		}},
		{name: "folder of a dependency", make: func(t *testing.T, c *cached) {
			edit(t, c.dir, "go.mod", "=> ./lib", "=> ./copy")
			if err := os.CopyFS(filepath.Join(c.dir, "copy"), os.DirFS(filepath.Join(c.dir, "lib"))); err != nil {
				t.Fatal(err)
			}
		}},
		{name: "directive", make: func(t *testing.T, c *cached) {
			edit(t, c.dir, "shop.go", "//fn:queue orders", "//fn:queue orders\n//fn:retries 7")
		}},
		{name: "tag, which the binary records", make: func(_ *testing.T, c *cached) { c.decided.Tags = []string{"blue"} }},
		{name: "value of the linker's", make: func(_ *testing.T, c *cached) { c.decided.Values = []string{"example.com/lib/in.text=hi"} }},
		{name: "kind of the image", yaml: `targets: {openwhisk: {kind: "go:1.23"}}`},
		{name: "architecture", yaml: `targets: {openwhisk: {arch: arm64}}`},
		{name: "target", yaml: `targets: {aws: {}}`},
		{name: "setting in the entrypoint alone", yaml: `resources: {orders: {aws: {envelope: sns}}}`},
	} {
		if change.make != nil {
			change.make(t, &c)
		}
		if change.yaml != "" {
			yaml = change.yaml
		}
		target := configured(yaml)
		first, made := c.digests(t, target)
		if !made {
			t.Errorf("%s: an archive of before was taken", change.name)
		}
		second, made := c.digests(t, target)
		if made || !maps.Equal(first, second) {
			t.Errorf("%s: built again, with nothing changed: %v and %v", change.name, first, second)
		}
	}
	testkit.WriteFiles(t, c.dir, []txtar.File{{Name: "README.md", Data: []byte("new")}, {Name: "shop_test.go", Data: []byte("package shop\n")}, {Name: "lib/in/in_windows.go", Data: []byte("package in\n")}})
	t.Setenv("GOFLAGS", "-p=1 -buildvcs=false")
	target := configured(yaml)
	kept, made := c.digests(t, target)
	if made {
		t.Error("a test, a text, a file for another system and a harmless flag had the function linked again")
	}
	c.options.Cache = nil
	if anew, _ := c.digests(t, target); !maps.Equal(kept, anew) {
		t.Errorf("the cache has %v, and a build without it gives %v", kept, anew)
	}
}

// Whatever is part of an archive of sources has it made anew.
func TestCacheOfSources(t *testing.T) {
	if testing.Short() {
		t.Skip("vendors an application 18 times")
	}
	c := newCached(t)
	for _, change := range []edited{
		{name: "first build"},
		{name: "source", make: func(t *testing.T, c *cached) { edit(t, c.dir, "shop.go", "fmt.Println(in", "fmt.Print(in") }},
		{name: "comment", make: func(t *testing.T, c *cached) { edit(t, c.dir, "shop.go", "is for sale", "is sold") }},
		{name: "licence", make: func(t *testing.T, c *cached) { edit(t, c.dir, "lib/LICENSE", "like", "want") }},
		{name: "embedded file", make: func(t *testing.T, c *cached) { edit(t, c.dir, "lib/in/hello.txt", "hello", "good morning") }},
		{name: "file for another version of Go", make: func(t *testing.T, c *cached) {
			testkit.WriteFiles(t, c.dir, []txtar.File{{Name: "lib/in/in_go.go", Data: []byte("//go:build go1.30\n\npackage in\n")}})
		}},
		{name: "tag", make: func(_ *testing.T, c *cached) { c.decided.Tags = []string{"blue"} }},
		{name: "value of the linker's", make: func(_ *testing.T, c *cached) { c.decided.Values = []string{"example.com/lib/in.text=hi"} }},
		{name: "version of a dependency", make: func(t *testing.T, c *cached) {
			edit(t, c.dir, "go.mod", "example.com/lib v1.0.0", "example.com/lib v1.1.0")
		}},
		{name: "version of Go", make: func(t *testing.T, c *cached) { edit(t, c.dir, "go.mod", "go 1.26.0", "go 1.26.1") }},
	} {
		if change.make != nil {
			change.make(t, &c)
		}
		first, made := c.digests(t, testkit.GCP())
		if !made {
			t.Errorf("%s: an archive of before was taken", change.name)
		}
		second, made := c.digests(t, testkit.GCP())
		if made || !maps.Equal(first, second) {
			t.Errorf("%s: packaged again, with nothing changed: %v and %v", change.name, first, second)
		}
	}
	edit(t, c.dir, "lib/in/.env", "1", "2")
	edit(t, c.dir, "lib/in/in_windows.go", "Windows", "Other")
	kept, made := c.digests(t, testkit.GCP())
	if made {
		t.Error("a file that is not part of the archive, for another system for instance, had it made again")
	}
	c.options.Cache = nil
	if anew, _ := c.digests(t, testkit.GCP()); !maps.Equal(kept, anew) {
		t.Errorf("the cache has %v, and a build without it gives %v", kept, anew)
	}
	if names := slices.Sorted(maps.Keys(kept)); !slices.Contains(names, "confirm.zip") || !slices.Contains(names, "confirm.cdx.json") {
		t.Errorf("files %v", names)
	}
}

// Neither a damaged cache nor one that cannot be used harms a build.
func TestBuildWithBrokenCache(t *testing.T) {
	c := newCached(t)
	want, _ := c.digests(t, testkit.OpenWhisk())
	entries, err := filepath.Glob(filepath.Join(c.cache, "*"))
	if err != nil || len(entries) != 1 {
		t.Fatalf("entries %v, %v", entries, err)
	}
	whole := read(t, c.cache, filepath.Base(entries[0]))
	if err := os.WriteFile(entries[0], []byte(whole[:len(whole)-1]), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, _ := c.digests(t, testkit.OpenWhisk()); !maps.Equal(got, want) {
		t.Errorf("after damage: %v, want %v", got, want)
	}
	if read(t, c.cache, filepath.Base(entries[0])) != whole {
		t.Error("the damaged entry was not made again")
	}
	c.options.Cache = build.NewCache(filepath.Join(c.dir, "go.mod"))
	if got, _ := c.digests(t, testkit.OpenWhisk()); !maps.Equal(got, want) {
		t.Errorf("without a folder: %v, want %v", got, want)
	}
}
