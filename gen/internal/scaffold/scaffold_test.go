package scaffold

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/format"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/fngen/fngen/gen/internal/directive"
	"github.com/fngen/fngen/gen/internal/model"
)

// There is a handler for every trigger that the directives know.
func TestKinds(t *testing.T) {
	triggers, _, ok := strings.Cut(directive.Help(), "//fn:name")
	if !ok {
		t.Fatal("the help of directives no longer has //fn:name after the triggers")
	}
	var known []string
	for _, m := range regexp.MustCompile(`//fn:(\w+)`).FindAllStringSubmatch(triggers, -1) {
		known = append(known, m[1])
	}
	if kinds := Kinds(); !slices.Equal(kinds, known) {
		t.Errorf("the triggers are %q, and there are handlers for %q", known, kinds)
	}
	for _, kind := range Kinds() {
		source, err := hello.ReadFile("hello/" + kind + ".go")
		if err != nil || !bytes.Contains(source, []byte("\n//fn:"+kind+" ")) {
			t.Errorf("%s.go has no //fn:%s, %v", kind, kind, err)
		}
	}
}

// Whatever is asked for compiles with its tests, and is formatted, under a name
// that is longer or shorter.
func TestSelections(t *testing.T) {
	compile := compiler(t)
	for set := range 1 << len(Kinds()) {
		var o Options
		for i, kind := range Kinds() {
			if set&(1<<i) != 0 {
				o.Triggers = append(o.Triggers, kind)
			}
		}
		pkg := []string{"a", "fn", "replay", "longername"}[set%4]
		files, err := names{"example.com/" + pkg, pkg}.files(o)
		if err != nil {
			t.Fatal(err)
		}
		if err := compile(pkg, files); err != nil {
			t.Errorf("%s: %v", o.Triggers, err)
		}
	}
}

// compiler returns a function that type-checks the files of a package.
func compiler(t *testing.T) func(pkg string, files []model.File) error {
	t.Helper()
	cmd := exec.Command("go", "list", "-export", "-deps", "-test", "-json=ImportPath,Export", "./hello")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	exports := map[string]string{}
	for d := json.NewDecoder(bytes.NewReader(out)); d.More(); {
		var p struct{ ImportPath, Export string }
		if err := d.Decode(&p); err != nil {
			t.Fatal(err)
		}
		exports[p.ImportPath] = p.Export
	}
	fset := token.NewFileSet()
	imports := importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	return func(pkg string, files []model.File) error {
		var parsed []*ast.File
		for _, f := range files {
			if filepath.Ext(f.Path) != ".go" {
				continue
			}
			if formatted, err := format.Source(f.Data); err != nil || !bytes.Equal(formatted, f.Data) {
				return fmt.Errorf("%s is not formatted (%v):\n%s", f.Path, err, f.Data)
			}
			file, err := parser.ParseFile(fset, f.Path, f.Data, parser.ParseComments)
			if err != nil {
				return err
			}
			if file.Name.Name != pkg || f.Path == "doc.go" && !strings.HasPrefix(file.Doc.Text(), "Package "+pkg+" ") {
				return fmt.Errorf("%s is of package %s: %s", f.Path, file.Name.Name, file.Doc.Text())
			}
			parsed = append(parsed, file)
		}
		_, err := (&types.Config{Importer: imports}).Check(pkg, fset, parsed, nil)
		return err
	}
}

func TestNames(t *testing.T) {
	for _, c := range []struct{ folder, module, want, pkg string }{
		{"hello", "", "example.com/hello", "hello"},
		{"My-Shop_2", "", "example.com/My-Shop_2", "myshop2"},
		{"hello", "example.com/shop/v2", "example.com/shop/v2", "shop"},
		{"hello", "gopkg.in/shop.v3", "gopkg.in/shop.v3", "shop"},
		{"grüße", "example.com/greetings", "example.com/greetings", "greetings"},
		{"hello", "shop", "shop", "shop"},
		{".shop", "", "example.com/.shop", "shop"},
		{"mains", "", "example.com/mains", "mains"},

		{"grüße", "", `no module can be named after the folder "grüße"`, ""},
		{"a b", "", `no module can be named after the folder "a b"`, ""},
		{"vendor", "", `no module can be named after the folder "vendor"`, ""},
		{"con", "", `no module can be named after the folder "con"`, ""},
		{`a"b`, "", `no module can be named after the folder "a\"b"`, ""},
		{"func", "", "no package can be named after the last word of the module example.com/func;", ""},
		{"main", "", "no package can be named", ""},
		{"init", "", "no package can be named", ""},
		{"documentation", "", "no package can be named", ""},
		{"string", "", "no package can be named", ""},
		{"2fast", "", "no package can be named", ""},
		{"___", "", "no package can be named", ""},
		{"hello", "example.com/", `--module "example.com/" is no path of a module`, ""},
		{"hello", "/tmp/shop", `--module "/tmp/shop" is no path of a module`, ""},
		{"hello", "example.com/a/vendor", `--module "example.com/a/vendor" is no path of a module`, ""},
		{"hello", "example.com/shop\n//fn:queue q", `--module "example.com/shop\n//fn:queue q" is no path of a module`, ""},
		{"hello", "example.com/func", "no package can be named", ""},
	} {
		m, err := named(Options{Dir: filepath.Join(t.TempDir(), c.folder), Module: c.module})
		if c.pkg == "" {
			if err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("%q, %q: %v, want %s", c.folder, c.module, err, c.want)
			}
		} else if want := (names{c.want, c.pkg}); err != nil || m != want {
			t.Errorf("%q, %q: %v, %v; want %v", c.folder, c.module, m, err, want)
		}
	}
}

// A version that no go.mod can require is refused before anything is asked for.
func TestVersions(t *testing.T) {
	for version, ok := range map[string]bool{
		"v0.0.1": true, "v1.2.3-rc.1": true, "v0.0.0-20260301120000-abcdefabcdef": true,
		"(devel)": false, "v0.0.0-20260301120000-abcdefabcdef+dirty": false, "v0.0.0-00010101000000-000000000000": false,
	} {
		mod, err := names{"example.com/hello", "hello"}.mod(Options{Version: version})
		if (err == nil) != ok || ok && !strings.Contains(string(mod), "require github.com/fngen/fngen "+version+"\n") {
			t.Errorf("%s: %v\n%s", version, err, mod)
		}
	}
}

// Each file that is in the way is found, and nothing else is.
func TestInTheWay(t *testing.T) {
	files, err := names{"example.com/hello", "hello"}.files(Options{Triggers: usual})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	want := slices.Clone(moduleFiles)
	for _, f := range files {
		want = append(want, f.Path)
	}
	want = append(want, "shop.go")
	slices.Sort(want)
	for _, name := range append(want, "README.md", "go.work") {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	var found model.Findings
	if err := free(Options{Dir: dir, Shown: "hello"}, files); !errors.As(err, &found) {
		t.Fatal(err)
	}
	var got []string
	for _, d := range found {
		got = append(got, strings.TrimPrefix(d.Pos.Filename, "hello/"))
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
}

// What cannot be written whole is not written.
func TestWhole(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "hello")
	o := Options{Dir: dir, Shown: "hello", Checkout: filepath.Join(t.TempDir(), "nothing")}
	if _, err := Write(t.Context(), o); err == nil {
		t.Error("a module is written though what it requires is not there")
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the folder is there, %v", err)
	}

	files := []model.File{{Path: "a"}, {Path: "b/c"}}
	if _, err := write(dir, files); err == nil {
		t.Error("a file is written into a folder that is not there")
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the folder is there, %v", err)
	}
}
