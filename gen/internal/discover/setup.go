package discover

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"github.com/fngen/fngen/gen/internal/directive"
	"github.com/fngen/fngen/gen/internal/model"
)

const (
	documentPath = fnPath + "/document"
	blobPath     = "gocloud.dev/blob"
)

// A setup is the constructor of a type.
type setup struct {
	function string
	of       *types.Named
	uses     []model.Use // in the order of the parameters
	refused  bool        // something is wrong with a use, so that no method of the type is a function
	pos      token.Pos
	used     bool // by a method with directives
}

const setupShape = "a setup is func(context.Context) (S, error) with S a type of its package or a pointer to one, and a parameter more for each //fn:use beside it"

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
	if sig.TypeParams() != nil || sig.Variadic() || in.Len() == 0 || !isNamed(in.At(0).Type(), "context", "Context") ||
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
	if other, ok := r.setups[key]; ok {
		r.errorf("setup-twice", name.Pos(), "%s is a second setup of %s, after %s; keep one", name.Name, named.Obj().Name(), other.function)
		return
	}
	made := &setup{function: f.Name(), of: named, pos: name.Pos()}
	r.setups[key] = made
	r.uses(made, c, in)
}

// uses gives each parameter of the setup besides the context its use.
func (r *resolver) uses(made *setup, c candidate, in *types.Tuple) {
	before := len(r.Diagnostics)
	left := slices.Clone(c.directives.Uses)
	left = slices.DeleteFunc(left, func(u directive.Use) bool { return u.Param == "" })
	unnamed := len(left) < len(c.directives.Uses) // which parameters are meant nobody knows
	for i, name := range parameters(c.decl)[1:] {
		t := in.At(i + 1).Type()
		if name.Name == "_" {
			r.errorf("use-type", name.Pos(), "a parameter of %s has no name, by which //fn:use would give it something; name it, or remove it", made.function)
			continue
		}
		at := slices.IndexFunc(left, func(u directive.Use) bool { return u.Param == name.Name })
		if at < 0 && unnamed {
			continue
		}
		if at < 0 {
			r.errorf("use-type", name.Pos(), "the parameter %s of %s has no use; write //fn:use %[1]s KIND:NAME beside //fn:setup, or remove it", name.Name, made.function)
			continue
		}
		u := left[at]
		left = slices.Delete(left, at, at+1)
		if u.Unclear {
			made.refused = true
			continue
		}
		u.AsName = u.Kind != model.UseSecret && types.Identical(t, types.Typ[types.String])
		if !u.AsName && !isOf(t, u.Kind) {
			r.errorf("use-type", name.Pos(), "the parameter %s of %s is of type %s, and its use is %s; %s", name.Name, made.function, short(t), u.Resource(), model.UseTypes)
			continue
		}
		u.Use.Pos = r.position(u.Pos)
		made.uses = append(made.uses, u.Use)
	}
	for _, u := range left {
		r.errorf("use-type", u.Pos, "%s has no parameter %s; correct the name, add the parameter, or remove the use", made.function, u.Param)
	}
	made.refused = made.refused || unnamed || len(r.Diagnostics) > before
}

// parameters returns the names of the parameters; that of one without is _.
func parameters(decl *ast.FuncDecl) []*ast.Ident {
	var names []*ast.Ident
	for _, field := range decl.Type.Params.List {
		if len(field.Names) == 0 {
			names = append(names, &ast.Ident{Name: "_", NamePos: field.Pos()})
		}
		names = append(names, field.Names...)
	}
	return names
}

// isOf reports whether the type is what a use of the kind opens.
func isOf(t types.Type, kind model.UseKind) bool {
	switch kind {
	case model.UseDocument:
		return isPointerTo(t, documentPath, "Collection")
	case model.UseObject:
		return isPointerTo(t, blobPath, "Bucket")
	case model.UseSecret:
		return types.Identical(t, types.Typ[types.String])
	}
	return false
}
