package gcp_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fngen/fngen/gen/internal/testkit/tfschema"
)

// goldens returns the parsed golden files, of which there are some.
func goldens(t *testing.T) map[string]*tfschema.Tree {
	t.Helper()
	names, err := filepath.Glob("testdata/terraform/*.tf")
	if err != nil || len(names) < 5 {
		t.Fatalf("golden files %v, %v", names, err)
	}
	out := map[string]*tfschema.Tree{}
	for _, name := range names {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out[name] = tfschema.Parse(t, name, src)
	}
	return out
}

// Every resource, block and argument is one that the provider has in the
// oldest version that main.tf accepts, and none that it demands is missing.
func TestProviderSchema(t *testing.T) {
	p := tfschema.Read(t, "google")
	for name, file := range goldens(t) {
		for _, wrong := range p.Unknown(file) {
			t.Errorf("%s: %s", name, wrong)
		}
		if version := fmt.Sprintf("%q", ">= "+p.Version+", < 8.0.0"); !strings.Contains(source(t, name), "version = "+version) {
			t.Errorf("%s does not ask for the version %s", name, version)
		}
	}
}

func source(t *testing.T, name string) string {
	t.Helper()
	src, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(src)
}

// Every reference is to something that the file declares, once, and to an
// attribute or block that it has.
func TestReferences(t *testing.T) {
	p := tfschema.Read(t, "google")
	for name, file := range goldens(t) {
		for _, wrong := range p.Dangling(file) {
			t.Errorf("%s: %s", name, wrong)
		}
	}
}
