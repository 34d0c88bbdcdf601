package gen_test

import (
	"fmt"
	"go/format"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"golang.org/x/mod/modfile"

	"github.com/fngen/fngen/gen/internal/config"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/output"
	"github.com/fngen/fngen/gen/internal/testkit"
	"github.com/fngen/fngen/internal/testkit/repository"
)

// entrypointConfig has what the packages in testdata/entrypoints need.
const entrypointConfig = `resources:
  crm: {openwhisk: {url: "https://crm.example/events"}}
  users: {openwhisk: {url: "https://couchdb.example"}}
  entries: {openwhisk: {url: "https://couchdb.example"}}
  lines: {openwhisk: {url: "https://couchdb.example"}}
`

// The archives in testdata/entrypoints hold packages and, below want, the
// entrypoints of each function. Those in its folder compiled hold packages
// alone. All of it is one application, which is vetted at once: what is
// written is gofmt-clean, compiles, and holds nothing of this machine.
func TestEntrypoints(t *testing.T) {
	archives := map[string]*txtar.Archive{} // by the folder of their packages
	dir := t.TempDir()
	for _, pattern := range []string{"testdata/entrypoints/*.txtar", "testdata/entrypoints/compiled/*.txtar"} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			t.Fatalf("no golden files (%v)", err)
		}
		for _, name := range names {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			var sources, want []txtar.File
			for _, f := range archive.Files {
				if rest, ok := strings.CutPrefix(f.Name, "want/"); ok {
					want = append(want, txtar.File{Name: rest, Data: f.Data})
				} else {
					sources = append(sources, f)
				}
			}
			testkit.WriteFiles(t, dir, sources)
			if pattern == "testdata/entrypoints/*.txtar" {
				archives[strings.TrimSuffix(filepath.Base(name), ".txtar")] = &txtar.Archive{Comment: archive.Comment, Files: want}
			}
			for _, f := range sources {
				if !strings.HasPrefix(f.Name, strings.TrimSuffix(filepath.Base(name), ".txtar")+"/") {
					t.Fatalf("%s: %s lies outside of the archive's own folder", name, f.Name)
				}
			}
			if *update {
				archive.Files = sources
				if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	requireRepository(t, dir)

	got := map[string][]txtar.File{}
	app := resolve(t, dir)
	for _, target := range testkit.Targets(config.Parse([]byte(entrypointConfig), testkit.TargetNames)) {
		for _, f := range app.Functions {
			if !f.MeantFor(target.Name()) {
				continue
			}
			files, err := output.Entrypoints(target, []model.Function{f})
			if err != nil {
				t.Fatal(err)
			}
			folder, _, _ := strings.Cut(strings.TrimPrefix(f.Handler.PkgPath, "example.com/app/"), "/")
			for _, file := range files {
				name := strings.TrimPrefix(file.Path, "entrypoints/")
				checkText(t, name, dir, string(file.Data))
				got[folder] = append(got[folder], txtar.File{Name: name, Data: file.Data})
				testkit.WriteFiles(t, dir, []txtar.File{{Name: file.Path, Data: file.Data}})
			}
		}
	}
	for folder, archive := range archives {
		if *update {
			rewrite(t, "testdata/entrypoints/"+folder+".txtar", got[folder])
			continue
		}
		if diff := cmp.Diff(texts(archive.Files), texts(got[folder])); diff != "" {
			t.Errorf("%s: entrypoints differ (-want +got):\n%s", folder, diff)
		}
	}
	vet := exec.CommandContext(t.Context(), "go", "vet", "-trimpath", "-mod=readonly", "./entrypoints/...")
	vet.Dir = dir
	vet.Env = append(os.Environ(), "PWD="+dir, "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=")
	if out, err := vet.CombinedOutput(); err != nil {
		t.Errorf("go vet: %v\n%s", err, out)
	}
}

// resolve returns the application, in which nothing is wrong for any target.
func resolve(t *testing.T, dir string) model.App {
	t.Helper()
	app := testkit.Resolve(t, dir, model.Platform{GOOS: "linux", GOARCH: "amd64"})
	var diagnostics []model.Diagnostic
	for _, target := range testkit.Targets(config.Parse([]byte(entrypointConfig), testkit.TargetNames)) {
		for _, f := range app.Functions {
			if f.MeantFor(target.Name()) {
				diagnostics = append(diagnostics, target.Check(f)...)
			}
		}
	}
	if model.Failed(diagnostics) {
		t.Fatalf("findings: %v", diagnostics)
	}
	return app
}

// requireRepository writes a go.mod that requires all that fngen does, and
// fngen itself from this repository.
func requireRepository(t *testing.T, dir string) {
	t.Helper()
	root, err := repository.Root()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	mod, err := modfile.Parse("go.mod", data, nil)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	fmt.Fprintf(&out, "module example.com/app\n\ngo %s\n\nrequire github.com/fngen/fngen v0.0.0\n\nreplace github.com/fngen/fngen => %s\n\n", mod.Go.Version, root)
	for _, r := range mod.Require {
		fmt.Fprintf(&out, "require %s %s\n", r.Mod.Path, r.Mod.Version)
	}
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	testkit.WriteFiles(t, dir, []txtar.File{{Name: "go.mod", Data: []byte(out.String())}, {Name: "go.sum", Data: sum}})
}

var dateOrLine = regexp.MustCompile(`\d{4}-\d\d|\.go:\d|line \d`)

// checkText checks what every generated file has to be.
func checkText(t *testing.T, name, dir, text string) {
	t.Helper()
	if formatted, err := format.Source([]byte(text)); err != nil || string(formatted) != text {
		t.Errorf("%s is not gofmt-clean (%v):\n%s", name, err, text)
	}
	if strings.Contains(text, dir) || strings.Contains(text, os.TempDir()) || dateOrLine.MatchString(text) {
		t.Errorf("%s holds an absolute path, a date or a line number:\n%s", name, text)
	}
	if !strings.HasPrefix(text, "// Code generated by fngen. DO NOT EDIT.\n") {
		t.Errorf("%s is not marked as generated:\n%s", name, text)
	}
}

func texts(files []txtar.File) map[string]string {
	out := map[string]string{}
	for _, f := range files {
		out[f.Name] = string(f.Data)
	}
	return out
}

// rewrite adds the files below want to the archive.
func rewrite(t *testing.T, name string, files []txtar.File) {
	t.Helper()
	archive, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		archive.Files = append(archive.Files, txtar.File{Name: "want/" + f.Name, Data: f.Data})
	}
	if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
		t.Fatal(err)
	}
}
