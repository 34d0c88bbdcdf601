package gen

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
	"strings"
)

// A Platform is what a target's binaries are compiled for.
type Platform struct {
	GOOS, GOARCH string
	Tags         []string
}

func (p Platform) String() string { return p.GOOS + "/" + p.GOARCH }

// Resolve type-checks the functions of the scan as the platform compiles them.
// The problems of the scan are not repeated.
func (s *Scan) Resolve(ctx context.Context, platform Platform) (App, []Problem, error) {
	module, appPath, err := findModule(s.root)
	if err != nil {
		return App{}, nil, err
	}
	r := resolver{scan: Scan{root: s.root, fset: s.fset}, app: App{Root: s.root, Path: appPath, Module: module}, setups: map[string]*types.Func{}}
	if len(s.candidates) == 0 {
		return r.app, nil, nil
	}
	var dirs []string
	for _, c := range s.candidates {
		dirs = append(dirs, c.dir)
	}
	slices.Sort(dirs)
	r.packages, r.scan.Problems, err = loadTypes(ctx, s.root, slices.Compact(dirs), platform)
	if err != nil {
		return App{}, nil, err
	}
	for _, pos := range module.absolute {
		r.scan.Problems = append(r.scan.Problems, Problem{Pos: pos, Warning: true,
			Message: "the replacement's absolute path is recorded in binaries, which then differ from machine to machine; write it relative to go.mod"})
	}
	var handlers []candidate
	for _, c := range s.candidates {
		switch pkg, ok := r.packages[c.dir]; {
		case !ok: // its errors are reported
		case !pkg.files[c.file]:
			r.leftOut(c, platform)
		case c.options.setup:
			r.setup(pkg, c)
		default:
			handlers = append(handlers, c)
		}
	}
	for _, c := range handlers {
		r.handler(r.packages[c.dir], c)
	}
	r.unique()
	return r.app, SortProblems(r.scan.Problems), nil
}

// leftOut says why a function is not compiled: for lack of cgo, which is an
// error since functions never have it, or by another build constraint.
func (r *resolver) leftOut(c candidate, platform Platform) {
	name := c.decl.Name
	with := build.Default
	with.GOOS, with.GOARCH, with.BuildTags, with.CgoEnabled = platform.GOOS, platform.GOARCH, platform.Tags, true
	if matches, err := with.MatchFile(filepath.Join(r.scan.root, c.dir), path.Base(c.file)); err == nil && matches {
		r.errorf(name.Pos(), "%s is in a file that needs cgo, but functions are built without it, as static binaries; move it to a file without import \"C\" and without the build constraint cgo", name.Name)
		return
	}
	r.warnf(name.Pos(), "%s is left out on %s by its file's build constraints", name.Name, platform)
}

type resolver struct {
	scan     Scan // of the problems
	app      App
	packages map[string]typedPackage // by folder
	setups   map[string]*types.Func  // by package path and type name
}

func (r *resolver) errorf(pos token.Pos, format string, args ...any) {
	r.scan.errorf(pos, format, args...)
}

func (r *resolver) warnf(pos token.Pos, format string, args ...any) {
	r.scan.Problems = append(r.scan.Problems, Problem{Pos: r.scan.position(pos), Message: fmt.Sprintf(format, args...), Warning: true})
}

const setupShape = "a setup is func(context.Context) (S, error) with S a type of its package or a pointer to one"

// setup notes the constructor of a type.
func (r *resolver) setup(pkg typedPackage, c candidate) {
	name := c.decl.Name
	f, ok := pkg.types.Scope().Lookup(name.Name).(*types.Func)
	if !ok || c.decl.Recv != nil || !name.IsExported() {
		r.errorf(name.Pos(), "%s is not an exported function; %s", name.Name, setupShape)
		return
	}
	sig := f.Signature()
	in, out := sig.Params(), sig.Results()
	if sig.TypeParams() != nil || sig.Variadic() || in.Len() != 1 || !isNamed(in.At(0).Type(), "context", "Context") ||
		out.Len() != 2 || !types.Identical(out.At(1).Type(), types.Universe.Lookup("error").Type()) {
		r.errorf(name.Pos(), "%s has the wrong shape; %s", name.Name, setupShape)
		return
	}
	s := types.Unalias(out.At(0).Type())
	if p, ok := s.(*types.Pointer); ok {
		s = types.Unalias(p.Elem())
	}
	named, ok := s.(*types.Named)
	if !ok || named.Obj().Pkg() != pkg.types || named.TypeArgs() != nil {
		r.errorf(name.Pos(), "%s returns %s; %s", name.Name, short(out.At(0).Type()), setupShape)
		return
	}
	key := pkg.types.Path() + "." + named.Obj().Name()
	if other := r.setups[key]; other != nil {
		r.errorf(name.Pos(), "%s is a second setup of %s, after %s; keep one", name.Name, named.Obj().Name(), other.Name())
		return
	}
	r.setups[key] = f
}

