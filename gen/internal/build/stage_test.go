package build

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/modfile"

	"github.com/fngen/fngen/gen/internal/model"
)

// workspaceOf is a workspace whose go.mod is the text.
func workspaceOf(t *testing.T, app model.App, text string) *Workspace {
	t.Helper()
	w := &Workspace{app: app, dir: t.TempDir()}
	if err := os.WriteFile(filepath.Join(w.dir, "go.mod"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return w
}

// The staged module requires the application's at the version that its path
// demands, with its replacements as absolute paths and without its tools.
func TestStagedMod(t *testing.T) {
	w := workspaceOf(t, model.App{Module: model.Module{Path: "example.com/shop/v2", Dir: "/home/shop"}}, `module example.com/shop/v2

go 1.26.0

toolchain go1.26.5

tool (
	example.com/tools/cmd/a
	example.com/tools/cmd/b
)

require (
	example.com/both v1.1.0
	example.com/lib v1.0.0
	example.com/tools v1.0.0 // indirect
)

replace (
	example.com/both => ../both
	example.com/both v1.1.0 => ./both11
	example.com/fork => example.com/forked v1.2.3
	example.com/lib v1.0.0 => /absolute/lib
)

exclude example.com/lib v0.9.0
`)
	mod, err := w.stagedMod("example.com/shop/v2/dist/gcp/confirm")
	if err != nil {
		t.Fatal(err)
	}
	data, err := mod.Format()
	if err != nil {
		t.Fatal(err)
	}
	if mod, err = modfile.Parse("go.mod", data, nil); err != nil {
		t.Fatal(err)
	}
	if mod.Module.Mod.Path != "example.com/shop/v2/dist/gcp/confirm" || mod.Go.Version != "1.26.0" || mod.Toolchain != nil || len(mod.Tool) != 0 {
		t.Errorf("module %v, go %v, toolchain %v, tools %v", mod.Module.Mod, mod.Go, mod.Toolchain, mod.Tool)
	}
	if diff := cmp.Diff([]string{
		"example.com/both@v1.1.0",
		"example.com/lib@v1.0.0",
		"example.com/shop/v2@v2.0.0",
		"example.com/tools@v1.0.0",
	}, requires(mod)); diff != "" {
		t.Errorf("requirements differ (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{
		"example.com/both":        "/home/both",
		"example.com/both@v1.1.0": "/home/shop/both11",
		"example.com/fork":        "example.com/forked@v1.2.3",
		"example.com/lib@v1.0.0":  "/absolute/lib",
		"example.com/shop/v2":     "/home/shop",
	}, replaces(mod)); diff != "" {
		t.Errorf("replacements differ (-want +got):\n%s", diff)
	}

	local, err := withoutLocalReplaces(mod)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]bool{"example.com/both": true, "example.com/both@v1.1.0": true, "example.com/lib@v1.0.0": true, "example.com/shop/v2": true}, local); diff != "" {
		t.Errorf("local replacements differ (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"example.com/fork": "example.com/forked@v1.2.3"}, replaces(mod)); diff != "" {
		t.Errorf("replacements that ship differ (-want +got):\n%s", diff)
	}
}

// A version follows from the path of the module.
func TestStagedVersion(t *testing.T) {
	for path, want := range map[string]string{
		"example.com/shop":      "v0.0.0",
		"example.com/shop/v2":   "v2.0.0",
		"example.com/shop/v13":  "v13.0.0",
		"gopkg.in/shop.v3":      "v3.0.0",
		"example.com/shop/v2/x": "v0.0.0",
	} {
		w := workspaceOf(t, model.App{Module: model.Module{Path: path, Dir: "/home/shop"}}, "module "+path+"\n\ngo 1.26.0\n")
		mod, err := w.stagedMod(path + "/dist/gcp/confirm")
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if got := requires(mod); len(got) != 1 || got[0] != path+"@"+want {
			t.Errorf("%s: requires %v; want version %s", path, got, want)
		}
	}
}

func requires(mod *modfile.File) []string {
	set := map[string]bool{}
	for _, r := range mod.Require {
		set[r.Mod.String()] = true
	}
	return slices.Sorted(maps.Keys(set))
}

func replaces(mod *modfile.File) map[string]string {
	out := map[string]string{}
	for _, r := range mod.Replace {
		out[r.Old.String()] = r.New.String()
	}
	return out
}

// modules.txt has to agree with the go.mod that ships: no folder of the
// developer's machine is left in it, and all else is as it was.
func TestWithoutReplacements(t *testing.T) {
	const before = `# example.com/app v0.0.0 => /home/app
## explicit; go 1.26.0
example.com/app
# example.com/any v1.2.0 => /home/with a space/any
## explicit
example.com/any
# example.com/one v1.0.0 => ../one
## explicit
example.com/one/a => b
# example.com/fork v1.0.0 => example.com/forked v1.2.3
## explicit
example.com/fork
# example.com/mixed v1.5.0 => example.com/mixed v1.5.1
## explicit
example.com/mixed
# example.com/plain v1.0.0
## explicit
example.com/plain
# example.com/app => /home/app
# example.com/any => /home/with a space/any
# example.com/fork => example.com/forked v1.2.3
# example.com/mixed => /home/mixed
# example.com/unused v3.0.0 => /home/unused
# example.com/other v3.0.0 => example.com/otherfork v3.0.1
`
	const after = `# example.com/app v0.0.0
## explicit; go 1.26.0
example.com/app
# example.com/any v1.2.0
## explicit
example.com/any
# example.com/one v1.0.0
## explicit
example.com/one/a => b
# example.com/fork v1.0.0 => example.com/forked v1.2.3
## explicit
example.com/fork
# example.com/mixed v1.5.0 => example.com/mixed v1.5.1
## explicit
example.com/mixed
# example.com/plain v1.0.0
## explicit
example.com/plain
# example.com/fork => example.com/forked v1.2.3
# example.com/other v3.0.0 => example.com/otherfork v3.0.1
`
	local := map[string]bool{"example.com/app": true, "example.com/any": true, "example.com/one@v1.0.0": true, "example.com/mixed": true, "example.com/unused@v3.0.0": true}
	if diff := cmp.Diff(after, string(formatModules(withoutReplacements(parseModules([]byte(before)), local)))); diff != "" {
		t.Errorf("modules.txt differs (-want +got):\n%s", diff)
	}
}

// What is vendored for several functions is listed for one as if it had been
// vendored alone.
func TestOnlyPackages(t *testing.T) {
	const before = `# example.com/explicit v1.0.0
## explicit; go 1.26.0
example.com/explicit/a
# example.com/fork v1.0.0 => example.com/forked v1.2.3
## go 1.20
example.com/fork
# example.com/indirect v1.0.0
## go 1.20
example.com/indirect/a
example.com/indirect/b
# example.com/old v1.0.0
example.com/old
# example.com/wild v1.0.0 => example.com/wilder v1.0.0
## go 1.20
example.com/wild
# example.com/wild => example.com/wilder v1.0.0
# example.com/another v1.0.0 => example.com/other v1.0.0
`
	const after = `# example.com/explicit v1.0.0
## explicit; go 1.26.0
# example.com/indirect v1.0.0
## go 1.20
example.com/indirect/b
# example.com/another v1.0.0 => example.com/other v1.0.0
# example.com/fork v1.0.0 => example.com/forked v1.2.3
# example.com/wild => example.com/wilder v1.0.0
`
	replaced := map[string]bool{"example.com/fork@v1.0.0": true, "example.com/wild": true, "example.com/another@v1.0.0": true}
	got := formatModules(onlyPackages(parseModules([]byte(before)), map[string]bool{"example.com/indirect/b": true}, replaced))
	if diff := cmp.Diff(after, string(got)); diff != "" {
		t.Errorf("modules.txt differs (-want +got):\n%s", diff)
	}
}
