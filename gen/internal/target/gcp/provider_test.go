package gcp_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// A provider is testdata/provider.json: what the google provider knows.
type provider struct {
	Version  string
	Resource map[string]schema
	Data     map[string]schema
}

// A schema is that of a resource or of a block in one.
type schema struct {
	Required, Optional []string // arguments
	Blocks             map[string]schema
	Must               bool     // a block has to be there
	Exported           []string // what others may refer to
}

func readProvider(t *testing.T) provider {
	t.Helper()
	data, err := os.ReadFile("testdata/provider.json")
	if err != nil {
		t.Fatal(err)
	}
	var p provider
	if err := json.Unmarshal(data, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// check returns what the provider does not know in the body, and what it asks
// for in vain.
func (s schema) check(path string, b *hclsyntax.Body, meta ...string) []string {
	var wrong []string
	for name := range b.Attributes {
		if !slices.Contains(slices.Concat(s.Required, s.Optional, meta), name) {
			wrong = append(wrong, path+" has no argument "+name)
		}
	}
	for _, name := range s.Required {
		if b.Attributes[name] == nil {
			wrong = append(wrong, path+" lacks the argument "+name)
		}
	}
	there := map[string]bool{}
	for _, block := range b.Blocks {
		if block.Type == "lifecycle" && len(meta) > 0 {
			continue
		}
		there[block.Type] = true
		inner, ok := s.Blocks[block.Type]
		if !ok {
			wrong = append(wrong, path+" has no block "+block.Type)
			continue
		}
		wrong = append(wrong, inner.check(path+"."+block.Type, block.Body)...)
	}
	for name, block := range s.Blocks {
		if block.Must && !there[name] {
			wrong = append(wrong, path+" lacks the block "+name)
		}
	}
	return wrong
}

func parsed(t testing.TB, name string, src []byte) *hclsyntax.Body {
	t.Helper()
	file, diags := hclsyntax.ParseConfig(src, name, hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return file.Body.(*hclsyntax.Body)
}

// goldens returns the parsed golden files, of which there are some.
func goldens(t *testing.T) map[string]*hclsyntax.Body {
	t.Helper()
	names, err := filepath.Glob("testdata/terraform/*.tf")
	if err != nil || len(names) < 5 {
		t.Fatalf("golden files %v, %v", names, err)
	}
	out := map[string]*hclsyntax.Body{}
	for _, name := range names {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out[name] = parsed(t, name, src)
	}
	return out
}

// Every resource, block and argument is one that the provider has in the
// oldest version that main.tf accepts, and none that it demands is missing.
func TestProviderSchema(t *testing.T) {
	p := readProvider(t)
	for name, file := range goldens(t) {
		for _, block := range file.Blocks {
			of := map[string]map[string]schema{"resource": p.Resource, "data": p.Data}[block.Type]
			if of == nil {
				continue
			}
			s, ok := of[block.Labels[0]]
			if !ok {
				t.Errorf("%s: the provider has no %s %s", name, block.Type, block.Labels[0])
				continue
			}
			for _, wrong := range s.check(strings.Join(block.Labels, "."), block.Body, "depends_on", "for_each", "count") {
				t.Errorf("%s: %s", name, wrong)
			}
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
	p := readProvider(t)
	for name, file := range goldens(t) {
		declared := map[string]bool{"each.key": true, "each.value": true, "path.module": true}
		for _, block := range file.Blocks {
			var names []string
			switch block.Type {
			case "variable":
				names = []string{"var." + block.Labels[0]}
			case "locals":
				for local := range block.Body.Attributes {
					names = append(names, "local."+local)
				}
			case "data":
				names = []string{"data." + strings.Join(block.Labels, ".")}
			case "resource":
				names = []string{strings.Join(block.Labels, ".")}
			}
			for _, n := range names {
				if declared[n] {
					t.Errorf("%s declares %s twice", name, n)
				}
				declared[n] = true
			}
		}
		for _, traversal := range references(file) {
			steps := words(traversal)
			of, length := p.Resource, 2
			if steps[0] == "data" {
				of, length = p.Data, 3
			}
			if len(steps) < length || !declared[strings.Join(steps[:length], ".")] {
				t.Errorf("%s refers to %v, which is not declared", name, steps)
				continue
			}
			s, isResource := of[steps[length-2]]
			if !isResource || len(steps) == length {
				continue
			}
			if _, block := s.Blocks[steps[length]]; !block && !slices.Contains(s.Exported, steps[length]) {
				t.Errorf("%s refers to %v, which the provider does not export", name, steps)
			}
		}
	}
}

// references returns those of all expressions, but for the types of variables.
func references(b *hclsyntax.Body) []hcl.Traversal {
	var out []hcl.Traversal
	for name, a := range b.Attributes {
		if name != "type" {
			out = append(out, a.Expr.Variables()...)
		}
	}
	for _, block := range b.Blocks {
		out = append(out, references(block.Body)...)
	}
	return out
}

// words returns the names that a reference begins with.
func words(t hcl.Traversal) []string {
	var out []string
	for _, step := range t {
		switch step := step.(type) {
		case hcl.TraverseRoot:
			out = append(out, step.Name)
		case hcl.TraverseAttr:
			out = append(out, step.Name)
		default:
			return out
		}
	}
	return out
}
