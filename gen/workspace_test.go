package gen_test

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/fngen/fngen/gen"
	"github.com/fngen/fngen/providers/gcp/gcpgen"
	"github.com/fngen/fngen/providers/openwhisk/openwhiskgen"
)

// fromCache lets go commands take modules from the module cache alone.
func fromCache(t *testing.T) {
	t.Helper()
	cache, err := exec.Command("go", "env", "GOMODCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOPROXY", "file://"+strings.TrimSpace(string(cache))+"/cache/download")
	t.Setenv("GOSUMDB", "off")
	t.Setenv("GOFLAGS", "")
}

const confirm = `package shop

import "context"

//fn:queue orders
func Confirm(ctx context.Context, order string) error { return nil }
`

// shop writes an application whose go.mod requires fngen alone, and the files.
func shop(t *testing.T, dir string, files ...txtar.File) {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	mod := "module example.com/shop\n\ngo 1.26.0\n\n// The reason for this line is kept.\nrequire github.com/fngen/fngen v0.0.0\n\nreplace github.com/fngen/fngen => " + root + "\n"
	writeFiles(t, dir, append([]txtar.File{{Name: "go.mod", Data: []byte(mod)}, {Name: "shop.go", Data: []byte(confirm)}}, files...))
}

func openwhisk() gen.Target { return openwhiskgen.New(&gen.Settings{}, nil) }
func gcp() gen.Target       { return gcpgen.New(&gen.Settings{}, nil) }

// complete completes the workspace of the application for the targets. It
// returns what was added and the go commands that ran.
func complete(t *testing.T, dir string, save bool, targets ...gen.Target) (added []string, log string) {
	t.Helper()
	app := resolve(t, dir)
	var files []gen.File
	for _, target := range targets {
		more, err := gen.Entrypoints(target, app.Functions)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, more...)
	}
	w, err := gen.NewWorkspace(app, files)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	var commands bytes.Buffer
	for _, target := range targets {
		if err := w.Complete(gen.WithCommandLog(t.Context(), &commands), target, app.Functions); err != nil {
			t.Fatal(err)
		}
	}
	if added, err = w.Added(); err != nil {
		t.Fatal(err)
	}
	if save {
		if err := w.Save(); err != nil {
			t.Fatal(err)
		}
	}
	return added, commands.String()
}

// What the entrypoints import is added where it is missing, at fngen's own
// versions; nothing else in go.mod changes, nothing on disk before Save, and
// an application that lacks nothing is left alone.
func TestComplete(t *testing.T) {
	fromCache(t)
	dir := t.TempDir()
	shop(t, dir)
	before := read(t, dir, "go.mod")
	added, _ := complete(t, dir, false, openwhisk())
	if !strings.Contains(strings.Join(added, " "), "github.com/cloudevents/sdk-go/v2@v2.16.2") || strings.Contains(strings.Join(added, " "), "functions-framework") {
		t.Errorf("added for OpenWhisk: %v", added)
	}
	if got := read(t, dir, "go.mod"); got != before {
		t.Errorf("go.mod changed before Save:\n%s", got)
	}

	added, _ = complete(t, dir, true, openwhisk(), gcp())
	if !strings.Contains(strings.Join(added, " "), "github.com/GoogleCloudPlatform/functions-framework-go@v1.9.2") || strings.Contains(strings.Join(added, " "), "aws-lambda-go") {
		t.Errorf("added for OpenWhisk and Google Cloud: %v", added)
	}
	after := read(t, dir, "go.mod")
	for _, line := range strings.Split(strings.TrimSpace(before), "\n") {
		if !strings.Contains(after, line) {
			t.Errorf("go.mod lost the line %q:\n%s", line, after)
		}
	}

	added, log := complete(t, dir, true, openwhisk(), gcp())
	if len(added) > 0 || strings.Contains(log, "go get") {
		t.Errorf("nothing was missing, but added %v by\n%s", added, log)
	}
	if diff := cmp.Diff(after, read(t, dir, "go.mod")); diff != "" {
		t.Errorf("go.mod changed though nothing was missing (-before +after):\n%s", diff)
	}
}

// Only checksums may be missing: that is said too.
func TestCompleteChecksums(t *testing.T) {
	fromCache(t)
	dir := t.TempDir()
	shop(t, dir)
	complete(t, dir, true, openwhisk())
	if err := os.Remove(filepath.Join(dir, "go.sum")); err != nil {
		t.Fatal(err)
	}
	added, _ := complete(t, dir, true, openwhisk())
	if diff := cmp.Diff([]string{"checksums in go.sum"}, added); diff != "" {
		t.Errorf("added differs (-want +got):\n%s", diff)
	}
}

