package hcl

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// A Tree is a file's or a block's body as it is read.
type Tree = hclsyntax.Body

// A Scope is what expressions may refer to when they are evaluated.
type Scope = hcl.EvalContext

// Parse reads a file.
func Parse(name string, src []byte) (*Tree, error) {
	file, diags := hclsyntax.ParseConfig(src, name, hcl.InitialPos)
	if diags.HasErrors() {
		return nil, diags
	}
	return file.Body.(*Tree), nil
}

// Names returns the names that the first reference of an expression begins with,
// or none.
func Names(e hclsyntax.Expression) []string {
	var names []string
	for _, traversal := range e.Variables() {
		for _, step := range traversal {
			switch step := step.(type) {
			case hcl.TraverseRoot:
				names = append(names, step.Name)
			case hcl.TraverseAttr:
				names = append(names, step.Name)
			default:
				return names
			}
		}
		return names
	}
	return nil
}
