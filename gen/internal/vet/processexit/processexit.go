// Package processexit reports what ends the process in reach of a handler.
//
// In reach is what calls by name lead to, from the handler or its setup through
// functions and methods of its module. A function literal is part of the function
// that it stands in if it is called there, or passed in a call. A call of an
// interface's method, of a variable or of a field leads nowhere, and neither does
// one into another module, but for os.Exit, syscall.Exit and what package log
// ends the process with.
package processexit

import (
	"cmp"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"slices"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/fngen/fngen/gen/internal/vet/handlers"
)

// Code is that of the finding.
const Code = "process-exit"

// Analyzer is the check.
var Analyzer = &analysis.Analyzer{
	Name:      "processexit",
	Doc:       "report os.Exit, log.Fatal and the like in reach of a handler\n\nWhat ends the process ends every event in it, unanswered, and costs a cold start.",
	URL:       "https://github.com/fngen/fngen/blob/main/docs/vet.md",
	Run:       run,
	FactTypes: []analysis.Fact{(*ends)(nil)},
}

// An ends is known of a function that leads to an end of the process.
type ends struct {
	Module string // that the function is of
	By     string // what ends it, log.Fatal for instance
}

func (*ends) AFact() {}

func (e *ends) String() string { return "ends by " + e.By }

// A call is one by name.
type call struct {
	of  *types.Func
	pos token.Pos
}

func run(pass *analysis.Pass) (any, error) {
	module := handlers.Module(pass)
	if module == "" {
		return nil, nil
	}
	c := check{pass: pass, module: module, calls: map[*types.Func][]call{}}
	for _, file := range handlers.Files(pass) {
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Body != nil {
				of := pass.TypesInfo.Defs[f.Name].(*types.Func)
				c.calls[of] = c.callsIn(f.Body)
			}
		}
	}
	c.export()
	c.report()
	return nil, nil
}

type check struct {
	pass   *analysis.Pass
	module string
	calls  map[*types.Func][]call // by the package's function that they stand in
}

// callsIn returns the calls by name in the body, in their order.
func (c check) callsIn(body *ast.BlockStmt) []call {
	var out []call
	run := map[*ast.FuncLit]bool{} // that are called or passed
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			for _, e := range append([]ast.Expr{n.Fun}, n.Args...) {
				if literal, ok := ast.Unparen(e).(*ast.FuncLit); ok {
					run[literal] = true
				}
			}
			if of := typeutil.StaticCallee(c.pass.TypesInfo, n); of != nil {
				out = append(out, call{of.Origin(), n.Pos()})
			}
		case *ast.FuncLit:
			return run[n]
		}
		return true
	})
	return out
}

// by returns what the call of a function that is not the package's ends the
// process with, "" for nothing.
func (c check) by(of *types.Func) string {
	if name := exits(of); name != "" {
		return name
	}
	var fact ends
	if of.Pkg() != nil && of.Pkg() != c.pass.Pkg && c.pass.ImportObjectFact(of, &fact) && fact.Module == c.module {
		return fact.By
	}
	return ""
}

// exits returns the name of a function that ends the process whatever it is
// given, "" if it is none of those known.
func exits(f *types.Func) string {
	if f.Pkg() == nil {
		return ""
	}
	name := f.Pkg().Path() + "." + f.Name()
	switch name {
	case "os.Exit", "syscall.Exit", "log.Fatal", "log.Fatalf", "log.Fatalln":
		return name
	}
	return ""
}

// export says of the package's functions what they lead to.
func (c check) export() {
	known := map[*types.Func]string{}
	for more := true; more; {
		more = false
		for of, calls := range c.calls {
			if known[of] != "" {
				continue
			}
			for _, call := range calls {
				if by := cmp.Or(c.by(call.of), known[call.of]); by != "" {
					known[of], more = by, true
					break
				}
			}
		}
	}
	for of := range known {
		c.pass.ExportObjectFact(of, &ends{c.module, c.first(of, map[*types.Func]bool{})})
	}
}

// first returns what the first call of the function, as it is written, that
// leads to an end leads to: the same, in whatever order functions are looked at.
func (c check) first(of *types.Func, seen map[*types.Func]bool) string {
	seen[of] = true
	for _, call := range c.calls[of] {
		if by := c.by(call.of); by != "" {
			return by
		}
		if !seen[call.of] {
			if by := c.first(call.of, seen); by != "" {
				return by
			}
		}
	}
	return ""
}

// report reports the calls that leave the package for an end of the process,
// each with the handlers that come to it.
func (c check) report() {
	found, from := map[token.Pos]call{}, map[token.Pos][]handlers.Handler{}
	for _, h := range handlers.Of(c.pass) {
		if h.Allows(Code) {
			continue
		}
		reached := map[*types.Func]bool{}
		var visit func(*types.Func)
		visit = func(of *types.Func) {
			reached[of] = true
			for _, call := range c.calls[of] {
				if c.by(call.of) != "" && !slices.ContainsFunc(from[call.pos], func(o handlers.Handler) bool { return o.Decl == h.Decl }) {
					found[call.pos], from[call.pos] = call, append(from[call.pos], h)
				}
				if _, own := c.calls[call.of]; own && !reached[call.of] {
					visit(call.of)
				}
			}
		}
		visit(c.pass.TypesInfo.Defs[h.Decl.Name].(*types.Func))
	}
	for _, pos := range slices.Sorted(maps.Keys(found)) {
		call, by := found[pos], c.by(found[pos].of)
		what := by + " ends the process"
		if exits(call.of) == "" {
			what = name(call.of) + " leads to " + by + ", which ends the process"
		}
		way := "return an error, or fn.Permanent of one that no other try mends"
		if !slices.ContainsFunc(from[pos], func(h handlers.Handler) bool { return !h.Setup }) {
			way = "return the error, of which the platform is told then"
		}
		c.pass.Reportf(pos, "%s and all that it handles, in reach of %s; %s [%s]", what, handlers.Names(from[pos]), way, Code)
	}
}

// name is the function's as a reader of Go names it.
func name(f *types.Func) string {
	text := f.Pkg().Name() + "."
	if recv := f.Signature().Recv(); recv != nil {
		t := recv.Type()
		if p, ok := types.Unalias(t).(*types.Pointer); ok {
			t = p.Elem()
		}
		if named, ok := types.Unalias(t).(*types.Named); ok {
			text += named.Obj().Name() + "."
		}
	}
	return text + f.Name()
}
