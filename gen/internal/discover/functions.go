package discover

import (
	"context"
	"fmt"
	"go/token"
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
	r := resolver{scan: Scan{root: s.root, fset: s.fset}, app: model.App{Root: s.root, Path: appPath, Module: module}}
	if len(s.candidates) == 0 {
		return r.app, nil, nil
	}
	if r.scan.Diagnostics, err = r.types(ctx, s, platform); err != nil {
		return model.App{}, nil, err
	}
	for _, pos := range module.Absolute {
		r.scan.Diagnostics = append(r.scan.Diagnostics, model.Diagnostic{Pos: pos, Severity: model.Warning,
			Message: "the replacement's absolute path is recorded in binaries, which then differ from machine to machine; write it relative to go.mod"})
	}
	for i, h := range r.handlers {
		if h != nil {
			r.functions(s.candidates[i], *h)
		}
	}
	r.unique()
	return r.app, model.Sort(r.scan.Diagnostics), nil
}

type resolver struct {
	scan     Scan // of the diagnostics
	app      model.App
	handlers []*typedHandler // by candidate; nil for what is none
}

func (r *resolver) errorf(pos token.Pos, format string, args ...any) {
	r.scan.errorf(pos, format, args...)
}

// functions adds the handler once for each of its triggers.
func (r *resolver) functions(c candidate, h typedHandler) {
	before := len(r.scan.Diagnostics)
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
		if len(r.scan.Diagnostics) > before || h.refused || t.Unclear {
			continue
		}
		positions := map[string]token.Position{}
		for verb, pos := range c.directives.Positions {
			positions[verb] = r.scan.position(pos)
		}
		r.app.Functions = append(r.app.Functions, model.Function{
			Name: function, Handler: h.Handler, Trigger: t.Trigger,
			Timeout: c.directives.Timeout, Retries: c.directives.Retries, DeadLetter: c.directives.DeadLetter,
			Sinks: c.directives.Sinks, Targets: c.directives.Targets,
			Pos: r.scan.position(t.Pos), Positions: positions,
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
		r.scan.Diagnostics = append(r.scan.Diagnostics, model.Diagnostic{Pos: second,
			Message: fmt.Sprintf("the function's name %q is taken at %s; give another with //fn:name", f.Name, model.Position(first))})
	}
}
