package discover

import (
	"context"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"path"
	"slices"
	"strings"

	"github.com/fngen/fngen/gen/internal/directive"
	"github.com/fngen/fngen/gen/internal/model"
)

// Resolve type-checks the functions of the scan as the platform compiles them.
// The diagnostics of the scan are not repeated. targets are the names of those
// that the platform is for, if only functions that are meant for them matter.
func (s *Scan) Resolve(ctx context.Context, platform model.Platform, targets ...string) (model.App, []model.Diagnostic, error) {
	module, appPath, err := findModule(s.root)
	if err != nil {
		return model.App{}, nil, err
	}
	r := resolver{
		Scan:   Scan{root: s.root, fset: s.fset},
		app:    model.App{Root: s.root, Path: appPath, Module: module, Platform: platform},
		setups: map[string]*setup{},
	}
	if len(s.candidates) == 0 {
		return r.app, nil, nil
	}
	packages, err := r.load(ctx, s.candidates, platform)
	if err != nil {
		newer, ok := newerGo(ctx, s.root, err)
		if !ok {
			return model.App{}, nil, err
		}
		for _, c := range s.candidates {
			r.others(c)
		}
		return r.app, []model.Diagnostic{newer}, nil
	}
	for _, pos := range module.Absolute {
		r.Diagnostics = append(r.Diagnostics, model.Diagnostic{Code: "replace-absolute", Pos: pos, Severity: model.Warning,
			Message: "the replacement's absolute path is recorded in binaries, which then differ from machine to machine; write it relative to go.mod"})
	}
	explained := model.Failed(r.Diagnostics)
	compiled := map[declaration]bool{}
	for _, c := range s.candidates {
		pkg := packages[c.dir]
		if !pkg.files[c.file] {
			continue
		}
		compiled[c.declaration()] = true
		if c.directives.Setup {
			r.setup(pkg, c)
		}
	}
	for _, c := range s.candidates {
		switch pkg, ok := packages[c.dir]; {
		case !ok: // its errors are reported
			r.others(c)
			if !explained {
				r.errorf("go-compile", c.decl.Name.Pos(), "%s is in a package that the go command does not list; run go vet there", c.decl.Name.Name)
			}
		case !pkg.files[c.file]:
			r.others(c)
			if made := r.setups[path.Join(appPath, c.dir)+"."+c.declaration().recv]; made != nil {
				made.used = true
			}
			if d := c.declaration(); !compiled[d] || d.name == "_" || d.name == "init" { // else it is the same for other platforms
				r.leftOut(c, platform, targets)
			}
		case !c.directives.Setup:
			r.functions(pkg, c)
		}
	}
	for _, made := range r.setups {
		if !made.used {
			r.Diagnostics = append(r.Diagnostics, model.Diagnostic{Code: "setup-unused", Pos: r.position(made.pos), Severity: model.Warning,
				Message: fmt.Sprintf("%s sets up %s, of which no method has a directive; write one above a method, or remove //fn:setup", made.function, made.of.Obj().Name())})
		}
	}
	r.unique()
	refused := map[string]bool{}
	for _, d := range r.Diagnostics {
		refused[d.Pos.Filename] = refused[d.Pos.Filename] || d.Code == "needs-cgo"
	}
	r.Diagnostics = slices.DeleteFunc(r.Diagnostics, func(d model.Diagnostic) bool { return d.Code == "cgo-left-out" && refused[d.Pos.Filename] })
	return r.app, model.Sort(r.Diagnostics), nil
}

// A declaration is what can be there once in what is compiled, unless Go lets
// its name stand for several.
type declaration struct{ dir, recv, name string }

func (c candidate) declaration() declaration {
	d := declaration{dir: c.dir, name: c.decl.Name.Name}
	if c.decl.Recv != nil {
		d.recv, _ = receiver(c.decl)
	}
	return d
}

// A resolver makes functions of candidates.
type resolver struct {
	Scan   // without candidates; has the diagnostics
	app    model.App
	setups map[string]*setup // by package path and type name
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
	name := c.decl.Name
	h, ok := r.handler(pkg, c)
	if !ok {
		if len(r.Diagnostics) == before {
			r.errorf("handler-unreachable", name.Pos(), "%s is not in what the compiler exports of %s; please report this, with the function", name.Name, pkg.types.Path())
		}
		r.others(c)
		return
	}
	for _, t := range c.directives.Triggers {
		if err := fits(h.Shape, t.Trigger, c.directives.Sinks); err != nil {
			r.errorf("handler-trigger", name.Pos(), "%s %s", name.Name, err)
		}
	}
	for _, t := range c.directives.Triggers {
		f := r.outline(c, t)
		if slices.Contains(model.ReservedNames, f.Name) {
			r.errorf("name-grammar", name.Pos(), "%s gives the function the name %q, which is reserved; give another with //fn:name", name.Name, f.Name)
		} else if !model.NameGrammar.MatchString(f.Name) {
			r.errorf("name-grammar", name.Pos(), "%s gives the function the name %q, which is not one of a-z, 0-9 and -, a letter first, at most 48 of them; give another with //fn:name", name.Name, f.Name)
		}
		for _, was := range f.FormerNames() {
			if !model.NameGrammar.MatchString(was) {
				r.formerName(f, "was= of %s gives the former name %q, which is too long for a function to have had; remove it", f.Name, was)
			}
		}
		if len(r.Diagnostics) > before || t.Unclear || h.Setup != "" && r.setups[h.PkgPath+"."+h.Recv].refused {
			r.app.Others = append(r.app.Others, f)
			continue
		}
		f.Handler = h
		if h.Setup != "" {
			f = f.Using(r.setups[h.PkgPath+"."+h.Recv].uses...)
		}
		r.app.Functions = append(r.app.Functions, f)
	}
}

