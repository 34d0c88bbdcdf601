package program

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/fngen/fngen/gen/internal/build/gocmd"
	"github.com/fngen/fngen/gen/internal/config"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/testkit"
)

// Two packages of one name, a setup, a route, a sink, and a handler that takes
// what nobody offers so that it can be seen to wait.
const source = `
-- shop.go --
package shop

import "context"

//fn:queue orders
func Confirm(ctx context.Context, order string) error { return nil }
-- eu/shop.go --
package shop

import (
	"context"
	"net/http"
)

type Shop struct{}

//fn:setup
func New(context.Context) (*Shop, error) { return &Shop{}, nil }

//fn:http GET /prices
func (*Shop) ListPrices(w http.ResponseWriter, r *http.Request) {}
`

func resolve(t *testing.T) (model.App, []model.Target) {
	t.Helper()
	testkit.FromCache(t)
	dir := t.TempDir()
	testkit.Shop(t, dir)
	testkit.WriteFiles(t, dir, txtar.Parse([]byte(source)).Files)
	return testkit.Resolve(t, dir, model.LocalPlatform()), testkit.Targets(config.Parse([]byte("targets: {gcp: {audience: a, caller: c@p.iam.gserviceaccount.com}}"), testkit.TargetNames))
}

// What runs here is what is emitted: each main as it is, but for its name.
func TestComposeKeepsMains(t *testing.T) {
	if testing.Short() {
		t.Skip("loads packages")
	}
	app, targets := resolve(t)
	for _, target := range targets {
		files, err := compose(target, app)
		if err != nil {
			t.Fatal(err)
		}
		if local, ok := target.(model.LocalRunner); ok {
			target = local.LocalTarget()
		}
		if len(files) != 2*len(app.Functions)+2 {
			t.Fatalf("%s: %d files", target.Name(), len(files))
		}
		for i, f := range app.Functions {
			want, err := target.Entrypoint(f)
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Replace(string(files[2*i].Data), "func main_"+strings.ReplaceAll(f.Name, "-", "_")+"()", "func main()", 1)
			if got != string(want[0].Data) {
				t.Errorf("%s: %s is\n%s\nwant\n%s", target.Name(), f.Name, got, want[0].Data)
			}
			if strings.Contains(got, "gcp.Verify") || strings.Contains(got, "functions.HTTP") {
				t.Errorf("%s checks callers, or is registered only:\n%s", f.Name, got)
			}
		}
	}
}

// The program of every target compiles with nothing but what fngen completes,
// leaves nothing in the tree but .fngen, and ends with whoever started it, though
// its function waits for work.
func TestBuild(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	app, targets := resolve(t)
	before := tree(t, app.Root)
	silent, err := net.Listen("tcp", "127.0.0.1:0") // a Runtime API without work
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	for _, target := range targets {
		executable, err := Build(t.Context(), target, app, target.Name())
		if err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command(executable, "other").CombinedOutput(); err == nil || !strings.Contains(string(out), "there is no function other") {
			t.Errorf("%s: unknown function: %v %s", target.Name(), err, out)
		}
		child, parent, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(executable, "list-prices")
		cmd.Env = []string{"FNGEN_PARENT=stdin", "AWS_LAMBDA_RUNTIME_API=" + silent.Addr().String(), "PORT=0", "LOCAL_ONLY=true"}
		cmd.Stdin = child
		if target.Name() == "openwhisk" {
			in, out, err := os.Pipe() // requests, which never come, and answers
			if err != nil {
				t.Fatal(err)
			}
			defer in.Close()
			defer out.Close()
			cmd.Env[0], cmd.Stdin, cmd.ExtraFiles = "FNGEN_PARENT=4", in, []*os.File{out, child}
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		child.Close()
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		select {
		case err := <-ended:
			t.Fatalf("%s: ended with %v before its parent", target.Name(), err)
		case <-time.After(100 * time.Millisecond):
		}
		parent.Close()
		select {
		case <-ended:
		case <-time.After(10 * time.Second):
			_ = cmd.Process.Kill()
			t.Errorf("%s: outlives its parent", target.Name())
		}
	}
	after := slices.DeleteFunc(tree(t, app.Root), func(name string) bool { return strings.HasPrefix(name, ".fngen") })
	if !slices.Equal(before, after) {
		t.Errorf("the tree is %q, was %q", after, before)
	}
	if ignore, err := os.ReadFile(filepath.Join(app.Root, ".fngen/.gitignore")); string(ignore) != "*\n" {
		t.Errorf(".gitignore %q, %v", ignore, err)
	}
}

// What does not compile is said where it is, in the user's files.
func TestBuildPositions(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	app, targets := resolve(t)
	if err := os.WriteFile(filepath.Join(app.Root, "eu/more.go"), []byte("package shop\n\nvar x int = \"\"\n\nfunc f() { g() }\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := Build(t.Context(), targets[0], app, "aws")
	var findings model.Findings
	if !errors.As(err, &findings) || len(findings) != 2 {
		t.Fatalf("error %v", err)
	}
	if got := findings[0].String(); got != `eu/more.go:3:13: error: cannot use "" (untyped string constant) as int value in variable declaration [go-compile]` {
		t.Errorf("first: %s", got)
	}
	if got := findings[1].String(); got != `eu/more.go:5:12: error: undefined: g [go-compile]` {
		t.Errorf("second: %s", got)
	}
}

// What go.mod lacks is looked for once: the next build begins with it.
func TestBuildRemembersModules(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	app, targets := resolve(t)
	var commands []string
	for range 2 {
		var log strings.Builder
		if _, err := Build(gocmd.WithLog(t.Context(), &log), targets[0], app, "aws"); err != nil {
			t.Fatal(err)
		}
		commands = append(commands, log.String())
	}
	if !strings.Contains(commands[0], "go get ") || strings.Count(commands[1], "go ") != 1 {
		t.Errorf("the first build runs\n%sand the second one\n%s", commands[0], commands[1])
	}
	mod := filepath.Join(app.Root, "go.mod")
	data, err := os.ReadFile(mod)
	if err == nil {
		err = os.WriteFile(mod, append(data, "// another one\n"...), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	if _, err := Build(gocmd.WithLog(t.Context(), &log), targets[0], app, "aws"); err != nil || !strings.Contains(log.String(), "go get ") {
		t.Errorf("another go.mod: %v, and it runs\n%s", err, &log)
	}
}

func tree(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(name string, _ os.DirEntry, err error) error {
		rel, _ := filepath.Rel(dir, name)
		names = append(names, filepath.ToSlash(rel))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}
