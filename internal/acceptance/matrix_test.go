package acceptance

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// matrix is an application of which each way there is to change what is
// compiled leaves its mark in the program, and a mark of what would be compiled
// otherwise.
const matrix = `
-- go.mod --
module example.com/matrix

go 1.26.0

require (
	example.com/lib v1.0.0
	github.com/fngen/fngen v0.0.0
)

replace example.com/lib => ./lib
-- fngen.yaml --
build: {tags: green, ldflags: "-X 'example.com/matrix.Motto=MARK-motto it is'"}
-- matrix.go --
// Package matrix shows what it was compiled of.
package matrix

import (
	"context"
	"fmt"

	"example.com/lib"
)

// Set by the linker.
var (
	Version string
	Motto   string
)

// Show shows it all.
//
//fn:queue orders
func Show(ctx context.Context, order string) error {
	fmt.Println(Version, Motto, blue, green, cgo, experiment, instructions, lib.Patch(), linked, Later())
	return nil
}
-- blue.go --
//go:build blue

package matrix

var blue = "MARK-blue"
-- blue_not.go --
//go:build !blue

package matrix

var blue = "NOT-blue"
-- green.go --
//go:build green

package matrix

var green = "MARK-green"
-- green_not.go --
//go:build !green

package matrix

var green = "NOT-green"
-- cgo_not.go --
//go:build !cgo

package matrix

import "context"

var cgo = "MARK-pure"

// Pure is a handler where there is no cgo alone.
//
//fn:queue pures
func Pure(ctx context.Context, order string) error { return nil }
-- cgo.go --
//go:build cgo

package matrix

import _ "embed"

//go:embed cgo.txt
var cgo string
-- cgo.txt --
NOT-pure
-- experiment.go --
//go:build goexperiment.jsonv2

package matrix

var experiment = "NOT-experiment"
-- experiment_not.go --
//go:build !goexperiment.jsonv2

package matrix

var experiment = "MARK-experiment"
-- instructions.go --
//go:build amd64.v3

package matrix

var instructions = "NOT-instructions"
-- instructions_not.go --
//go:build !amd64.v3

package matrix

var instructions = "MARK-instructions"
-- later.go --
//go:build go1.99

package matrix

// Later is of a later version of Go.
func Later() string { return "NOT-later" }
-- later_not.go --
//go:build !go1.99

package matrix

// Later is of this version of Go.
func Later() string { return "MARK-later" }
-- shared/linked.txt --
package matrix

import _ "embed"

//go:embed text.txt
var text string

var linked = "MARK-source" + text
-- shared/text.txt --
MARK-embedded
-- lib/go.mod --
module example.com/lib

go 1.26.0
-- lib/lib.go --
package lib

// Patch says whether it was patched.
func Patch() string { return "NOT-patch" }
`

var marks = []string{
	"MARK-version", "MARK-motto it is", "MARK-blue", "MARK-green", "MARK-pure", "MARK-experiment", "MARK-instructions", "MARK-later",
	"MARK-patch", "MARK-source", "MARK-embedded",
}

// What fngen decides with is what is compiled, on every target: tags and values
// of the linker's from GOFLAGS, which go env -w wrote, and from fngen.yaml; no
// cgo, and no experiment or instructions of go env -w's; a patch in vendor/; a
// source and an embedded file that are symbolic links. All of it is built
// without a network and without this machine's modules.
func TestMatrix(t *testing.T) {
	requireLinux(t)
	repo, err := fngenModule()
	if err != nil {
		t.Fatal(err)
	}
	name, err := fngen()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(scratch, "matrix")
	for _, f := range txtar.Parse([]byte(matrix)).Files {
		file := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{"linked.go": "shared/linked.txt", "text.txt": "shared/text.txt"} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	written := filepath.Join(dir, "goenv")
	if err := os.WriteFile(written, []byte("GOFLAGS=-p=2 -tags=blue -ldflags=-X=example.com/matrix.Version=MARK-version\nGOEXPERIMENT=jsonv2\nGOAMD64=v3\nGOPROXY=off\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	env := []string{"GOENV=" + written, "GODEBUG=embedfollowsymlinks=1"}
	for _, args := range [][]string{
		{"go", "mod", "edit", "-replace=github.com/fngen/fngen=" + repo},
		{name, "generate", "--target=all"},
		{"go", "mod", "vendor"},
	} {
		if _, err := output(command(dir, env, args[0], args[1:]...)); err != nil {
			t.Fatal(err)
		}
	}
	lib := filepath.Join(dir, "vendor", "example.com", "lib", "lib.go")
	if err := os.WriteFile(lib, []byte("package lib\n\n// Patch says whether it was patched.\nfunc Patch() string { return \"MARK-patch\" }\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(dir, "lib")); err != nil {
		t.Fatal(err)
	}

	said, err := command(dir, append(env, "GOMODCACHE="+t.TempDir()), name, "build", "--target=all").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	for _, want := range []string{"GOEXPERIMENT: ", "GOAMD64: "} {
		if !strings.Contains(string(said), want) || !strings.Contains(string(said), "of go env -w is ignored") {
			t.Errorf("fngen does not say what is ignored:\n%s", said)
		}
	}
	for _, artifact := range []string{"aws/show", "openwhisk/show", "gcp/show", "gcp/pure"} {
		archive := filepath.Join(dir, "dist", artifact+".zip")
		var program []byte
		switch target, _, _ := strings.Cut(artifact, "/"); target {
		case "gcp":
			service, err := buildService(t, archive, filepath.Join(scratch, "services", "matrix"))
			if err != nil {
				t.Fatalf("%s: %v", artifact, err)
			}
			if program, err = os.ReadFile(service); err != nil {
				t.Fatal(err)
			}
		default:
			for _, f := range read(t, archive) {
				if f.mode&0o100 != 0 {
					program = f.data
				}
			}
		}
		if artifact == "gcp/pure" {
			continue // it compiles
		}
		for _, mark := range marks {
			if !bytes.Contains(program, []byte(mark)) {
				t.Errorf("%s: the program does not hold %s", artifact, mark)
			}
		}
		for _, mark := range marks {
			if not := "NOT" + strings.TrimPrefix(strings.Fields(mark)[0], "MARK"); bytes.Contains(program, []byte(not)) {
				t.Errorf("%s: the program holds %s", artifact, not)
			}
		}
	}
}