// handler checks one function and adds it once for each of its triggers.
func (r *resolver) handler(pkg typedPackage, c candidate) {
	before := len(r.scan.Problems)
	name := c.decl.Name
	if !name.IsExported() {
		r.errorf(name.Pos(), "%s is not exported, so generated code cannot call it; rename it", name.Name)
	}
	if pkg.types.Name() == "main" {
		r.errorf(name.Pos(), "%s is in package main, which cannot be imported; move it to a package of its own", name.Name)
	}
	if pkg.types.Name() == "init" {
		r.errorf(name.Pos(), "%s is in package init, a name that Go keeps for functions; rename the package", name.Name)
	}
	if !visible(r.app.Path, pkg.types.Path()) {
		r.errorf(name.Pos(), "%s is in %s, which generated code in %s/entrypoints cannot import; move the package out of that internal folder, or to %s/internal",
			name.Name, pkg.types.Path(), r.app.Path, r.app.Path)
	}
	h := Handler{PkgPath: pkg.types.Path(), PkgName: pkg.types.Name(), Name: name.Name}
	f := r.object(pkg, c, &h)
	if f == nil {
		return
	}
	shape, err := shapeOf(f)
	if err != nil {
		r.errorf(name.Pos(), "%s %s", name.Name, err)
		return
	}
	h.Shape = shape
	for _, t := range c.triggers {
		if err := shape.fits(t.trigger, c.options.sinks); err != nil {
			r.errorf(name.Pos(), "%s %s", name.Name, err)
		}
	}
	base := c.options.name
	if base == "" {
		base = kebab(name.Name)
	}
	for _, t := range c.triggers {
		function := base
		if len(c.triggers) > 1 {
			function += "-" + t.trigger.Kind()
		}
		if slices.Contains(reserved, function) {
			r.errorf(name.Pos(), "%s gives the function the name %q, which is reserved; give another with //fn:name", name.Name, function)
		} else if !nameGrammar.MatchString(function) {
			r.errorf(name.Pos(), "%s gives the function the name %q, which is not one of a-z, 0-9 and -, a letter first, at most 48 of them; give another with //fn:name", name.Name, function)
		}
		if len(r.scan.Problems) > before || t.unclear {
			continue
		}
		positions := map[string]token.Position{}
		for verb, pos := range c.options.positions {
			positions[verb] = r.scan.position(pos)
		}
		r.app.Functions = append(r.app.Functions, Function{
			Name: function, Handler: h, Trigger: t.trigger,
			Timeout: c.options.timeout, Retries: c.options.retries, DeadLetter: c.options.deadLetter,
			Sinks: c.options.sinks, Targets: c.options.targets,
			Pos: r.scan.position(t.pos), Positions: positions,
		})
	}
}

// object returns the function, or the method of a type that has a setup.
func (r *resolver) object(pkg typedPackage, c candidate, h *Handler) *types.Func {
	name := c.decl.Name
	if c.decl.Recv == nil {
		f, _ := pkg.types.Scope().Lookup(name.Name).(*types.Func)
		return f
	}
	h.Recv, h.Pointer = receiver(c.decl)
	t, ok := pkg.types.Scope().Lookup(h.Recv).(*types.TypeName)
	if !ok {
		return nil
	}
	of := types.Unalias(t.Type())
	if p, ok := of.(*types.Pointer); ok {
		of, h.Pointer = types.Unalias(p.Elem()), true // type A = *Shop
	}
	named, ok := of.(*types.Named)
	if !ok {
		return nil
	}
	h.Recv = named.Obj().Name()
	if named.TypeParams() != nil {
		r.errorf(name.Pos(), "%s is a method of the generic type %s; write it on a type without parameters", name.Name, h.Recv)
		return nil
	}
	setup := r.setups[pkg.types.Path()+"."+named.Obj().Name()]
	if setup == nil {
		r.errorf(name.Pos(), "%s is a method of %s, which has no setup; write //fn:setup above its constructor func(context.Context) (*%s, error)", name.Name, h.Recv, h.Recv)
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

// visible reports whether packages below from may import the path, by the rule
// for internal folders.
func visible(from, pkgPath string) bool {
	elements := strings.Split(pkgPath, "/")
	for i := len(elements) - 1; i >= 0; i-- {
		if elements[i] != "internal" {
			continue
		}
		parent := path.Join(elements[:i]...)
		return from == parent || strings.HasPrefix(from, parent+"/")
	}
	return true
}

// unique sorts the functions and reports those that share a name.
func (r *resolver) unique() {
	slices.SortStableFunc(r.app.Functions, func(a, b Function) int { return strings.Compare(a.Name, b.Name) })
	for i, f := range r.app.Functions {
		if i == 0 || r.app.Functions[i-1].Name != f.Name {
			continue
		}
		other := r.app.Functions[i-1]
		first, second := other.Pos, f.Pos
		if SortProblems([]Problem{{Pos: first}, {Pos: second}})[0].Pos == second {
			first, second = second, first
		}
		r.scan.Problems = append(r.scan.Problems, Problem{Pos: second,
			Message: fmt.Sprintf("the function's name %q is taken at %s; give another with //fn:name", f.Name, Position(first))})
	}
}

// relative returns the path below root with slashes, or the path itself.
func relative(root, file string) string {
	if rel, err := filepath.Rel(root, file); err == nil && filepath.IsLocal(rel) {
		return filepath.ToSlash(rel)
	}
	return file
}
