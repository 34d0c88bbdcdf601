// Package handlers is what the checks have in common: the functions of a package
// that have directives, and which of its code is looked at.
package handlers

import (
	"go/ast"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"

	"github.com/fngen/fngen/gen/internal/directive"
	"github.com/fngen/fngen/gen/internal/model"
)

// A Handler is a function of the package that has directives: a handler or a
// setup.
type Handler struct {
	Decl    *ast.FuncDecl
	Setup   bool
	Targets []string // that it is meant for; nil for all
	allows  []directive.Allow
}

// Allows reports whether a directive of the function acknowledges the code.
func (h Handler) Allows(code model.Code) bool {
	return slices.ContainsFunc(h.allows, func(a directive.Allow) bool { return a.Code == code })
}

// String names it as in its package: Confirm, or Shop.Confirm.
func (h Handler) String() string {
	if h.Decl.Recv == nil {
		return h.Decl.Name.Name
	}
	t := ast.Unparen(h.Decl.Recv.List[0].Type)
	if star, ok := t.(*ast.StarExpr); ok {
		t = ast.Unparen(star.X)
	}
	if name, ok := t.(*ast.Ident); ok {
		return name.Name + "." + h.Decl.Name.Name
	}
	return h.Decl.Name.Name
}

// Of returns the handlers and setups of the package, in the order of the files.
// What is wrong with directives is none of a check's business.
func Of(pass *analysis.Pass) []Handler {
	var out []Handler
	for _, file := range Files(pass) {
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok || f.Doc == nil {
				continue
			}
			set, _, ok := directive.Read(f.Name.Name, f.Doc, targets(f.Doc))
			if !ok || !set.Setup && len(set.Triggers) == 0 {
				continue
			}
			out = append(out, Handler{f, set.Setup, set.Targets, set.Allows})
		}
	}
	return out
}

// targets returns the names that the directive of targets has, all of which are
// taken for ones that there are.
func targets(doc *ast.CommentGroup) []string {
	var names []string
	for _, c := range doc.List {
		if words, ok := strings.CutPrefix(c.Text, "//fn:targets "); ok {
			names = append(names, strings.Split(strings.TrimSpace(words), ",")...)
		}
	}
	return names
}

// Files returns the files of the package that are deployed: those of tests, and
// what a tool made of the user's for itself, are not.
func Files(pass *analysis.Pass) []*ast.File {
	return slices.DeleteFunc(slices.Clone(pass.Files), func(f *ast.File) bool {
		return strings.HasSuffix(pass.Fset.Position(f.FileStart).Filename, "_test.go")
	})
}

// Module returns the path of the module that the package is of, "" for the
// standard library's, for a program of tests and for one that nobody knows of. The checks look through
// the packages of one module: what others do in code of theirs that a handler may
// never come to says nothing for certain.
func Module(pass *analysis.Pass) string {
	isTestMain := pass.Pkg.Name() == "main" && strings.HasSuffix(pass.Pkg.Path(), ".test")
	if pass.Module == nil || isTestMain {
		return ""
	}
	return pass.Module.Path
}

// Names joins the handlers' names for a message: A, A and B, or A and 2 more.
func Names(list []Handler) string {
	switch len(list) {
	case 1:
		return list[0].String()
	case 2:
		return list[0].String() + " and " + list[1].String()
	}
	return list[0].String() + " and others"
}
