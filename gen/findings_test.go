package gen_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/fngen/fngen/gen/internal/config"
	"github.com/fngen/fngen/gen/internal/discover"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/testkit"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// Each archive in testdata/errors is an application, and its section want all
// that is said of it: the exact text, the position and the order, and that
// everything is said at once.
func TestFindings(t *testing.T) {
	names, err := filepath.Glob("testdata/errors/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatalf("no golden files (%v)", err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			want := &archive.Files[len(archive.Files)-1]
			if want.Name != "want" {
				t.Fatalf("the last section is %s; it should be want", want.Name)
			}
			got := findings(t, archive.Files[:len(archive.Files)-1])
			if *update {
				want.Data = []byte(got)
				if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(strings.Split(string(want.Data), "\n"), strings.Split(got, "\n")); diff != "" {
				t.Errorf("findings differ (-want +got):\n%s", diff)
			}
		})
	}
}

// findings returns all that is said of the application, as the command does,
// for the platform of Google Cloud alone.
func findings(t *testing.T, files []txtar.File) string {
	t.Helper()
	dir := t.TempDir()
	testkit.WriteFiles(t, dir, testkit.SDK())
	app := filepath.Join(dir, "app")
	testkit.WriteFiles(t, app, files)

	root, err := os.OpenRoot(app)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	config, err := config.Read(root, "", testkit.TargetNames)
	if err != nil {
		t.Fatal(err)
	}
	scan, err := discover.ScanDir(app, testkit.TargetNames)
	if err != nil {
		t.Fatal(err)
	}
	diagnostics := scan.Diagnostics
	if model.Failed(diagnostics) {
		config.OperateAll()
	}
	resolved, more, err := scan.Resolve(t.Context(), model.Platform{GOOS: "linux", GOARCH: "amd64"})
	if err != nil {
		t.Fatal(err)
	}
	diagnostics = append(diagnostics, more...)
	for _, f := range resolved.Others {
		config.Operate(f, "")
	}
	for _, target := range testkit.Targets(config) {
		var meant []model.Function
		for _, f := range resolved.Functions {
			f = config.Operate(f, target.Name())
			if f.MeantFor(target.Name()) {
				meant = append(meant, f)
			}
		}
		functions, found := model.CheckOn(target, meant)
		if len(functions) > 0 && !model.Failed(found) {
			app := resolved
			app.Functions = functions
			_, more, err := target.Infrastructure(app)
			if err != nil {
				t.Fatal(err)
			}
			found = append(found, more...)
		}
		diagnostics = append(diagnostics, found...)
	}
	if !model.Failed(diagnostics) {
		config.CheckResources(append(resolved.Functions, resolved.Others...))
	}
	diagnostics = append(diagnostics, config.Diagnostics()...)
	var out strings.Builder
	for _, p := range model.Sort(diagnostics) {
		fmt.Fprintln(&out, p)
	}
	return out.String()
}
