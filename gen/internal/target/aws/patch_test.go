package aws_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/fngen/fngen/gen/internal/config"
	"github.com/fngen/fngen/gen/internal/testkit/tfschema"
	"github.com/fngen/fngen/internal/testkit/tool"
)

// patchPage are the blocks of the language in what the documentation says of patches.
func patchPage(t *testing.T, language string) []string {
	t.Helper()
	page, err := os.ReadFile("../../../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(page), "\n## What has no key: a patch\n")
	text, _, _ = strings.Cut(text, "\n## ")
	var out []string
	for _, m := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(text, -1) {
		out = append(out, m[1])
	}
	return out
}

// documented is the application whose patch the documentation shows.
func documented(t *testing.T) golden {
	t.Helper()
	all := goldens(t)
	return all[slices.IndexFunc(all, func(g golden) bool { return g.name == "patch" })]
}

// The patch of the documentation is that of a golden file, and so is what the
// template has of it.
func TestPatchPage(t *testing.T) {
	g := documented(t)
	shown := patchPage(t, "yaml")
	if len(shown) != 3 {
		t.Fatalf("%d blocks are shown", len(shown))
	}
	files := map[string]string{}
	for _, f := range g.archive.Files {
		files[f.Name] = string(f.Data)
	}
	for i, name := range []string{config.File, "deploy/patch.yaml"} {
		if files[name] != shown[i] {
			t.Errorf("%s of the page is not\n%s", name, files[name])
		}
	}
	if !strings.Contains(files[wantTemplate], shown[2]) {
		t.Errorf("the template has not\n%s", shown[2])
	}
}

// Terraform lays the override of the documentation over the module, whose names it
// has, and refuses it for a resource of another name. Its validation would need the
// provider; what it would say of names the schema does.
func TestOverride(t *testing.T) {
	terraform := tool.Path(t, "terraform")
	sources := slices.DeleteFunc(documented(t).sources(), func(f txtar.File) bool { return f.Name == config.File })
	sources = append(sources, txtar.File{Name: config.File, Data: []byte("targets: {aws: {http: api, infrastructure: terraform}}\n")})
	files, err := generate(t, writeApp(t, sources), "")
	if err != nil {
		t.Fatal(err)
	}
	override := patchPage(t, "hcl")[0]
	for _, wrong := range tfschema.Read(t, "aws").Unknown(tfschema.Parse(t, "operations_override.tf", []byte(override))) {
		if !strings.Contains(wrong, "lacks") { // which main.tf has
			t.Error(wrong)
		}
	}
	tfschema.Override(t, terraform, files[0].Data, override, true)
	tfschema.Override(t, terraform, files[0].Data, strings.ReplaceAll(override, "reserve_function", "reserved_function"), false)
}
