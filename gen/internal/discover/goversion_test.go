package discover_test

import (
	"go/token"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/fngen/fngen/gen/internal/discover"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/testkit"
)

// A go.mod that asks for a newer go command than there is is a finding in it,
// whether or not the go command tried to fetch one. What the module asks for
// beside that fails as it did.
func TestNewerGo(t *testing.T) {
	for _, c := range []struct {
		name, mod, toolchain, want string
		line                       int
	}{
		{"local", "go 1.99\n", "local", "wants go1.99,", 3},
		{"offline", "go 1.99\n", "auto", "wants go1.99,", 3},
		{"toolchain", "go 1.21\n\ntoolchain go1.99.1\n", "auto", "wants go1.99.1,", 5},
		{"toolchain not asked for", "go 1.21\n\ntoolchain go1.99.1\n", "local", "", 0},
		{"old enough", "go 1.26.0\n", "local", "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			testkit.FromCache(t)
			t.Setenv("GOPROXY", "off")
			t.Setenv("GOTOOLCHAIN", c.toolchain)
			dir := t.TempDir()
			testkit.WriteFiles(t, dir, []txtar.File{
				{Name: "go.mod", Data: []byte("module example.com/shop\n\n" + c.mod)},
				{Name: "shop.go", Data: []byte(testkit.Confirm)},
			})
			scan, err := discover.ScanDir(dir, testkit.TargetNames)
			if err != nil {
				t.Fatal(err)
			}
			app, diagnostics, err := scan.Resolve(t.Context(), model.Platform{GOOS: "linux", GOARCH: "amd64"})
			if err != nil {
				t.Fatal(err)
			}
			if c.want == "" {
				if len(diagnostics) > 0 || len(app.Functions) != 1 {
					t.Errorf("findings %v and %d functions; want none and 1", diagnostics, len(app.Functions))
				}
				return
			}
			if len(diagnostics) != 1 || len(app.Others) != 1 {
				t.Fatalf("findings %v and %d functions that are refused; want one each", diagnostics, len(app.Others))
			}
			d := diagnostics[0]
			if d.Pos != (token.Position{Filename: "go.mod", Line: c.line, Column: 1}) || !strings.Contains(d.Message, c.want) || !strings.Contains(d.Message, strings.Fields(runtime.Version())[0]) {
				t.Error(d)
			}
		})
	}
}
