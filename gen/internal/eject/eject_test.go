package eject_test

import (
	"bytes"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/gen/internal/config"
	"github.com/fngen/fngen/gen/internal/eject"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/output"
	"github.com/fngen/fngen/gen/internal/target/gcp"
	"github.com/fngen/fngen/gen/internal/target/openwhisk"
)

// confirm is a function whose names are those of the Makefile.
var confirm = model.Function{
	Name: "confirm", App: "example.com/shop", Trigger: model.Queue{Name: "orders"},
	Handler:   model.Handler{PkgPath: "example.com/shop", PkgName: "shop", Name: "Confirm", Shape: model.Shape{Input: "string"}},
	Operation: model.Operation{Env: []model.Variable{{Name: "CURRENCY", Value: "EUR"}}},
}

func target(t model.Target, files ...model.File) eject.Target {
	app := model.App{Path: "example.com/shop", Platform: t.Platform(), Functions: []model.Function{confirm}}
	return eject.Target{Target: t, App: app, Infrastructure: files}
}

func text(t *testing.T, files []model.File, name string) string {
	t.Helper()
	i := slices.IndexFunc(files, func(f model.File) bool { return f.Path == name })
	if i < 0 {
		t.Fatalf("no %s", name)
	}
	return string(files[i].Data)
}

// The Makefile has a rule for each archive, of several kinds too, and quotes what
// users give for the shell and for make. What is in an archive besides the program
// lies beside the entrypoint.
func TestMakefile(t *testing.T) {
	ow := target(openwhisk.New(config.Parse([]byte(`targets: {openwhisk: {kind: ["go:1.20", "go:1.22"]}}`), []string{"openwhisk"}).Sections("openwhisk")),
		model.File{Path: "go1.20/manifest.yaml", Data: []byte("a: manifest\n")})
	ow.App.Platform = ow.App.Platform.With(model.Build{Tags: []string{"prod"}, Values: []string{`example.com/shop.Motto=it's $5 #1`}})
	source := target(gcp.New(config.Sections{Target: &config.Settings{}}))
	source.App.Platform = source.App.Platform.With(model.Build{Tags: []string{"prod"}})
	files, err := eject.Files([]eject.Target{ow, source})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range files {
		names = append(names, f.Path)
		if output.IsGenerated(f.Data) {
			t.Errorf("%s has the header of what is generated", f.Path)
		}
	}
	if diff := cmp.Diff([]string{
		".gitignore", "Makefile", "gcp/confirm-gcp/function.go",
		"openwhisk/confirm-openwhisk/go1.20/exec", "openwhisk/confirm-openwhisk/go1.20/exec.env",
		"openwhisk/confirm-openwhisk/go1.22/exec", "openwhisk/confirm-openwhisk/go1.22/exec.env", "openwhisk/confirm-openwhisk/main.go",
		"openwhisk/go1.20/manifest.yaml", "pack/main.go", "pack/source.go",
	}, names); diff != "" {
		t.Errorf("want -, got +\n%s", diff)
	}
	got := text(t, files, "Makefile")
	for _, want := range []string{
		"\nOPENWHISK_FLAGS = -trimpath -tags=prod -buildvcs=false '-ldflags=-s -w -buildid= -X \"example.com/shop.Motto=it'\\''s $$5 \\#1\"'\n",
		"\nGCP_FLAGS = -tags=prod\n",
		"\nall: openwhisk/go1.20/confirm.zip \\\n\topenwhisk/go1.22/confirm.zip \\\n\tgcp/confirm.zip\n",
		"\ngcp/confirm.zip: always\n\t$(GO) run ./pack source $@ example.com/shop/dist/gcp/confirm ./gcp/confirm-gcp $(GCP_ENV) $(GCP_FLAGS)\n",
		"\nopenwhisk/go1.22/confirm.zip: always\n\tenv $(OPENWHISK_ENV) $(GO) build $(OPENWHISK_FLAGS) -o bin/confirm-openwhisk ./openwhisk/confirm-openwhisk\n" +
			"\t$(GO) run ./pack zip $@ -x action=bin/confirm-openwhisk -x exec=openwhisk/confirm-openwhisk/go1.22/exec exec.env=openwhisk/confirm-openwhisk/go1.22/exec.env\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no\n%sin\n%s", want, got)
		}
	}
	if strings.Contains(got, " \n") {
		t.Errorf("blanks at the end of a line:\n%s", got)
	}
}

