package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
)

// rememberedApp is an application whose handler takes types of its own module,
// of one in the place of which there is a folder, and of the module cache.
const rememberedApp = `
-- app/go.mod --
module example.com/shop

go 1.26.0

require (
	github.com/fngen/fngen v0.0.0
	example.com/shop/money v0.0.0
	example.com/unused v0.0.0
)

replace github.com/fngen/fngen => REPO

replace example.com/shop/money => ../money

replace example.com/unused => ../unused
-- app/shop.go --
package shop

import (
	"context"
	_ "embed"

	"example.com/shop/lib/order"
)

//go:embed mail/text.txt
var mail string

//fn:queue orders
func Confirm(ctx context.Context, o order.Order) error { return nil }
-- app/mail/text.txt --
Thank you.
-- app/lib/order/order.go --
package order

import (
	"example.com/shop/money"
	"github.com/google/uuid"
)

type Order struct {
	ID    uuid.UUID
	Price money.Amount
}
-- app/lib/order/more.go --
package order

const more = last
-- app/lib/order/last.go --
package order

const last = 1
-- app/tagged/tagged.go --
//go:build special

package tagged

import "context"

//fn:queue tagged
func Tagged(ctx context.Context, text string) error { return nil }
-- money/go.mod --
module example.com/shop/money

go 1.26.0
-- money/money.go --
package money

type Amount struct{ Cents int }
-- unused/go.mod --
module example.com/unused

go 1.26.0
`

type remembered struct {
	t     *testing.T
	dir   string // of the application
	fngen string
	args  []string
	env   []string
}

func (r *remembered) write(name, text string) {
	r.t.Helper()
	name = filepath.Join(r.dir, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		r.t.Fatal(err)
	}
}

func (r *remembered) replace(name, old, new string) {
	r.t.Helper()
	text, err := os.ReadFile(filepath.Join(r.dir, name))
	if err != nil || !strings.Contains(string(text), old) {
		r.t.Fatalf("%s has no %q (%v)", name, old, err)
	}
	r.write(name, strings.Replace(string(text), old, new, 1))
}

func (r *remembered) remove(name string) {
	r.t.Helper()
	if err := os.Remove(filepath.Join(r.dir, name)); err != nil {
		r.t.Fatal(err)
	}
}

// generate returns what the command says, and whether it asked what only the
// go command knows.
func (r *remembered) generate(args ...string) (said string, asked bool) {
	r.t.Helper()
	cmd := exec.Command(r.fngen, slices.Concat([]string{"generate"}, r.args, args)...)
	cmd.Dir = r.dir
	cmd.Env = append(os.Environ(), r.env...)
	r.write("../asked", "")
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		r.t.Fatal(err)
	}
	commands, err := os.ReadFile(filepath.Join(r.dir, "../asked"))
	if err != nil {
		r.t.Fatal(err)
	}
	return string(out) + cmd.ProcessState.String(), strings.Contains(string(commands), "list")
}

// program is a go command that notes what it is asked.
const program = "#!/bin/sh\necho \"$1\" >> %q\nexec %q \"$@\"\n"

