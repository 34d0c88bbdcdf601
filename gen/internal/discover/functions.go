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
	"strings"

	"github.com/fngen/fngen/gen/internal/model"
)

// Resolve type-checks the functions of the scan as the platform compiles them.
// The diagnostics of the scan are not repeated.
func (s *Scan) Resolve(ctx context.Context, platform model.Platform) (model.App, []model.Diagnostic, error) {
	module, appPath, err := findModule(s.root)
	if err != nil {
		return model.App{}, nil, err
	}
	r := resolver{
		Scan:   Scan{root: s.root, fset: s.fset},
		app:    model.App{Root: s.root, Path: appPath, Module: module},
		setups: map[string]*types.Func{},
	}
	if len(s.candidates) == 0 {
		return r.app, nil, nil
	}
	packages, err := r.load(ctx, s.candidates, platform)
	if err != nil {
		return model.App{}, nil, err
	}
	for _, pos := range module.Absolute {
		r.Diagnostics = append(r.Diagnostics, model.Diagnostic{Code: "replace-absolute", Pos: pos, Severity: model.Warning,
			Message: "the replacement's absolute path is recorded in binaries, which then differ from machine to machine; write it relative to go.mod"})
	}
	for _, c := range s.candidates {
		if pkg := packages[c.dir]; c.directives.Setup && pkg.files[c.file] {
			r.setup(pkg, c)
		}
	}
	for _, c := range s.candidates {
		switch pkg, ok := packages[c.dir]; {
		case !ok: // its errors are reported
		case !pkg.files[c.file]:
			r.leftOut(c, platform)
		case !c.directives.Setup:
			r.functions(pkg, c)
		}
	}
	r.unique()
	return r.app, model.Sort(r.Diagnostics), nil
}

// A resolver makes functions of candidates.
type resolver struct {
	Scan   // without candidates; has the diagnostics
	app    model.App
	setups map[string]*types.Func // by package path and type name
}

// load loads the candidates' packages, by their folders.
func (r *resolver) load(ctx context.Context, candidates []candidate, platform model.Platform) (packages map[string]typedPackage, err error) {
	var dirs []string
	for _, c := range candidates {
		dirs = append(dirs, c.dir)
	}
	slices.Sort(dirs)
	packages, r.Diagnostics, err = loadTypes(ctx, r.root, slices.Compact(dirs), platform)
	return packages, err
}

// functions adds the candidate's handler once for each of its triggers, unless
// anything is wrong with it.
func (r *resolver) functions(pkg typedPackage, c candidate) {
	before := len(r.Diagnostics)
	h, ok := r.handler(pkg, c)
	if !ok {
		return
	}
	name := c.decl.Name
	for _, t := range c.directives.Triggers {
		if err := fits(h.Shape, t.Trigger, c.directives.Sinks); err != nil {
			r.errorf("handler-trigger", name.Pos(), "%s %s", name.Name, err)
		}
	}
	base := c.directives.Name
	if base == "" {
		base = model.Kebab(name.Name)
	}
	for _, t := range c.directives.Triggers {
		function := base
		if len(c.directives.Triggers) > 1 {
			function += "-" + t.Kind()
		}
		if slices.Contains(model.ReservedNames, function) {
			r.errorf("name-grammar", name.Pos(), "%s gives the function the name %q, which is reserved; give another with //fn:name", name.Name, function)
		} else if !model.NameGrammar.MatchString(function) {
			r.errorf("name-grammar", name.Pos(), "%s gives the function the name %q, which is not one of a-z, 0-9 and -, a letter first, at most 48 of them; give another with //fn:name", name.Name, function)
		}
		if len(r.Diagnostics) > before || t.Unclear {
			continue
		}
		positions := map[string]token.Position{}
		for verb, pos := range c.directives.Positions {
			positions[verb] = r.position(pos)
		}
		r.app.Functions = append(r.app.Functions, model.Function{
			Name: function, Handler: h, Trigger: t.Trigger,
			Timeout: c.directives.Timeout, Retries: c.directives.Retries, DeadLetter: c.directives.DeadLetter,
			Sinks: c.directives.Sinks, Targets: c.directives.Targets,
			Pos: r.position(t.Pos), Positions: positions,
		})
	}
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
	slices.SortStableFunc(r.app.Functions, func(a, b model.Function) int { return strings.Compare(a.Name, b.Name) })
	for i, f := range r.app.Functions {
		if i == 0 || r.app.Functions[i-1].Name != f.Name {
			continue
		}
		other := r.app.Functions[i-1]
		first, second := other.Pos, f.Pos
		if model.Sort([]model.Diagnostic{{Pos: first}, {Pos: second}})[0].Pos == second {
			first, second = second, first
		}
		r.Diagnostics = append(r.Diagnostics, model.Diagnostic{Code: "name-taken", Pos: second,
			Message: fmt.Sprintf("the function's name %q is taken at %s; give another with //fn:name", f.Name, model.Position(first))})
	}
}