// Where no platform takes sources, nothing that stages them is written.
func TestWithoutSource(t *testing.T) {
	files, err := eject.Files([]eject.Target{target(openwhisk.New(config.Sections{Target: &config.Settings{}}))})
	if err != nil {
		t.Fatal(err)
	}
	if got := text(t, files, "pack/source.go"); strings.Contains(got, "licence") {
		t.Errorf("it is there:\n%s", got)
	}
}

// An entrypoint has as many lines as the generated one, so that it compiles to the
// same.
func TestLines(t *testing.T) {
	ow := target(openwhisk.New(config.Sections{Target: &config.Settings{}}))
	files, err := eject.Files([]eject.Target{ow})
	if err != nil {
		t.Fatal(err)
	}
	entry, err := ow.Entrypoint(confirm)
	if err != nil {
		t.Fatal(err)
	}
	_, want, _ := bytes.Cut(entry[0].Data, []byte("\n"))
	first, got, _ := strings.Cut(text(t, files, "openwhisk/confirm-openwhisk/main.go"), "\n")
	if got != string(want) || strings.Contains(first, "DO NOT EDIT") {
		t.Errorf("%s\n%s", first, got)
	}
}

// Only a folder is taken that the go command sees as part of the application and
// that fngen does not write to.
func TestCheck(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "nested", "below"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "nested", "go.mod"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for folder, want := range map[string]string{
		"deploy": "", "ops/functions": "", "own/dist": "", "a.b_c-1": "",
		".": "is no folder below", "..": "is no folder below", "../other": "is no folder below", "/tmp/x": "is no folder below", "": "is no folder below",
		".own": "is no folder below", "_own": "is no folder below", "own/testdata": "is no folder below", "vendor": "is no folder below", "my own": "is no folder below", "a:b": "is no folder below",
		"dist": "dist/ is where fngen writes", "dist/own": "dist/ is where fngen writes", "entrypoints": "entrypoints/ is where fngen writes",
		"nested": "nested is a module of its own", "nested/below": "nested is a module of its own",
	} {
		err := eject.Check(root, folder)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v; want %q", folder, err, want)
		}
	}
}

// Nothing is overwritten, and nothing is written where something is in the way:
// not even a link is followed.
func TestWrite(t *testing.T) {
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	files := []model.File{{Path: "Makefile", Data: []byte("all:\n")}, {Path: "aws/run", Data: []byte("x"), Executable: true}}
	if err := os.MkdirAll(filepath.Join(dir, "own", "aws"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("nowhere", filepath.Join(dir, "own", "aws", "run")); err != nil {
		t.Skip(err)
	}
	err = eject.InTheWay(root, "own", files)
	if err == nil || !strings.Contains(err.Error(), "own/aws/run: error: this is there already, and nothing is overwritten") {
		t.Errorf("error %v", err)
	}
	if err := eject.Write(root, "own", files); err == nil {
		t.Error("it was written over")
	}
	if _, err := root.Stat("own/Makefile"); err == nil {
		t.Error("a part was left")
	}
	if err := root.Remove("own/aws/run"); err != nil {
		t.Fatal(err)
	}
	if err := eject.InTheWay(root, "own", files); err != nil {
		t.Error(err)
	}
	if err := eject.Write(root, "own", files); err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		info, err := root.Stat(path.Join("own", f.Path))
		if err != nil || info.Mode()&0o111 != 0 != f.Executable {
			t.Errorf("%s: %v, %v", f.Path, info, err)
		}
	}
}
