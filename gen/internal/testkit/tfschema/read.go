package tfschema

import (
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// A Tree is a file's or a block's body as it is read.
type Tree = hclsyntax.Body

// A Scope is what expressions may refer to when they are evaluated.
type Scope = hcl.EvalContext

// Parse reads a main.tf.
func Parse(t testing.TB, name string, src []byte) *Tree {
	t.Helper()
	file, diags := hclsyntax.ParseConfig(src, name, hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return file.Body.(*Tree)
}

// Names returns the names that each reference of an expression begins with.
func Names(e hclsyntax.Expression) [][]string {
	var out [][]string
	for _, traversal := range e.Variables() {
		out = append(out, names(traversal))
	}
	return out
}

func names(t hcl.Traversal) []string {
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