// others notes the functions of a candidate that is refused or left out.
func (r *resolver) others(c candidate) {
	for _, t := range c.directives.Triggers {
		r.app.Others = append(r.app.Others, r.outline(c, t))
	}
}

// outline is the function of the candidate for one of its triggers, as far as it
// is known without types.
func (r *resolver) outline(c candidate, t directive.Trigger) model.Function {
	function := c.directives.Name
	if function == "" {
		function = model.Kebab(c.decl.Name.Name)
	}
	was := slices.Clone(c.directives.Was)
	if len(c.directives.Triggers) > 1 {
		function += "-" + t.Kind()
		for i := range was {
			was[i] += "-" + t.Kind()
		}
	}
	positions := map[string]token.Position{}
	for verb, pos := range c.directives.Positions {
		positions[verb] = r.position(pos)
	}
	pkgPath := path.Join(r.app.Path, c.dir)
	f := model.Function{
		Name: function, App: r.app.Path, Handler: model.Handler{PkgPath: pkgPath, PkgName: path.Base(pkgPath), Name: c.decl.Name.Name}, Trigger: t.Trigger,
		Timeout: c.directives.Timeout, Retries: c.directives.Retries, DeadLetter: c.directives.DeadLetter,
		Sinks: c.directives.Sinks, Targets: c.directives.Targets,
		Pos: r.position(t.Pos), Positions: positions,
	}
	if len(was) > 0 {
		f.Was, f.Since = was[0], was[1:]
	}
	return f
}

// visible reports whether packages below from may import the path, by the rule
// for internal folders.
func visible(from, pkgPath string) bool {
	i := strings.LastIndex("/"+pkgPath+"/", "/internal/")
	if i < 0 {
		return true
	}
	parent := pkgPath[:max(i-1, 0)]
	return from == parent || strings.HasPrefix(from, parent+"/")
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
	r.uniqueFormer()
}

// uniqueFormer reports former names that another function has, or had as well:
// what is deployed under a name can become one function's only.
func (r *resolver) uniqueFormer() {
	all := slices.Concat(r.app.Functions, r.app.Others)
	now, before := map[string]model.Function{}, map[string]model.Function{}
	for _, f := range all {
		now[f.Name] = f
	}
	for _, f := range all {
		for _, was := range f.FormerNames() {
			if other, ok := now[was]; ok && other.Name != f.Name {
				r.formerName(f, "was= of %s names %s, a function that is there at %s; give that one another name with //fn:name, or remove was=", f.Name, was, model.Position(other.Pos))
			}
			if other, ok := before[was]; ok && other.Name != f.Name {
				r.formerName(f, "was= of %s names %s, which %s at %s was too; keep it where the function went", f.Name, was, other.Name, model.Position(other.Pos))
			}
			before[was] = f
		}
	}
}

func (r *resolver) formerName(f model.Function, format string, args ...any) {
	r.Diagnostics = append(r.Diagnostics, model.Diagnostic{Code: "name-was", Pos: f.Positions["name"], Message: fmt.Sprintf(format, args...)})
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

// object returns the function, or the method of a type that has a setup; nil if
// it is refused, or if types do not know it.
func (r *resolver) object(pkg typedPackage, c candidate, h *model.Handler) *types.Func {
	name := c.decl.Name
	if c.decl.Recv == nil {
		f, _ := pkg.types.Scope().Lookup(name.Name).(*types.Func)
		return f
	}
	h.Recv, h.Pointer = receiver(c.decl)
	var of types.Type
	made := r.setups[pkg.types.Path()+"."+h.Recv]
	if declared, ok := pkg.types.Scope().Lookup(h.Recv).(*types.TypeName); ok {
		of = types.Unalias(declared.Type())
	} else if made != nil {
		of = made.of
	} else { // which is not exported, nor what an exported function returns
		r.errorf("handler-receiver", name.Pos(), "%s is a method of the unexported type %s, which no setup returns; write //fn:setup above its constructor func(context.Context) (*%s, error), and the receiver without an alias", name.Name, h.Recv, h.Recv)
		return nil
	}
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
	made, ok = r.setups[pkg.types.Path()+"."+h.Recv]
	if !ok {
		r.errorf("handler-receiver", name.Pos(), "%s is a method of %s, which has no setup; write //fn:setup above its constructor func(context.Context) (*%s, error)", name.Name, h.Recv, h.Recv)
		return nil
	}
	h.Setup, made.used = made.function, true
	o, _, _ := types.LookupFieldOrMethod(types.NewPointer(named), false, pkg.types, name.Name)
	f, _ := o.(*types.Func)
	return f
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
