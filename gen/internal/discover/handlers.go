package discover

import (
	"context"
	"fmt"
	"go/ast"
	"go/build"
	"go/token"
	"go/types"
	"path"
	"path/filepath"
	"slices"

	"github.com/fngen/fngen/gen/internal/model"
)

// A typedHandler is a handler as its types say it is.
type typedHandler struct {
	model.Handler
	refused bool // a diagnostic of it is reported
}

// types finds the handler of each candidate and returns what is wrong with the
// others.
func (r *resolver) types(ctx context.Context, s *Scan, platform model.Platform) ([]model.Diagnostic, error) {
	var dirs []string
	for _, c := range s.candidates {
		dirs = append(dirs, c.dir)
	}
	slices.Sort(dirs)
	packages, diagnostics, err := loadTypes(ctx, s.root, slices.Compact(dirs), platform)
	if err != nil {
		return nil, err
	}
	t := typer{scan: Scan{root: s.root, fset: s.fset, Diagnostics: diagnostics}, appPath: r.app.Path, setups: map[string]*types.Func{}}
	for _, c := range s.candidates {
		if pkg := packages[c.dir]; c.directives.Setup && pkg.files[c.file] {
			t.setup(pkg, c)
		}
	}
	for _, c := range s.candidates {
		var h *typedHandler
		switch pkg, ok := packages[c.dir]; {
		case !ok: // its errors are reported
		case !pkg.files[c.file]:
			t.leftOut(c, platform)
		case !c.directives.Setup:
			h = t.handler(pkg, c)
		}
		r.handlers = append(r.handlers, h)
	}
	return t.scan.Diagnostics, nil
}

// A typer checks candidates against the types of their packages.
type typer struct {
	scan    Scan // of the diagnostics
	appPath string
	setups  map[string]*types.Func // by package path and type name
}

func (t *typer) errorf(pos token.Pos, format string, args ...any) {
	t.scan.errorf(pos, format, args...)
}

// leftOut says why a function is not compiled: for lack of cgo, which is an
// error since functions never have it, or by another build constraint.
func (t *typer) leftOut(c candidate, platform model.Platform) {
	name := c.decl.Name
	with := build.Default
	with.GOOS, with.GOARCH, with.BuildTags, with.CgoEnabled = platform.GOOS, platform.GOARCH, platform.Tags, true
	if matches, err := with.MatchFile(filepath.Join(t.scan.root, c.dir), path.Base(c.file)); err == nil && matches {
		t.errorf(name.Pos(), "%s is in a file that needs cgo, but functions are built without it, as static binaries; move it to a file without import \"C\" and without the build constraint cgo", name.Name)
		return
	}
	t.scan.Diagnostics = append(t.scan.Diagnostics, model.Diagnostic{Pos: t.scan.position(name.Pos()), Severity: model.Warning,
		Message: fmt.Sprintf("%s is left out on %s by its file's build constraints", name.Name, platform)})
}

const setupShape = "a setup is func(context.Context) (S, error) with S a type of its package or a pointer to one"

// setup notes the constructor of a type.
func (t *typer) setup(pkg typedPackage, c candidate) {
	name := c.decl.Name
	f, ok := pkg.types.Scope().Lookup(name.Name).(*types.Func)
	if !ok || c.decl.Recv != nil || !name.IsExported() {
		t.errorf(name.Pos(), "%s is not an exported function; %s", name.Name, setupShape)
		return
	}
	sig := f.Signature()
	in, out := sig.Params(), sig.Results()
	if sig.TypeParams() != nil || sig.Variadic() || in.Len() != 1 || !isNamed(in.At(0).Type(), "context", "Context") ||
		out.Len() != 2 || !types.Identical(out.At(1).Type(), types.Universe.Lookup("error").Type()) {
		t.errorf(name.Pos(), "%s has the wrong shape; %s", name.Name, setupShape)
		return
	}
	s := types.Unalias(out.At(0).Type())
	if p, ok := s.(*types.Pointer); ok {
		s = types.Unalias(p.Elem())
	}
	named, ok := s.(*types.Named)
	if !ok || named.Obj().Pkg() != pkg.types || named.TypeArgs() != nil {
		t.errorf(name.Pos(), "%s returns %s; %s", name.Name, short(out.At(0).Type()), setupShape)
		return
	}
	key := pkg.types.Path() + "." + named.Obj().Name()
	if other := t.setups[key]; other != nil {
		t.errorf(name.Pos(), "%s is a second setup of %s, after %s; keep one", name.Name, named.Obj().Name(), other.Name())
		return
	}
	t.setups[key] = f
}

