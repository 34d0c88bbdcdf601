package gen

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// The state of a folder changes with whatever the go command may see in it; in
// the module cache, with the size or time of a file too.
func TestState(t *testing.T) {
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	touch := func(name string, at time.Time) {
		t.Helper()
		if err := os.Chtimes(name, at, at); err != nil {
			t.Fatal(err)
		}
	}
	then := time.Unix(1_700_000_000, 0)
	for _, c := range []struct {
		name   string
		change func(dir string)
		edited bool // the state differs in a folder that is edited
		fixed  bool // and in the module cache
	}{
		{"nothing", func(string) {}, false, false},
		{"time of a Go file", func(dir string) { touch(dir+"/a.go", then.Add(1)) }, false, true},
		{"text of a Go file, of the same size and time", func(dir string) { write(dir+"/a.go", "package b"); touch(dir+"/a.go", then) }, true, false},
		{"size of a Go file", func(dir string) { write(dir+"/a.go", "package aa"); touch(dir+"/a.go", then) }, true, true},
		{"text of go.sum", func(dir string) { write(dir+"/go.sum", "two"); touch(dir+"/go.sum", then) }, true, false},
		{"time of another file", func(dir string) { touch(dir+"/a.s", then.Add(1)) }, true, true},
		{"a new file", func(dir string) { write(dir+"/b.go", "") }, true, true},
		{"a file that is gone", func(dir string) { os.Remove(dir + "/a.s") }, true, true},
		{"a new folder", func(dir string) { os.Mkdir(dir+"/sub", 0o755) }, true, true},
		{"a folder in place of a file", func(dir string) { os.Remove(dir + "/a.s"); os.Mkdir(dir+"/a.s", 0o755) }, true, true},
		{"what a link leads to", func(dir string) { write(dir+"/../linked.go", "package other") }, true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, fixed := range []bool{false, true} {
				dir := filepath.Join(t.TempDir(), "folder")
				if err := os.Mkdir(dir, 0o755); err != nil {
					t.Fatal(err)
				}
				for name, text := range map[string]string{"a.go": "package a", "a.s": "TEXT", "go.sum": "one", "../linked.go": "package a"} {
					write(filepath.Join(dir, name), text)
					touch(filepath.Join(dir, name), then)
				}
				if err := os.Symlink("../linked.go", dir+"/link.go"); err != nil {
					t.Fatal(err)
				}
				w, want := world{}, c.edited
				if fixed {
					w.Go, want = map[string]string{"GOMODCACHE": filepath.Dir(dir)}, c.fixed
				}
				before, err := w.state(dir)
				if err != nil {
					t.Fatal(err)
				}
				c.change(dir)
				after, err := w.state(dir)
				if err != nil || before != after != want {
					t.Errorf("in the module cache %t: the state differs %t, want %t (%v)", fixed, before != after, want, err)
				}
			}
		})
	}
}

// Nothing is kept of answers that other programs give, or that files decide
// over which nobody looks at.
func TestUnknowable(t *testing.T) {
	for _, c := range []struct {
		flags, driver string
		ok            bool
	}{
		{"", "", true}, {"", "off", true}, {"-tags=a,b -trimpath --mod=mod", "", true},
		{"", "driver", false}, {"-toolexec=env", "", false}, {"-tags=a --overlay=x.json", "", false}, {"-modfile=other.mod", "", false},
	} {
		t.Setenv("GOPACKAGESDRIVER", c.driver)
		if err := (world{Go: map[string]string{"GOFLAGS": c.flags}}).knowable(); (err == nil) != c.ok {
			t.Errorf("GOFLAGS=%q GOPACKAGESDRIVER=%q: %v", c.flags, c.driver, err)
		}
	}
}

// A file that is edited while the go command is asked may have been read before
// or after: what was learned is not kept.
func TestEditInTheMiddle(t *testing.T) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	app := App{Root: root, Path: "example.com/shop", Module: Module{Path: "example.com/shop", Dir: root, folders: []moduleFolder{{"example.com/shop", root}}}}
	name := filepath.Join(root, "shop.go")
	for file, text := range map[string]string{name: "package shop", filepath.Join(root, "go.mod"): "module example.com/shop\n"} {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cache := testCache(t)
	files := []File{{Path: "entrypoints/aws/a-aws/main.go"}}
	run := func(edit string) (covered bool) {
		t.Helper()
		m := Recall(t.Context(), cache, root, nil)
		if m.Covers(files) {
			return true
		}
		m.learnImports(app, []importedPackage{{ImportPath: "example.com/shop", Dir: root}})
		if edit != "" {
			if err := os.WriteFile(name, []byte(edit), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		m.Keep(files, true)
		return false
	}
	for i, step := range []struct {
		edit    string
		covered bool
	}{
		{"", false},              // which folders count is learned
		{"package two", false},   // not known to be what was read
		{"package three", false}, // nor is this
		{"", false},
		{"", true},
	} {
		if covered := run(step.edit); covered != step.covered {
			t.Errorf("run %d: covered %t, want %t", i, covered, step.covered)
		}
	}
}

// What a folder counts for: that it holds a package, or that something may
// appear in it which decides.
func TestPremises(t *testing.T) {
	dir := t.TempDir()
	for _, folder := range []string{"app/a/b", "app/mail/de", "app/c", "other", "cache/dep/x"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	at := func(name string) string { return filepath.Join(dir, name) }
	p := premises{
		app: App{Root: at("app/a"), Path: "example.com/shop/a", Module: Module{Path: "example.com/shop", Dir: at("app"),
			folders: []moduleFolder{{"example.com/shop", at("app")}, {"example.com/other", at("other")}}}},
		candidates: []string{"b"},
		packages: []importedPackage{
			{ImportPath: "time", Dir: at("root/time"), Standard: true},
			{ImportPath: "example.com/dep/x", Dir: at("cache/dep/x"), EmbedFiles: []string{"y/z"}},
			{ImportPath: "example.com/shop/c/gone", Dir: at("cache/gone")},
			{ImportPath: "example.com/shop", Dir: at("app"), EmbedPatterns: []string{"mail/de/*.txt"}, EmbedFiles: []string{"mail/de/a.txt"}},
			{ImportPath: "example.com/shop/a/entrypoints/aws/x", Dir: at("app/a/entrypoints/aws/x")},
		},
	}
	w := world{Go: map[string]string{"GOMODCACHE": at("cache")}}
	folders, certain := p.folders(w)
	var want []string
	for _, f := range []string{"app", "app/a", "app/a/b", "app/c", "app/mail", "app/mail/de", "cache/dep/x", "cache/gone", "other", "root/time"} {
		want = append(want, at(f))
	}
	if got := slices.Sorted(maps.Keys(folders)); !slices.Equal(got, want) || !certain {
		t.Errorf("certain %t, got\n%s\nwant\n%s", certain, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, unclear := range []importedPackage{
		{ImportPath: "example.com/shop/d", Dir: at("app/d"), EmbedPatterns: []string{"*/a.txt"}},
		{ImportPath: "example.com/shop/d", Dir: at("app/d"), Imports: []string{"example.com/shop/a/entrypoints/aws/x"}},
	} {
		q := p
		q.packages = append(slices.Clone(p.packages), unclear)
		if _, certain := q.folders(w); certain {
			t.Errorf("with %+v the folders are certain", unclear)
		}
	}
}
