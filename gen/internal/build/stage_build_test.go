package build_test

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/fngen/fngen/gen/internal/build"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/testkit"
)

// A function's artifacts are the same bytes whichever functions are built with
// it, though all of a target are vendored at once. Each holds what it imports,
// with the files for other versions of Go, the licences of what is not the
// application's, and what is embedded, and no more.
func TestArtifactsAreIndependent(t *testing.T) {
	if testing.Short() {
		t.Skip("builds an application seven times for two targets")
	}
	testkit.FromCache(t)
	top := t.TempDir()
	dir := filepath.Join(top, "shop")
	testkit.Shop(t, dir, []txtar.File{
		{Name: "shop.go", Data: []byte("package shop\n")},
		{Name: "a/a.go", Data: []byte("package a\n\nimport (\n\t\"context\"\n\n\t\"example.com/lib/deep/er\"\n)\n\n//fn:topic as\nfunc Audit(ctx context.Context, _ string) error { er.Er(); return nil }\n")},
		{Name: "b/b.go", Data: []byte("package b\n\nimport (\n\t\"context\"\n\n\t\"example.com/lib/deep\"\n\t\"example.com/other\"\n)\n\n//fn:topic bs\nfunc Bill(ctx context.Context, _ string) error { deep.Deep(); other.Other(); return nil }\n")},
		{Name: "../lib/go.mod", Data: []byte("module example.com/lib\n\ngo 1.26.0\n")},
		{Name: "../lib/LICENSE", Data: []byte("Of the module.\n")},
		{Name: "../lib/deep/NOTICE", Data: []byte("Of the folder.\n")},
		{Name: "../lib/deep/license.md", Data: []byte("Of the package alone.\n")},
		{Name: "../lib/deep/deep.go", Data: []byte("package deep\n\nfunc Deep() {}\n")},
		{Name: "../lib/deep/er/er.go", Data: []byte("package er\n\nimport _ \"embed\"\n\n//go:embed text/*.txt\nvar text string\n\nfunc Er() { println(text) }\n")},
		{Name: "../lib/deep/er/er_windows.go", Data: []byte("package er\n\nimport _ \"example.com/windows\"\n")},
		{Name: "../lib/deep/er/er_next.go", Data: []byte("//go:build go1.30 && !windows\n\npackage er\n")},
		{Name: "../lib/deep/er/er_tool.go", Data: []byte("//go:build ignore\n\npackage main // of go1.30\n")},
		{Name: "../lib/deep/er/er_cgo.go", Data: []byte("//go:build cgo && go1.26\n\npackage er\n")},
		{Name: "../lib/deep/er/license.key", Data: []byte("SECRET\n")},
		{Name: "../lib/deep/er/notes.h", Data: []byte("Of nothing.\n")},
		{Name: "a/LICENSE", Data: []byte("Of the application.\n")},
		{Name: "a/legal-hold.csv", Data: []byte("SECRET\n")},
		{Name: "a/notes.h", Data: []byte("SECRET\n")},
		{Name: "../lib/deep/er/text/hello.txt", Data: []byte("hello\n")},
		{Name: "../lib/deep/er/text/.env", Data: []byte("SECRET=1\n")},
		{Name: "../windows/go.mod", Data: []byte("module example.com/windows\n\ngo 1.26.0\n")},
		{Name: "../windows/windows.go", Data: []byte("package windows\n")},
		{Name: "../other/go.mod", Data: []byte("module example.com/other\n\ngo 1.26.0\n")},
		{Name: "../other/other.go", Data: []byte("package other\n\nfunc Other() {}\n")},
	}...)
	edit(t, dir, "go.mod", "require github.com/fngen/fngen v0.0.0\n", `require (
	github.com/fngen/fngen v0.0.0
	example.com/lib v1.0.0
	example.com/other v1.0.0
	example.com/windows v1.0.0
)

replace example.com/lib => ../lib

replace example.com/other v1.0.0 => ../other

replace example.com/windows => ../windows

replace example.com/unused v1.0.0 => example.com/fork v1.2.0
`)
	for _, target := range []model.Target{testkit.GCP(), testkit.OpenWhisk()} {
		app := testkit.Resolve(t, dir, target.Platform())
		built := func(only ...string) map[string]string {
			b, err := build.Build(t.Context(), target, app, nil, build.Options{Only: only})
			if err != nil {
				t.Fatal(err)
			}
			sums := map[string]string{}
			for _, f := range b.Files {
				if filepath.Ext(f.Path) == ".zip" || filepath.Ext(f.Path) == ".json" {
					sums[f.Path] = f.SHA256
				}
			}
			return sums
		}
		together, apart := built(), built("bill")
		maps.Copy(apart, built("audit"))
		if len(together) != 4 || !maps.Equal(together, apart) {
			t.Errorf("%s: built together %v, apart %v", target.Name(), together, apart)
		}
	}
	built, err := build.Build(t.Context(), testkit.GCP(), testkit.Resolve(t, dir, testkit.GCP().Platform()), nil, build.Options{})
	if err != nil {
		t.Fatal(err)
	}
	writeDist(t, dir, built)
	for name, want := range map[string][]string{
		"audit": {
			"lib/LICENSE", "lib/deep/NOTICE", "lib/deep/er/er.go", "lib/deep/er/er_next.go", "lib/deep/er/text/hello.txt", "lib/deep/license.md",
			"shop/a/a.go",
		},
		"bill": {
			"lib/LICENSE", "lib/deep/NOTICE", "lib/deep/deep.go", "lib/deep/license.md",
			"other/other.go", "shop/b/b.go",
		},
	} {
		files := unpack(t, filepath.Join(dir, "dist/gcp", name+".zip"))
		var got []string
		for file := range files {
			if vendored, ok := strings.CutPrefix(file, "vendor/example.com/"); ok {
				got = append(got, vendored)
			}
		}
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: vendored files differ (-want +got):\n%s", name, diff)
		}
		compilesOffline(t, files)
	}
}

// compilesOffline compiles an archive of sources with what is in it alone.
func compilesOffline(t *testing.T, files map[string]string) {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		testkit.WriteFiles(t, dir, []txtar.File{{Name: name, Data: []byte(data)}})
	}
	build := exec.Command("go", "build", "-mod=vendor", "-trimpath", "./...")
	build.Dir = dir
	build.Env = append(os.Environ(), "GOWORK=off", "GOPROXY=off", "CGO_ENABLED=0", "GOMODCACHE="+t.TempDir())
	if out, err := build.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s\n%s", err, out, files["vendor/modules.txt"])
	}
}