// handler returns the handler; nil if its types do not say what it is.
func (t *typer) handler(pkg typedPackage, c candidate) *typedHandler {
	before := len(t.scan.Diagnostics)
	name := c.decl.Name
	if !name.IsExported() {
		t.errorf(name.Pos(), "%s is not exported, so generated code cannot call it; rename it", name.Name)
	}
	if pkg.types.Name() == "main" {
		t.errorf(name.Pos(), "%s is in package main, which cannot be imported; move it to a package of its own", name.Name)
	}
	if pkg.types.Name() == "init" {
		t.errorf(name.Pos(), "%s is in package init, a name that Go keeps for functions; rename the package", name.Name)
	}
	if !visible(t.appPath, pkg.types.Path()) {
		t.errorf(name.Pos(), "%s is in %s, which generated code in %s/entrypoints cannot import; move the package out of that internal folder, or to %s/internal",
			name.Name, pkg.types.Path(), t.appPath, t.appPath)
	}
	h := model.Handler{PkgPath: pkg.types.Path(), PkgName: pkg.types.Name(), Name: name.Name}
	f := t.object(pkg, c, &h)
	if f == nil {
		return nil
	}
	shape, err := shapeOf(f)
	if err != nil {
		t.errorf(name.Pos(), "%s %s", name.Name, err)
		return nil
	}
	h.Shape = shape
	return &typedHandler{h, len(t.scan.Diagnostics) > before}
}

// object returns the function, or the method of a type that has a setup.
func (t *typer) object(pkg typedPackage, c candidate, h *model.Handler) *types.Func {
	name := c.decl.Name
	if c.decl.Recv == nil {
		f, _ := pkg.types.Scope().Lookup(name.Name).(*types.Func)
		return f
	}
	h.Recv, h.Pointer = receiver(c.decl)
	declared, ok := pkg.types.Scope().Lookup(h.Recv).(*types.TypeName)
	if !ok {
		return nil
	}
	of := types.Unalias(declared.Type())
	if p, ok := of.(*types.Pointer); ok {
		of, h.Pointer = types.Unalias(p.Elem()), true // type A = *Shop
	}
	named, ok := of.(*types.Named)
	if !ok {
		return nil
	}
	h.Recv = named.Obj().Name()
	if named.TypeParams() != nil {
		t.errorf(name.Pos(), "%s is a method of the generic type %s; write it on a type without parameters", name.Name, h.Recv)
		return nil
	}
	setup := t.setups[pkg.types.Path()+"."+named.Obj().Name()]
	if setup == nil {
		t.errorf(name.Pos(), "%s is a method of %s, which has no setup; write //fn:setup above its constructor func(context.Context) (*%s, error)", name.Name, h.Recv, h.Recv)
		return nil
	}
	h.Setup = setup.Name()
	for m := range named.Methods() {
		if m.Name() == name.Name {
			return m
		}
	}
	return nil
}

// receiver returns the name of the receiver's type.
func receiver(decl *ast.FuncDecl) (name string, pointer bool) {
	t := ast.Unparen(decl.Recv.List[0].Type)
	if star, ok := t.(*ast.StarExpr); ok {
		t, pointer = ast.Unparen(star.X), true
	}
	switch x := t.(type) {
	case *ast.IndexExpr:
		t = x.X
	case *ast.IndexListExpr:
		t = x.X
	}
	if id, ok := t.(*ast.Ident); ok {
		return id.Name, pointer
	}
	return "", pointer
}
