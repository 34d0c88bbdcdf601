package discover_test

import (
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/fngen/fngen/gen/internal/discover"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/testkit"
)

// An application that only a go.work file completes is told so.
func TestGoWork(t *testing.T) {
	testkit.FromCache(t)
	const hint = "; go.work is not read, so that a build is the same everywhere: name the module in go.mod, with require and replace"
	for _, require := range []string{"", "require example.com/lib v0.0.0\n"} {
		top := t.TempDir()
		testkit.WriteFiles(t, top, []txtar.File{
			{Name: "go.work", Data: []byte("go 1.26.0\n\nuse (\n\t./shop\n\t./lib\n)\n")},
			{Name: "lib/go.mod", Data: []byte("module example.com/lib\n\ngo 1.26.0\n")},
			{Name: "lib/lib.go", Data: []byte("package lib\n\ntype Order struct{}\n")},
			{Name: "shop/go.mod", Data: []byte("module example.com/shop\n\ngo 1.26.0\n\n" + require)},
			{Name: "shop/shop.go", Data: []byte("package shop\n\nimport (\n\t\"context\"\n\n\t\"example.com/lib\"\n)\n\n//fn:queue orders\nfunc Confirm(ctx context.Context, order lib.Order) error { return nil }\n")},
		})
		scan, err := discover.ScanDir(filepath.Join(top, "shop"), testkit.TargetNames)
		if err != nil {
			t.Fatal(err)
		}
		_, diagnostics, err := scan.Resolve(t.Context(), model.Platform{GOOS: "linux", GOARCH: "amd64"})
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
