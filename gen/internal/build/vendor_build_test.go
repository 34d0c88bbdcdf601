package build_test

import (
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/fngen/fngen/gen/internal/build"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/testkit"
)

// A vendor folder that lacks what the entrypoints import is not completed
// behind the user's back: the error is the go command's, with the way out.
func TestBuildFromVendorThatLacksPackages(t *testing.T) {
	testkit.FromCache(t)
	dir := t.TempDir()
	testkit.Shop(t, dir)
	mod := read(t, dir, "go.mod")
	replace := mod[strings.Index(mod, "replace ")+len("replace "):]
	testkit.WriteFiles(t, dir, []txtar.File{{Name: "vendor/modules.txt", Data: []byte("# " + strings.Replace(replace, " =>", " v0.0.0 =>", 1) + "## explicit; go 1.26\n# " + replace)}})
	app := testkit.Resolve(t, dir, linux)
	for _, target := range []model.Target{testkit.OpenWhisk(), testkit.GCP()} {
		_, err := build.Build(t.Context(), target, app, nil, build.Options{})
		for _, want := range []string{"cannot find module providing package github.com/fngen/fngen/", "run fngen generate, which writes them, and then go mod vendor"} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %v; want %q in it", target.Name(), err, want)
			}
		}
	}
	// generate adds to go.mod all the same, and leaves vendor/ to the user.
	if added, _ := complete(t, dir, false, testkit.OpenWhisk()); len(added) == 0 {
		t.Error("nothing was added to go.mod")
	}
}

// What compiles here and not where an archive is compiled is refused before it
// is packaged: assembly that includes a file of another package, for instance,
// of which go list says nothing.
func TestArchivesAreCompiled(t *testing.T) {
	testkit.FromCache(t)
	dir := t.TempDir()
	testkit.Shop(t, dir,
		txtar.File{Name: "abi/abi.h", Data: []byte("#define NOTHING RET\n")},
		txtar.File{Name: "nop.go", Data: []byte("package shop\n\nfunc nop()\n")},
		txtar.File{Name: "nop_amd64.s", Data: []byte("#include \"textflag.h\"\n#include \"abi/abi.h\"\n\nTEXT ·nop(SB), NOSPLIT, $0\n\tNOTHING\n")},
		txtar.File{Name: "local.h", Data: []byte("// Of the assembly here.\n")},
	)
	complete(t, dir, true, testkit.GCP())
	app := testkit.Resolve(t, dir, linux)
	_, err := build.Build(t.Context(), testkit.GCP(), app, nil, build.Options{})
	for _, want := range []string{"gcp: compile the archives' sources as the platform will", "abi.h"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v; want %q in it", err, want)
		}
	}
	edit(t, dir, "nop_amd64.s", "abi/abi.h", "local.h")
	edit(t, dir, "local.h", "// Of the assembly here.", "#define NOTHING RET")
	if _, err := build.Build(t.Context(), testkit.GCP(), app, nil, build.Options{}); err != nil {
		t.Errorf("with the header in the package's folder: %v", err)
	}
}
