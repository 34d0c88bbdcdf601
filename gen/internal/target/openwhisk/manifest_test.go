package openwhisk_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/fngen/fngen/gen/internal/config"
	"github.com/fngen/fngen/gen/internal/discover"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/target/openwhisk"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// scanned returns the target and the application in the folder, which both
// have no findings but warnings.
func scanned(t *testing.T, dir string) (openwhisk.Target, model.App) {
	t.Helper()
	all := []string{"aws", "gcp", "openwhisk"}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	config, err := config.Read(root, "", all)
	if err != nil {
		t.Fatal(err)
	}
	o := openwhisk.New(config.Sections("openwhisk"))
	scan, err := discover.ScanDir(dir, all)
	if err != nil {
		t.Fatal(err)
	}
	app, diagnostics, err := scan.Resolve(t.Context(), o.Platform())
	if err != nil {
		t.Fatal(err)
	}
	diagnostics = append(diagnostics, scan.Diagnostics...)
	var meant []model.Function
	for _, f := range app.Functions {
		if f = config.Operate(f, "openwhisk"); f.MeantFor("openwhisk") {
			meant = append(meant, f)
			diagnostics = append(diagnostics, o.Check(f)...)
		}
	}
	app.Functions = meant
	diagnostics = append(append(diagnostics, o.CheckApp(meant)...), config.Diagnostics()...)
	if model.Failed(diagnostics) {
		t.Fatal(diagnostics)
	}
	return o, app
}

// extracted returns the folder with the application of the archive, and what it
// should become.
func extracted(t *testing.T, archive *txtar.Archive) (dir string, want *txtar.File) {
	t.Helper()
	dir = t.TempDir()
	last := len(archive.Files) - 1
	for _, f := range archive.Files[:last] {
		if err := os.WriteFile(filepath.Join(dir, f.Name), f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir, &archive.Files[last]
}

// The golden manifests have been read with care; of several kinds, all are the
// same but for the runtime.
func TestManifest(t *testing.T) {
	for name, folder := range map[string]string{"everything": "", "sinks": "", "shop": "../../../../examples/shop"} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join("testdata", name+".txtar")
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			dir, want := extracted(t, archive)
			if folder != "" {
				if dir, err = filepath.Abs(folder); err != nil {
					t.Fatal(err)
				}
			}
			o, app := scanned(t, dir)
			files, _, err := o.Infrastructure(app)
			if err != nil {
				t.Fatal(err)
			}
			if *update {
				want.Data = files[0].Data
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(strings.Split(string(want.Data), "\n"), strings.Split(string(files[0].Data), "\n")); diff != "" {
				t.Errorf("manifest differs (-want +got):\n%s", diff)
			}
			for _, f := range files[1:] {
				if other := bytes.ReplaceAll(files[0].Data, []byte("go:1.23"), []byte("go:1.24")); !bytes.Equal(f.Data, other) {
					t.Errorf("%s is another than %s", f.Path, files[0].Path)
				}
			}
		})
	}
}
