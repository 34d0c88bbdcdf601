package build_test

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/fngen/fngen/gen/internal/build"
	"github.com/fngen/fngen/gen/internal/build/gocmd"
	"github.com/fngen/fngen/gen/internal/discover"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/output"
	"github.com/fngen/fngen/gen/internal/testkit"
)

var linux = model.Platform{GOOS: "linux", GOARCH: "amd64"}

// complete completes the workspace of the application for the targets. It
// returns what was added and the go commands that ran.
func complete(t *testing.T, dir string, save bool, targets ...model.Target) (added []string, log string) {
	t.Helper()
	app := testkit.Resolve(t, dir, linux)
	var files []model.File
	for _, target := range targets {
		more, err := output.Entrypoints(target, app.Functions)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, more...)
	}
	w, err := build.NewWorkspace(app, files)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	var commands bytes.Buffer
	for _, target := range targets {
		if err := w.Complete(gocmd.WithLog(t.Context(), &commands), target, app); err != nil {
			t.Fatal(err)
		}
	}
	completion, err := w.Completion()
	if err != nil {
		t.Fatal(err)
	}
	if save {
		if err := completion.Save(); err != nil {
			t.Fatal(err)
		}
	}
	return completion.Added, commands.String()
}

// What the entrypoints import is added where it is missing, at fngen's own
// versions; nothing else in go.mod changes, nothing on disk before Save, and
// an application that lacks nothing is left alone.
func TestComplete(t *testing.T) {
	testkit.FromCache(t)
	dir := t.TempDir()
	testkit.Shop(t, dir)
	before := read(t, dir, "go.mod")
	added, _ := complete(t, dir, false, testkit.OpenWhisk())
	if !strings.Contains(strings.Join(added, " "), "github.com/cloudevents/sdk-go/v2@v2.16.2") || strings.Contains(strings.Join(added, " "), "functions-framework") {
		t.Errorf("added for OpenWhisk: %v", added)
	}
	if got := read(t, dir, "go.mod"); got != before {
		t.Errorf("go.mod changed before Save:\n%s", got)
	}

	added, _ = complete(t, dir, true, testkit.OpenWhisk(), testkit.GCP())
	if !strings.Contains(strings.Join(added, " "), "github.com/GoogleCloudPlatform/functions-framework-go@v1.9.2") || strings.Contains(strings.Join(added, " "), "aws-lambda-go") {
		t.Errorf("added for OpenWhisk and Google Cloud: %v", added)
	}
	after := read(t, dir, "go.mod")
	for _, line := range strings.Split(strings.TrimSpace(before), "\n") {
		if !strings.Contains(after, line) {
			t.Errorf("go.mod lost the line %q:\n%s", line, after)
		}
	}

	added, log := complete(t, dir, true, testkit.OpenWhisk(), testkit.GCP())
	if len(added) > 0 || strings.Contains(log, "go get") {
		t.Errorf("nothing was missing, but added %v by\n%s", added, log)
	}
	if diff := cmp.Diff(after, read(t, dir, "go.mod")); diff != "" {
		t.Errorf("go.mod changed though nothing was missing (-before +after):\n%s", diff)
	}
}

// Only checksums may be missing: that is said too.
func TestCompleteChecksums(t *testing.T) {
	testkit.FromCache(t)
	dir := t.TempDir()
	testkit.Shop(t, dir)
	complete(t, dir, true, testkit.OpenWhisk())
	if err := os.Remove(filepath.Join(dir, "go.sum")); err != nil {
		t.Fatal(err)
	}
	added, _ := complete(t, dir, true, testkit.OpenWhisk())
	if diff := cmp.Diff([]string{"checksums in go.sum"}, added); diff != "" {
		t.Errorf("added differs (-want +got):\n%s", diff)
	}
}

// An fngen that was built from a checkout has no version to require.
func TestCompleteWithoutVersion(t *testing.T) {
	testkit.FromCache(t)
	dir := t.TempDir()
	testkit.WriteFiles(t, dir, []txtar.File{{Name: "go.mod", Data: []byte("module example.com/shop\n\ngo 1.26.0\n")}, {Name: "shop.go", Data: []byte(testkit.Confirm)}})
	app := testkit.Resolve(t, dir, linux)
	files, err := output.Entrypoints(testkit.OpenWhisk(), app.Functions)
	if err != nil {
		t.Fatal(err)
	}
	w, err := build.NewWorkspace(app, files)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	const want = "go.mod does not require github.com/fngen/fngen, and this fngen has no version of its own to add; run go get github.com/fngen/fngen"
	if err := w.Complete(t.Context(), testkit.OpenWhisk(), app); err == nil || err.Error() != want {
		t.Errorf("error %v; want %s", err, want)
	}
}

// A go.work file is the application's own affair: what is deployed comes from
// go.mod, the same everywhere. A vendor folder is used as the go command would:
// not at all if GOFLAGS says so, and with the go command's own error if it
// disagrees with go.mod.
func TestBuildBesideVendorAndWorkspace(t *testing.T) {
	testkit.FromCache(t)
	top := t.TempDir()
	dir := filepath.Join(top, "shop")
	testkit.Shop(t, dir,
		txtar.File{Name: "vendor/modules.txt", Data: []byte("# example.com/stale v1.0.0\n## explicit\nexample.com/stale\n")},
		txtar.File{Name: "vendor/example.com/stale/stale.go", Data: []byte("package stale\n")},
		txtar.File{Name: "../go.work", Data: []byte("go 1.26.0\n\nuse ./other\n")},
		txtar.File{Name: "../other/go.mod", Data: []byte("module example.com/other\n\ngo 1.26.0\n")},
	)
	scan, err := discover.ScanDir(dir, testkit.TargetNames)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = scan.Resolve(t.Context(), linux)
	for _, want := range []string{"inconsistent vendoring", "github.com/fngen/fngen@v0.0.0: is explicitly required in go.mod, but not marked as explicit", "go mod vendor"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v; want %q in it", err, want)
		}
	}
	t.Setenv("GOFLAGS", "-mod=readonly")
	app := testkit.Resolve(t, dir, linux)
	for _, target := range []model.Target{testkit.OpenWhisk(), testkit.GCP()} {
		built, err := build.Build(t.Context(), target, app, nil, build.Options{})
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

func writeDist(t *testing.T, dir string, built ...build.Built) {
	t.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if _, err := build.WriteDist(root, built); err != nil {
		t.Fatal(err)
	}
}
