package build

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	cdx "github.com/CycloneDX/cyclonedx-go"
	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/mod/module"

	"github.com/fngen/fngen/gen/internal/model"
)

// cyclonedx is the schema of CycloneDX 1.6, as published.
func cyclonedx(t *testing.T) *jsonschema.Schema {
	t.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/CycloneDX/cyclonedx-go").Output()
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	for id, name := range map[string]string{"bom-1.6": "bom-1.6.schema.json", "spdx": "spdx.schema.json", "jsf-0.82": "jsf-0.82.schemax.json"} {
		file, err := os.Open(filepath.Join(strings.TrimSpace(string(dir)), "schema", name))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		document, err := jsonschema.UnmarshalJSON(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.AddResource("http://cyclonedx.org/schema/"+id+".schema.json", document); err != nil {
			t.Fatal(err)
		}
	}
	schema, err := c.Compile("http://cyclonedx.org/schema/bom-1.6.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// valid demands what CycloneDX does: its schema, and that each reference is to
// one component.
func valid(t *testing.T, schema *jsonschema.Schema, bill []byte) cdx.BOM {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(bill))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(document); err != nil {
		t.Errorf("%v\n%s", err, bill)
	}
	var bom cdx.BOM
	if err := cdx.NewBOMDecoder(bytes.NewReader(bill), cdx.BOMFileFormatJSON).Decode(&bom); err != nil {
		t.Fatal(err)
	}
	refs := map[string]bool{bom.Metadata.Component.BOMRef: true}
	for _, c := range *bom.Components {
		if refs[c.BOMRef] {
			t.Errorf("two components are %q", c.BOMRef)
		}
		refs[c.BOMRef] = true
	}
	for _, d := range *bom.Dependencies {
		for _, ref := range append([]string{d.Ref}, *d.Dependencies...) {
			if !refs[ref] {
				t.Errorf("no component is %q", ref)
			}
		}
	}
	return bom
}

// A digest of go.sum, and the same 32 bytes in hex.
const (
	exampleSum = "h1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
	exampleHex = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
)

// The bill names the artifact by its digest, and each module in it as package
// managers know it: what takes the place of another module is named as what it
// is, and a folder, which has no version, without its path.
func TestSBOM(t *testing.T) {
	artifact := newDistFile("confirm.zip", []byte("text"))
	modules := binaryModules(&debug.BuildInfo{
		GoVersion: "go1.26.8",
		Main:      debug.Module{Path: "example.com/shop", Version: "(devel)"},
		Deps: []*debug.Module{
			{Path: "github.com/Masterminds/semver/v3", Version: "v3.0.0+incompatible", Sum: exampleSum},
			{Path: "example.com/lib", Version: "v1.0.0", Replace: &debug.Module{Path: "/home/me/lib", Version: "(devel)"}},
			{Path: "example.com/fork", Version: "v1.0.0", Replace: &debug.Module{Path: "example.com/forked", Version: "v1.2.3", Sum: exampleSum}},
		},
	})
	bill, err := sbom(artifact, modules)
	if err != nil {
		t.Fatal(err)
	}
	bom := valid(t, cyclonedx(t), bill)
	// The digest of "text", by sha256sum.
	const sum = "982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1"
	if c := bom.Metadata.Component; c.Name != "confirm.zip" || (*c.Hashes)[0] != (cdx.Hash{Algorithm: "SHA-256", Value: sum}) {
		t.Errorf("the artifact is %+v", c)
	}
	if bom.SerialNumber != "urn:uuid:982d9e3e-b996-8559-8633-f4d194def376" || bom.Metadata.Timestamp != "" {
		t.Errorf("serial number %s, time %q", bom.SerialNumber, bom.Metadata.Timestamp)
	}
	hash := &[]cdx.Hash{{Algorithm: "SHA-256", Value: exampleHex}}
	replaces := func(what string) *[]cdx.Property { return &[]cdx.Property{{Name: "fngen:replaces", Value: what}} }
	want := []cdx.Component{
		{BOMRef: "example.com/forked@v1.2.3", Type: "library", Name: "example.com/forked", Version: "v1.2.3", Hashes: hash, PackageURL: "pkg:golang/example.com/forked@v1.2.3", Properties: replaces("example.com/fork@v1.0.0")},
		{BOMRef: "example.com/lib", Type: "library", Name: "example.com/lib", PackageURL: "pkg:golang/example.com/lib", Properties: replaces("example.com/lib@v1.0.0")},
		{BOMRef: "example.com/shop", Type: "library", Name: "example.com/shop", PackageURL: "pkg:golang/example.com/shop"},
		{BOMRef: "github.com/Masterminds/semver/v3@v3.0.0+incompatible", Type: "library", Name: "github.com/Masterminds/semver/v3", Version: "v3.0.0+incompatible", Hashes: hash, PackageURL: "pkg:golang/github.com/masterminds/semver/v3@v3.0.0%2Bincompatible"},
		{BOMRef: "std@v1.26.8", Type: "library", Name: "std", Version: "v1.26.8", PackageURL: "pkg:golang/stdlib@v1.26.8"},
	}
	if diff := cmp.Diff(want, *bom.Components); diff != "" {
		t.Errorf("components differ (-want +got):\n%s", diff)
	}
	if bytes.Contains(bill, []byte("/home/me")) {
		t.Error("the bill holds a path of this machine")
	}
}

// The bill of vendored sources is of what vendor/ holds.
func TestSBOMOfSources(t *testing.T) {
	of := func(path, version string) module.Version { return module.Version{Path: path, Version: version} }
	vendored := []vendoredModule{
		{id: of("example.com/shop", "v0.0.0"), packages: []string{"example.com/shop"}},
		{id: of("example.com/lib", "v1.0.0"), packages: []string{"example.com/lib"}, isLocal: true},
		{id: of("example.com/fork", "v1.0.0"), packages: []string{"example.com/fork"}, replacement: "example.com/forked v1.2.3"},
		{id: of("example.com/plain", "v1.0.0"), packages: []string{"example.com/plain"}},
		{id: of("example.com/unused", "v1.0.0"), notes: "## explicit\n"},
		{id: of("example.com/wild", ""), replacement: "example.com/wilder v1.0.0"},
	}
	sums := map[module.Version]string{of("example.com/plain", "v1.0.0"): exampleSum, of("example.com/forked", "v1.2.3"): "h1:forked="}
	want := []usedModule{
		{Path: "example.com/shop"},
		{Path: "example.com/lib", Replaces: "example.com/lib@v1.0.0"},
		{Path: "example.com/forked", Version: "v1.2.3", Sum: "h1:forked=", Replaces: "example.com/fork@v1.0.0"},
		{Path: "example.com/plain", Version: "v1.0.0", Sum: exampleSum},
	}
	got := vendoredModules(vendored, sums, "example.com/shop")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("modules differ (-want +got):\n%s", diff)
	}
	bill, err := sbom(newDistFile("confirm.zip", nil), got)
	if err != nil {
		t.Fatal(err)
	}
	valid(t, cyclonedx(t), bill)
}

// Every bill names the standard library, as advisories know it: that which was
// linked, and of sources that of the Go that they were built with.
func TestSBOMHoldsStandardLibrary(t *testing.T) {
	files := []model.File{{Path: "main.go", Data: []byte("package main\n")}}
	linked := archive{model.Archive{Path: "linked.zip", Files: files}, binaryModules(&debug.BuildInfo{GoVersion: "go1.25.1 X:nodwarf5", Main: debug.Module{Path: "example.com/shop"}})}
	sources := archive{model.Archive{Path: "sources.zip", Files: files}, []usedModule{{Path: "example.com/shop"}}}
	packed, err := pack([]archive{linked, sources}, "go1.26.8")
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []cdx.Component{
		{BOMRef: "std@v1.25.1", Type: "library", Name: "std", Version: "v1.25.1", PackageURL: "pkg:golang/stdlib@v1.25.1"},
		{BOMRef: "std@v1.26.8", Type: "library", Name: "std", Version: "v1.26.8", PackageURL: "pkg:golang/stdlib@v1.26.8",
			Properties: &[]cdx.Property{{Name: "fngen:compiled", Value: "by the platform, with a Go of its own"}}},
	} {
		bill := packed[2*i+1]
		components := *valid(t, cyclonedx(t), bill.Data).Components
		at := slices.IndexFunc(components, func(c cdx.Component) bool { return c.Name == "std" })
		if at < 0 {
			t.Fatalf("%s holds no standard library", bill.Path)
		}
		if diff := cmp.Diff(want, components[at]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", bill.Path, diff)
		}
	}
}

// The schema that bills are held to refuses what it should.
func TestCycloneDXSchema(t *testing.T) {
	for _, text := range []string{`{}`, `{"bomFormat": "CycloneDX", "specVersion": "1.6", "serialNumber": "1"}`} {
		document, err := jsonschema.UnmarshalJSON(io.Reader(strings.NewReader(text)))
		if err != nil {
			t.Fatal(err)
		}
		if cyclonedx(t).Validate(document) == nil {
			t.Errorf("%s is taken", text)
		}
	}
}