// leftOut says why a function is not compiled: for lack of cgo, which is an
// error since functions never have it, or by another build constraint.
func (r *resolver) leftOut(c candidate, platform model.Platform) {
	name := c.decl.Name
	with := build.Default
	with.GOOS, with.GOARCH, with.BuildTags, with.CgoEnabled = platform.GOOS, platform.GOARCH, platform.Tags, true
	if matches, err := with.MatchFile(filepath.Join(r.root, c.dir), path.Base(c.file)); err == nil && matches {
		r.errorf("needs-cgo", name.Pos(), "%s is in a file that needs cgo, but functions are built without it, as static binaries; move it to a file without import \"C\" and without the build constraint cgo", name.Name)
		return
	}
	r.Diagnostics = append(r.Diagnostics, model.Diagnostic{Code: "left-out", Pos: r.position(name.Pos()), Severity: model.Warning,
		Message: fmt.Sprintf("%s is left out on %s by its file's build constraints", name.Name, platform)})
}

const setupShape = "a setup is func(context.Context) (S, error) with S a type of its package or a pointer to one"

// setup notes the constructor of a type.
func (r *resolver) setup(pkg typedPackage, c candidate) {
	name := c.decl.Name
	f, ok := pkg.types.Scope().Lookup(name.Name).(*types.Func)
	if !ok || c.decl.Recv != nil || !name.IsExported() {
		r.errorf("setup-shape", name.Pos(), "%s is not an exported function; %s", name.Name, setupShape)
		return
	}
	sig := f.Signature()
	in, out := sig.Params(), sig.Results()
	if sig.TypeParams() != nil || sig.Variadic() || in.Len() != 1 || !isNamed(in.At(0).Type(), "context", "Context") ||
		out.Len() != 2 || !types.Identical(out.At(1).Type(), types.Universe.Lookup("error").Type()) {
		r.errorf("setup-shape", name.Pos(), "%s has the wrong shape; %s", name.Name, setupShape)
		return
	}
	s := types.Unalias(out.At(0).Type())
	if p, ok := s.(*types.Pointer); ok {
		s = types.Unalias(p.Elem())
	}
	named, ok := s.(*types.Named)
	if !ok || named.Obj().Pkg() != pkg.types || named.TypeArgs() != nil {
		r.errorf("setup-shape", name.Pos(), "%s returns %s; %s", name.Name, short(out.At(0).Type()), setupShape)
		return
	}
	key := pkg.types.Path() + "." + named.Obj().Name()
	if other := r.setups[key]; other != nil {
		r.errorf("setup-twice", name.Pos(), "%s is a second setup of %s, after %s; keep one", name.Name, named.Obj().Name(), other.Name())
		return
	}
	r.setups[key] = f
}

// handler returns the handler, if its types say what it is.
func (r *resolver) handler(pkg typedPackage, c candidate) (model.Handler, bool) {
	name := c.decl.Name
	if !name.IsExported() {
		r.errorf("handler-unreachable", name.Pos(), "%s is not exported, so generated code cannot call it; rename it", name.Name)
	}
	if pkg.types.Name() == "main" {
		r.errorf("handler-unreachable", name.Pos(), "%s is in package main, which cannot be imported; move it to a package of its own", name.Name)
	}
	if pkg.types.Name() == "init" {
		r.errorf("handler-unreachable", name.Pos(), "%s is in package init, a name that Go keeps for functions; rename the package", name.Name)
	}
	if !visible(r.app.Path, pkg.types.Path()) {
		r.errorf("handler-unreachable", name.Pos(), "%s is in %s, which generated code in %s/entrypoints cannot import; move the package out of that internal folder, or to %s/internal",
			name.Name, pkg.types.Path(), r.app.Path, r.app.Path)
	}
	h := model.Handler{PkgPath: pkg.types.Path(), PkgName: pkg.types.Name(), Name: name.Name}
	f := r.object(pkg, c, &h)
	if f == nil {
		return h, false
	}
	shape, err := shapeOf(f)
	if err != nil {
		r.errorf("handler-shape", name.Pos(), "%s %s", name.Name, err)
		return h, false
	}
	h.Shape = shape
	return h, true
}

// object returns the function, or the method of a type that has a setup.
func (r *resolver) object(pkg typedPackage, c candidate, h *model.Handler) *types.Func {
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
		r.errorf("handler-receiver", name.Pos(), "%s is a method of the generic type %s; write it on a type without parameters", name.Name, h.Recv)
		return nil
	}
	setup := r.setups[pkg.types.Path()+"."+named.Obj().Name()]
	if setup == nil {
		r.errorf("handler-receiver", name.Pos(), "%s is a method of %s, which has no setup; write //fn:setup above its constructor func(context.Context) (*%s, error)", name.Name, h.Recv, h.Recv)
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
