package gen_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/fngen/fngen/gen"
	"github.com/fngen/fngen/providers/aws/awsgen"
	"github.com/fngen/fngen/providers/gcp/gcpgen"
	"github.com/fngen/fngen/providers/openwhisk/openwhiskgen"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var targetNames = []string{"aws", "gcp", "openwhisk"}

// targets returns every target, as the configuration has it.
func targets(config *gen.Config) []gen.Target {
	return []gen.Target{
		awsgen.New(config.Target("aws"), config.Resources("aws")),
		gcpgen.New(config.Target("gcp"), config.Resources("gcp")),
		openwhiskgen.New(config.Target("openwhisk"), config.Resources("openwhisk")),
	}
}

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
	sdk, err := txtar.ParseFile("testdata/sdk.txtar")
	if err != nil {
		t.Fatal(err)
	}
	writeFiles(t, dir, sdk.Files)
	app := filepath.Join(dir, "app")
	writeFiles(t, app, files)

	root, err := os.OpenRoot(app)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	config, err := gen.ReadConfig(root, "", targetNames)
	if err != nil {
		t.Fatal(err)
	}
	scan, err := gen.ScanDir(app, targetNames)
	if err != nil {
		t.Fatal(err)
	}
	diagnostics := scan.Diagnostics
	resolved, more, err := scan.Resolve(t.Context(), gen.Platform{GOOS: "linux", GOARCH: "amd64"})
	if err != nil {
		t.Fatal(err)
	}
	diagnostics = append(diagnostics, more...)
	for _, target := range targets(config) {
		var meant []gen.Function
		for _, f := range resolved.Functions {
			f = config.Operate(f)
			if f.MeantFor(target.Name()) {
				meant = append(meant, f)
				diagnostics = append(diagnostics, target.Check(f)...)
			}
		}
		if checker, ok := target.(gen.AppChecker); ok {
			diagnostics = append(diagnostics, checker.CheckApp(meant)...)
		}
	}
	if !gen.Failed(diagnostics) {
		config.CheckResources(resolved.Functions)
	}
	diagnostics = append(diagnostics, config.Diagnostics()...)
	var out strings.Builder
	for _, p := range gen.SortDiagnostics(diagnostics) {
		fmt.Fprintln(&out, p)
	}
	return out.String()
}

// runeName stands for a character in a golden file that a reader of it would
// not see: <U+00A0>.
var runeName = regexp.MustCompile(`<U\+([0-9A-F]{4,6})>`)

func writeFiles(t *testing.T, dir string, files []txtar.File) {
	t.Helper()
	for _, f := range files {
		name := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		data := runeName.ReplaceAllFunc(f.Data, func(m []byte) []byte {
			n, _ := strconv.ParseInt(string(m[3:len(m)-1]), 16, 32)
			return []byte(string(rune(n)))
		})
		if err := os.WriteFile(name, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
