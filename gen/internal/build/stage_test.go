package build

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/modfile"

	"github.com/fngen/fngen/gen/internal/build/gocmd"
)

func parsedMod(t *testing.T, text string) *modfile.File {
	t.Helper()
	mod, err := modfile.Parse("go.mod", []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	return mod
}

// The staged module requires the application's at the version that its path
// demands, without replacements by folders and without its tools.
func TestStagedMod(t *testing.T) {
	mod := parsedMod(t, `module example.com/shop/v2

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
	if err := stagedMod(mod, "example.com/shop/v2"); err != nil {
		t.Fatal(err)
	}
	data, err := mod.Format()
	if err != nil {
		t.Fatal(err)
	}
	mod = parsedMod(t, string(data))
	if mod.Go.Version != "1.26.0" || mod.Toolchain != nil || len(mod.Tool) != 0 {
		t.Errorf("go %v, toolchain %v, tools %v", mod.Go, mod.Toolchain, mod.Tool)
	}
	if diff := cmp.Diff([]string{
		"example.com/both@v1.1.0",
		"example.com/lib@v1.0.0",
		"example.com/shop/v2@v2.0.0",
		"example.com/tools@v1.0.0",
	}, requires(mod)); diff != "" {
		t.Errorf("requirements differ (-want +got):\n%s", diff)
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
		mod := parsedMod(t, "module "+path+"\n\ngo 1.26.0\n")
		if err := stagedMod(mod, path); err != nil {
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

// modules.txt has to agree with the go.mod that ships: what that requires and
// replaces is in it, whether or not a package is vendored of it, and no folder
// of the developer's machine.
func TestVendoredOf(t *testing.T) {
	mod := parsedMod(t, `module example.com/shop/dist/gcp/confirm

go 1.26.0

require (
	example.com/explicit v1.0.0
	example.com/folder v1.0.0
	example.com/fork v1.0.0
	example.com/shop v0.0.0
	example.com/wild v1.0.0 // indirect
)

replace (
	example.com/fork v1.0.0 => example.com/forked v1.2.3
	example.com/unused v1.0.0 => example.com/other v1.0.0
	example.com/wild => example.com/wilder v1.0.0
)
`)
	packages := map[string]linkedPackage{}
	for _, text := range []string{
		`{"ImportPath": "example.com/shop/a", "Module": {"Path": "example.com/shop", "Main": true, "GoVersion": "1.26.0"}}`,
		`{"ImportPath": "example.com/folder/x", "Module": {"Path": "example.com/folder", "Version": "v1.0.0", "GoVersion": "1.25", "Replace": {"Path": "../folder"}}}`,
		`{"ImportPath": "example.com/fork/b", "Module": {"Path": "example.com/fork", "Version": "v1.0.0", "GoVersion": "1.20", "Replace": {"Path": "example.com/forked", "Version": "v1.2.3", "Sum": "h1:fork"}}}`,
		`{"ImportPath": "example.com/fork/a", "Module": {"Path": "example.com/fork", "Version": "v1.0.0", "GoVersion": "1.20", "Replace": {"Path": "example.com/forked", "Version": "v1.2.3", "Sum": "h1:fork"}}}`,
		`{"ImportPath": "example.com/indirect", "Module": {"Path": "example.com/indirect", "Version": "v1.1.0", "Sum": "h1:indirect"}}`,
	} {
		list, err := gocmd.DecodeList[linkedPackage]([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		packages[list[0].ImportPath] = list[0]
	}
	const want = `# example.com/explicit v1.0.0
## explicit
# example.com/folder v1.0.0
## explicit; go 1.25
example.com/folder/x
# example.com/fork v1.0.0 => example.com/forked v1.2.3
## explicit; go 1.20
example.com/fork/a
example.com/fork/b
# example.com/indirect v1.1.0
example.com/indirect
# example.com/shop v0.0.0
## explicit; go 1.26.0
example.com/shop/a
# example.com/wild v1.0.0 => example.com/wilder v1.0.0
## explicit
# example.com/unused v1.0.0 => example.com/other v1.0.0
# example.com/wild => example.com/wilder v1.0.0
`
	listed, sums := vendoredOf(mod, packages)
	if diff := cmp.Diff(want, string(formatModules(listed))); diff != "" {
		t.Errorf("modules.txt differs (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]usedModule{
		{Path: "example.com/folder", Replaces: "example.com/folder@v1.0.0"},
		{Path: "example.com/forked", Version: "v1.2.3", Sum: "h1:fork", Replaces: "example.com/fork@v1.0.0"},
		{Path: "example.com/indirect", Version: "v1.1.0", Sum: "h1:indirect"},
		{Path: "example.com/shop"},
	}, vendoredModules(listed, sums, "example.com/shop")); diff != "" {
		t.Errorf("modules of the bill of materials differ (-want +got):\n%s", diff)
	}
}

// Licences travel with a dependency's code, and what is called like one does
// not.
func TestLicenceFiles(t *testing.T) {
	for name, want := range map[string]bool{
		"LICENSE": true, "license.md": true, "LICENCE.txt": true, "UNLICENSE": true, "LICENSE-APACHE-2.0.txt": true, "LICENSE-MIT": true, "LICENSE.BSD3": true,
		"LICENSE.libyaml": true, "COPYING": true, "COPYING.LESSER": true, "NOTICE": true, "PATENTS": true, "AUTHORS": true, "CONTRIBUTORS": true,
		"license.key": false, "legal-hold.csv": false, "LICENSE.pem": false, "license.go": false, "authors.json": false, "my-license": false, "noticeboard.txt": false, ".LICENSE": false, "copyrights": false,
	} {
		if got := licenceFile.MatchString(name); got != want {
			t.Errorf("%s is a licence: %v, want %v", name, got, want)
		}
	}
}