func newRemembered(t *testing.T) *remembered {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	r := &remembered{t: t, dir: filepath.Join(dir, "app"), fngen: filepath.Join(dir, "fngen")}
	repo, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	if repo, err = filepath.Rel(r.dir, repo); err != nil {
		t.Fatal(err)
	}
	r.write("../goenv", "")
	for _, f := range txtar.Parse([]byte(strings.ReplaceAll(rememberedApp, "REPO", filepath.ToSlash(repo)))).Files {
		r.write("../"+f.Name, string(f.Data))
	}
	mod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	own, err := os.ReadFile(filepath.Join(r.dir, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	_, requirements, _ := strings.Cut(string(mod), "\nrequire ")
	r.write("go.mod", string(own)+"\nrequire "+requirements)
	sum, err := os.ReadFile("../../go.sum")
	if err != nil {
		t.Fatal(err)
	}
	r.write("go.sum", string(sum))
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	binary, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(r.fngen, binary, 0o755); err != nil {
		t.Fatal(err)
	}
	goCommand, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	r.write("../bin/go", fmt.Sprintf(program, filepath.Join(dir, "asked"), goCommand))
	if err := os.Chmod(filepath.Join(dir, "bin/go"), 0o755); err != nil {
		t.Fatal(err)
	}
	r.env = []string{
		"PATH=" + filepath.Join(dir, "bin") + string(filepath.ListSeparator) + os.Getenv("PATH"),
		"FNGEN_CACHE=" + filepath.Join(dir, "cache"), "FNGEN_TARGET=openwhisk", "GOPROXY=off", "GOFLAGS=", "GOENV=" + filepath.Join(dir, "goenv"), "PWD=" + r.dir,
	}
	return r
}

// warm runs the command until it asks nothing.
func (r *remembered) warm() {
	r.t.Helper()
	said := ""
	for range 5 {
		asked := false
		if said, asked = r.generate(); !asked {
			return
		}
	}
	r.t.Fatalf("the go command is asked each time: %s", said)
}

// Whatever is changed after a run that needed no go command, the next run says
// what one says that knows nothing; and if the go command may answer otherwise,
// it is asked again.
func TestMemory(t *testing.T) {
	const entrypoint = "entrypoints/openwhisk/confirm-openwhisk/main.go"
	for _, c := range []struct {
		name   string
		change func(r *remembered)
		asked  bool
		says   string
	}{
		{"nothing", func(r *remembered) {}, false, "exit status 0"},
		{"an entrypoint is edited", func(r *remembered) { r.replace(entrypoint, "orders", "others") }, false, entrypoint + ": changed"},
		{"an entrypoint is deleted", func(r *remembered) { r.remove(entrypoint) }, false, entrypoint + ": missing"},
		{"an entrypoint is left over", func(r *remembered) {
			r.write("entrypoints/openwhisk/gone-openwhisk/main.go", "// Code generated by fngen. DO NOT EDIT.\npackage main\n")
		}, false, "gone-openwhisk/main.go: orphaned"},
		{"a file beside an entrypoint", func(r *remembered) {
			r.write(filepath.Dir(entrypoint)+"/more.go", "package main\n\nimport _ \"example.com/nowhere\"\n")
		}, true, "example.com/nowhere"},
		{"a module in entrypoints/", func(r *remembered) { r.write("entrypoints/go.mod", "module example.com/other\n") }, true, "exit status 1"},
		{"fngen.yaml", func(r *remembered) { r.write("fngen.yaml", "nonsense: 1\n") }, true, "fngen.yaml:1:1"},
		{"a directive", func(r *remembered) { r.replace("shop.go", "fn:queue orders", "fn:queue others") }, true, entrypoint + ": changed"},
		{"a directive, by size and time the same file", func(r *remembered) {
			info, err := os.Stat(filepath.Join(r.dir, "shop.go"))
			if err != nil {
				r.t.Fatal(err)
			}
			r.replace("shop.go", "o order.Order", "o order.order")
			if err := os.Chtimes(filepath.Join(r.dir, "shop.go"), time.Time{}, info.ModTime()); err != nil {
				r.t.Fatal(err)
			}
		}, true, "shop.go:"},
		{"a type in another package", func(r *remembered) { r.replace("lib/order/order.go", "uuid.UUID", "chan uuid.UUID") }, true, "JSON does not carry"},
		{"a type in another module", func(r *remembered) { r.replace("../money/money.go", "Cents int", "Cents func()") }, true, "JSON does not carry"},
		{"a file is added", func(r *remembered) {
			r.write("lib/order/marshal.go", "package order\n\nfunc (Order) Wrong() { return 1 }\n")
		}, true, "marshal.go:3"},
		{"a file is added that a test is in", func(r *remembered) { r.write("lib/order/order_test.go", "no Go\n") }, true, "order_test.go:1"},
		{"a file is removed", func(r *remembered) { r.remove("lib/order/last.go") }, true, "undefined: last"},
		{"a file is left out", func(r *remembered) {
			r.replace("lib/order/last.go", "package order", "//go:build windows\n\npackage order")
		}, true, "undefined: last"},
		{"an embedded file is removed", func(r *remembered) { r.remove("mail/text.txt") }, true, "mail/text.txt"},
		{"a module begins in the package's folder", func(r *remembered) { r.write("lib/order/go.mod", "module example.com/order\n") }, true, "exit status 1"},
		{"a module begins above the package", func(r *remembered) { r.write("lib/go.mod", "module example.com/lib\n") }, true, "exit status 1"},
		{"a module begins in the embedded files", func(r *remembered) { r.write("mail/go.mod", "module example.com/mail\n") }, true, "mail"},
		{"a package that two modules have", func(r *remembered) { r.write("money/money.go", "package money\n\ntype Amount int\n") }, true, "ambiguous import"},
		{"a package with a function", func(r *remembered) {
			r.write("more/more.go", "package more\n\nimport \"context\"\n\n//fn:queue more\nfunc More(ctx context.Context, text string) error { return nil }\n")
		}, true, "more-openwhisk/main.go: missing"},
		{"go.mod", func(r *remembered) { r.replace("go.mod", "go 1.26.0", "go 1.99.0") }, true, "1.99"},
		{"go.mod of another module", func(r *remembered) { r.replace("../money/go.mod", "go 1.26.0", "go 1.99.0") }, true, "1.99"},
		{"go.mod of a module without packages", func(r *remembered) { r.replace("../unused/go.mod", "go 1.26.0", "go 1.25.0") }, true, "exit status 0"},
		{"go.sum", func(r *remembered) { r.write("go.sum", "") }, true, "exit status"},
		{"build tags", func(r *remembered) { r.env = append(r.env, "GOFLAGS=-tags=special") }, true, "tagged-openwhisk/main.go: missing"},
		{"the toolchain", func(r *remembered) { r.env = append(r.env, "GOTOOLCHAIN=path") }, true, "exit status 0"},
		{"another environment", func(r *remembered) { r.env = append(r.env, "GODEBUG=gotypesalias=1") }, true, "exit status 0"},
		{"what go env keeps", func(r *remembered) { r.write("../goenv", "GOFLAGS=-tags=special\n") }, true, "tagged-openwhisk/main.go: missing"},
		{"another go command", func(r *remembered) {
			r.replace("../bin/go", "exec", "export GODEBUG=gotypesalias=1\nexec")
		}, true, "exit status 0"},
		{"a program that compiles", func(r *remembered) { r.env = append(r.env, "GOFLAGS=-toolexec=env") }, true, "exit status 0"},
		{"another target", func(r *remembered) { r.args = []string{"--target=openwhisk,gcp"} }, true, "confirm-gcp/function.go: missing"},
		{"another fngen", func(r *remembered) {
			program, err := os.ReadFile(r.fngen)
			if err != nil {
				r.t.Fatal(err)
			}
			if err := os.WriteFile(r.fngen, append(program, 0), 0o755); err != nil {
				r.t.Fatal(err)
			}
		}, true, "exit status 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRemembered(t)
			r.warm()
			c.change(r)
			for range 3 { // what the first run learns holds for those after it
				said, asked := r.generate("--check")
				if c.asked && !asked {
					t.Error("the go command is not asked")
				}
				if !c.asked && asked {
					t.Error("the go command is asked")
				}
				want, _ := r.generate("--check", "--cache=off")
				if said != want || !strings.Contains(said, c.says) {
					t.Errorf("got:\n%s\nwithout a memory:\n%s\nwant in it: %q", said, want, c.says)
				}
				c.asked = false
				if asked {
					break
				}
			}
		})
	}
}
