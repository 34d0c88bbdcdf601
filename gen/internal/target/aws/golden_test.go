package aws_test

import (
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/fngen/fngen/gen/internal/config"
	"github.com/fngen/fngen/gen/internal/discover"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/target/aws"
	"github.com/fngen/fngen/gen/internal/testkit"
	"github.com/fngen/fngen/internal/testkit/cfn"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const wantTemplate = "want/template.yaml"

// A golden is an application and its template. Most tests read the templates
// alone: that they are what is generated is TestTemplates' matter.
type golden struct {
	name    string // of its archive in testdata
	archive *txtar.Archive
}

func goldens(t testing.TB) []golden {
	t.Helper()
	names, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatalf("no golden files (%v)", err)
	}
	var out []golden
	for _, name := range names {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, golden{strings.TrimSuffix(filepath.Base(name), ".txtar"), archive})
	}
	return out
}

// text is the template as it is committed.
func (g golden) text() []byte {
	for _, f := range g.archive.Files {
		if f.Name == wantTemplate {
			return f.Data
		}
	}
	return nil
}

// template is the parsed template.
func (g golden) template(t testing.TB) cfn.Template {
	t.Helper()
	template, err := cfn.Parse(g.text())
	if err != nil {
		t.Fatalf("%s: %v", g.name, err)
	}
	if len(template.Resources) == 0 {
		t.Fatalf("%s has no resources", g.name)
	}
	return template
}

// sources are the application's own files.
func (g golden) sources() []txtar.File {
	return slices.DeleteFunc(slices.Clone(g.archive.Files), func(f txtar.File) bool { return f.Name == wantTemplate })
}

// Each archive in testdata is an application, without anything that is wrong
// with it, and its template. An archive without sources is the application of
// using, or the example of its name.
func TestTemplates(t *testing.T) {
	for _, g := range goldens(t) {
		t.Run(g.name, func(t *testing.T) {
			t.Parallel()
			dir := g.folder(t)
			var files []model.File
			var err error
			if g.name == "uses" {
				files = infrastructure(t, usingYAML, using())
			} else if files, err = generate(t, dir, ""); err != nil {
				t.Fatal(err)
			}
			if len(files) != 1 || files[0].Path != "template.yaml" || files[0].Executable {
				t.Fatalf("generated %v, want template.yaml alone", files)
			}
			if *update {
				g.archive.Files = append(g.sources(), txtar.File{Name: wantTemplate, Data: files[0].Data})
				if err := os.WriteFile(filepath.Join("testdata", g.name+".txtar"), txtar.Format(g.archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, got := strings.Split(string(g.text()), "\n"), strings.Split(string(files[0].Data), "\n")
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("template differs (-want +got):\n%s", diff)
			}
			if text := string(files[0].Data); strings.Contains(text, dir) || strings.Contains(text, os.TempDir()) {
				t.Errorf("the template holds a path of this machine:\n%s", text)
			}
		})
	}
}

// generate returns what deploys the application in the folder, whose fngen.yaml has
// the text over it.
func generate(t *testing.T, dir, over string) ([]model.File, error) {
	t.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	says, err := config.Read(root, "", []string{"aws"})
	if err != nil {
		t.Fatal(err)
	}
	if over != "" {
		text, err := root.ReadFile(config.File)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		says = config.ParseOverlaid(text, "", []byte(over), []string{"aws"})
	}
	scan, err := discover.ScanDir(dir, []string{"aws", "gcp", "openwhisk"})
	if err != nil {
		t.Fatal(err)
	}
	target := aws.New(says.Sections("aws"))
	app, diagnostics, err := scan.Resolve(t.Context(), target.Platform())
	if err != nil {
		t.Fatal(err)
	}
	diagnostics = append(diagnostics, scan.Diagnostics...)
	for i, f := range app.Functions {
		app.Functions[i] = says.Operate(f, "aws")
		diagnostics = append(diagnostics, target.Check(app.Functions[i])...)
	}
	diagnostics = append(diagnostics, target.CheckApp(app.Functions)...)
	says.CheckResources(app.Functions)
	diagnostics = append(diagnostics, says.Diagnostics()...)
	if model.Failed(diagnostics) {
		t.Fatalf("findings: %v", diagnostics)
	}
	files, diagnostics, err := target.Infrastructure(app)
	if model.Failed(diagnostics) {
		t.Fatalf("findings: %v", diagnostics)
	}
	return files, err
}

// folder has the application's files: those of the archive, or of the example of
// that name.
func (g golden) folder(t *testing.T) string {
	t.Helper()
	if len(g.sources()) > 0 {
		return writeApp(t, g.sources())
	}
	dir, err := filepath.Abs(filepath.Join("../../../../examples", g.name))
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// writeApp writes an application beside what it imports, and returns its
// folder.
func writeApp(t *testing.T, files []txtar.File) string {
	t.Helper()
	dir := t.TempDir()
	testkit.WriteFiles(t, dir, testkit.SDK())
	testkit.WriteFiles(t, filepath.Join(dir, "app"), files)
	return filepath.Join(dir, "app")
}
