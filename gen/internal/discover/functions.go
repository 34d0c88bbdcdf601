package discover

import (
	"context"
	"fmt"
	"go/token"
	"go/types"
	"path"
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
		r.Diagnostics = append(r.Diagnostics, model.Diagnostic{Pos: pos, Severity: model.Warning,
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
			r.errorf(name.Pos(), "%s %s", name.Name, err)
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
			r.errorf(name.Pos(), "%s gives the function the name %q, which is reserved; give another with //fn:name", name.Name, function)
		} else if !model.NameGrammar.MatchString(function) {
			r.errorf(name.Pos(), "%s gives the function the name %q, which is not one of a-z, 0-9 and -, a letter first, at most 48 of them; give another with //fn:name", name.Name, function)
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
		r.Diagnostics = append(r.Diagnostics, model.Diagnostic{Pos: second,
			Message: fmt.Sprintf("the function's name %q is taken at %s; give another with //fn:name", f.Name, model.Position(first))})
	}
}
