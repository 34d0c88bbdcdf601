package hcl_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"github.com/fngen/fngen/gen/internal/hcl"
	"github.com/fngen/fngen/gen/internal/testkit/tfschema"
)

// evaluated is what the expression is, as it is read back, with x for a reference.
func evaluated(t *testing.T, e hcl.Expr) cty.Value {
	t.Helper()
	file := hcl.NewFile()
	file.Set(hcl.Pair{Name: "it", Value: e})
	tree := tfschema.Parse(t, "it.tf", file.Bytes())
	v, diags := tree.Attributes["it"].Expr.Value(&tfschema.Scope{Variables: map[string]cty.Value{"x": cty.StringVal("X")}})
	if diags.HasErrors() {
		t.Fatalf("%v\n%s", diags, file.Bytes())
	}
	return v
}

// Whatever a text holds, it is that text, alone, in an object, and before and after
// what is interpolated.
func TestTexts(t *testing.T) {
	for _, text := range []string{"", "a", "$", "%", "$$", "%%", "${x}", "%{if x}", "$${x}", "$${", "\"", "\\", "\n", "\t", "\u2028", "ü☃😀"} {
		if got := evaluated(t, hcl.Value(text)).AsString(); got != text {
			t.Errorf("%q is %q", text, got)
		}
		if got := evaluated(t, hcl.Text(text, hcl.Ref("x"), text)).AsString(); got != text+"X"+text {
			t.Errorf("%q is %q around a reference", text, got)
		}
		if got := hcl.Evaluate(hcl.Text(text, hcl.Ref("x"), text), map[string]cty.Value{"x": cty.StringVal("X")}); got != text+"X"+text {
			t.Errorf("%q is evaluated as %q", text, got)
		}
		if got := evaluated(t, hcl.Value([]hcl.Pair{{Name: text + "k", Value: []any{text}}})).AsValueMap()[text+"k"]; got.IsNull() || got.AsValueSlice()[0].AsString() != text {
			t.Errorf("%q is %#v in an object", text, got)
		}
	}
}

// A name is itself in an object, also one that the language has.
func TestNames(t *testing.T) {
	for _, name := range []string{"for", "null", "true", "if", "x", "a-b", "a.b", "a:b", "1", "é", ""} {
		got := evaluated(t, hcl.Value([]hcl.Pair{{Name: name, Value: 1}, {Name: "other", Value: true}})).AsValueMap()
		if _, ok := got[name]; !ok || len(got) != 2 {
			t.Errorf("%q is in %v", name, got)
		}
	}
}

// What an expression refers to is known by names, up to what is in brackets.
func TestReferences(t *testing.T) {
	file := hcl.NewFile()
	file.Set(hcl.Pair{Name: "it", Value: []any{
		hcl.Ref("data", "secret", "all", hcl.Index("a/b"), "text"),
		hcl.At(hcl.Call("jsondecode", hcl.Ref("var", "name")), "k"),
		hcl.Either(hcl.Equal(hcl.Ref("x"), "a"), hcl.Text("b", hcl.Ref("y", 0)), "c"),
	}})
	tree := tfschema.Parse(t, "it.tf", file.Bytes())
	want := [][]string{{"data", "secret", "all"}, {"var", "name"}, {"x"}, {"y"}}
	if diff := cmp.Diff(want, tfschema.Names(tree.Attributes["it"].Expr)); diff != "" {
		t.Error(diff)
	}
}

// What is empty is on one line, and objects in a list are each on lines of their own.
func TestLayout(t *testing.T) {
	file := hcl.NewFile()
	file.Top("data", []string{"it"})
	one := []hcl.Pair{{Name: "a", Value: 1}}
	file.Top("list", nil, hcl.Pair{Name: "of", Value: []any{one, one}}, hcl.Pair{Name: "words", Value: []any{"a", "b"}})
	const want = `data "it" {}

list {
  of = [
    {
      a = 1
    },
    {
      a = 1
    },
  ]
  words = ["a", "b"]
}
`
	if diff := cmp.Diff(want, string(file.Bytes())); diff != "" {
		t.Error(diff)
	}
}

// A comment is one line, whatever is in it.
func TestComment(t *testing.T) {
	file := hcl.NewFile()
	file.Comment("a\nresource \"x\" \"y\" {}\r", "")
	if got := string(file.Bytes()); strings.Count(got, "\n") != 2 || got != "# a resource \"x\" \"y\" {} \n#\n" {
		t.Errorf("%q", got)
	}
}