// An fngen that was built from a checkout has no version to require.
func TestCompleteWithoutVersion(t *testing.T) {
	fromCache(t)
	dir := t.TempDir()
	writeFiles(t, dir, []txtar.File{{Name: "go.mod", Data: []byte("module example.com/shop\n\ngo 1.26.0\n")}, {Name: "shop.go", Data: []byte(confirm)}})
	app := resolve(t, dir)
	files, err := gen.Entrypoints(openwhisk(), app.Functions)
	if err != nil {
		t.Fatal(err)
	}
	w, err := gen.NewWorkspace(app, files)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	const want = "go.mod does not require github.com/fngen/fngen, and this fngen has no version of its own to add; run go get github.com/fngen/fngen"
	if err := w.Complete(t.Context(), openwhisk(), app.Functions); err == nil || err.Error() != want {
		t.Errorf("error %v; want %s", err, want)
	}
}

// A vendor folder and a go.work file are the application's own affair: what is
// deployed comes from go.mod, the same everywhere.
func TestBuildBesideVendorAndWorkspace(t *testing.T) {
	fromCache(t)
	t.Setenv("GOFLAGS", "-mod=vendor")
	top := t.TempDir()
	dir := filepath.Join(top, "shop")
	shop(t, dir,
		txtar.File{Name: "vendor/modules.txt", Data: []byte("# example.com/stale v1.0.0\n## explicit\nexample.com/stale\n")},
		txtar.File{Name: "vendor/example.com/stale/stale.go", Data: []byte("package stale\n")},
		txtar.File{Name: "../go.work", Data: []byte("go 1.26.0\n\nuse ./other\n")},
		txtar.File{Name: "../other/go.mod", Data: []byte("module example.com/other\n\ngo 1.26.0\n")},
	)
	app := resolve(t, dir)
	for _, target := range []gen.Target{openwhisk(), gcp()} {
		built, err := gen.Build(t.Context(), target, app, gen.BuildOptions{})
		if err != nil {
			t.Fatal(err)
		}
		writeDist(t, dir, built)
		artifacts := built.Artifacts
		if len(artifacts) != 1 || artifacts[0].Path != "dist/"+target.Name()+"/confirm.zip" {
			t.Fatalf("artifacts %v", artifacts)
		}
		for name, data := range unpack(t, filepath.Join(dir, artifacts[0].Path)) {
			if strings.Contains(name, "stale") {
				t.Errorf("%s holds the stale %s", target.Name(), name)
			}
			if target.Name() == "gcp" && strings.Contains(data, top) {
				t.Errorf("%s holds the path of this machine", name)
			}
		}
	}
	for _, name := range []string{"entrypoints", "go.sum"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			t.Errorf("the build wrote %s", name)
		}
	}
}

// An application that only a go.work file completes is told so.
func TestGoWork(t *testing.T) {
	fromCache(t)
	const hint = "; go.work is not read, so that a build is the same everywhere: name the module in go.mod, with require and replace"
	for _, require := range []string{"", "require example.com/lib v0.0.0\n"} {
		top := t.TempDir()
		writeFiles(t, top, []txtar.File{
			{Name: "go.work", Data: []byte("go 1.26.0\n\nuse (\n\t./shop\n\t./lib\n)\n")},
			{Name: "lib/go.mod", Data: []byte("module example.com/lib\n\ngo 1.26.0\n")},
			{Name: "lib/lib.go", Data: []byte("package lib\n\ntype Order struct{}\n")},
			{Name: "shop/go.mod", Data: []byte("module example.com/shop\n\ngo 1.26.0\n\n" + require)},
			{Name: "shop/shop.go", Data: []byte("package shop\n\nimport (\n\t\"context\"\n\n\t\"example.com/lib\"\n)\n\n//fn:queue orders\nfunc Confirm(ctx context.Context, order lib.Order) error { return nil }\n")},
		})
		scan, err := gen.ScanDir(filepath.Join(top, "shop"), targetNames)
		if err != nil {
			t.Fatal(err)
		}
		_, diagnostics, err := scan.Resolve(t.Context(), gen.Platform{GOOS: "linux", GOARCH: "amd64"})
		var said string
		if err != nil {
			said = err.Error()
		}
		for _, p := range diagnostics {
			said += p.String() + "\n"
		}
		t.Log(said)
		if !strings.Contains(said, "example.com/lib") || !strings.Contains(said, hint) {
			t.Errorf("with %q: %s", require, said)
		}
	}
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// unpack returns the contents of an archive by name.
func unpack(t *testing.T, name string) map[string]string {
	t.Helper()
	r, err := zip.OpenReader(name)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	out := map[string]string{}
	for _, f := range r.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		out[f.Name] = string(data)
	}
	return out
}

func writeDist(t *testing.T, dir string, built ...gen.Built) {
	t.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if err := gen.WriteDist(root, built); err != nil {
		t.Fatal(err)
	}
}
