package gen

import (
	"context"
	"fmt"
	"go/token"
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
// The diagnostics of the scan are not repeated.
func (s *Scan) Resolve(ctx context.Context, platform Platform) (App, []Diagnostic, error) {
	module, appPath, err := findModule(s.root)
	if err != nil {
		return App{}, nil, err
	}
	r := resolver{scan: Scan{root: s.root, fset: s.fset}, app: App{Root: s.root, Path: appPath, Module: module}}
	if len(s.candidates) == 0 {
		return r.app, nil, nil
	}
	if r.scan.Diagnostics, err = r.types(ctx, s, platform); err != nil {
		return App{}, nil, err
	}
	for _, pos := range module.absolute {
		r.scan.Diagnostics = append(r.scan.Diagnostics, Diagnostic{Pos: pos, Severity: Warning,
			Message: "the replacement's absolute path is recorded in binaries, which then differ from machine to machine; write it relative to go.mod"})
	}
	for i, h := range r.handlers {
		if h != nil {
			r.functions(s.candidates[i], *h)
		}
	}
	r.unique()
	return r.app, SortDiagnostics(r.scan.Diagnostics), nil
}

type resolver struct {
	scan     Scan // of the diagnostics
	app      App
	handlers []*typedHandler // by candidate; nil for what is none
}

func (r *resolver) errorf(pos token.Pos, format string, args ...any) {
	r.scan.errorf(pos, format, args...)
}

// functions adds the handler once for each of its triggers.
func (r *resolver) functions(c candidate, h typedHandler) {
	before := len(r.scan.Diagnostics)
	name := c.decl.Name
	for _, t := range c.triggers {
		if err := h.Shape.fits(t.trigger, c.options.sinks); err != nil {
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
		if len(r.scan.Diagnostics) > before || h.refused || t.unclear {
			continue
		}
		positions := map[string]token.Position{}
		for verb, pos := range c.options.positions {
			positions[verb] = r.scan.position(pos)
		}
		r.app.Functions = append(r.app.Functions, Function{
			Name: function, Handler: h.Handler, Trigger: t.trigger,
			Timeout: c.options.timeout, Retries: c.options.retries, DeadLetter: c.options.deadLetter,
			Sinks: c.options.sinks, Targets: c.options.targets,
			Pos: r.scan.position(t.pos), Positions: positions,
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
	slices.SortStableFunc(r.app.Functions, func(a, b Function) int { return strings.Compare(a.Name, b.Name) })
	for i, f := range r.app.Functions {
		if i == 0 || r.app.Functions[i-1].Name != f.Name {
			continue
		}
		other := r.app.Functions[i-1]
		first, second := other.Pos, f.Pos
		if SortDiagnostics([]Diagnostic{{Pos: first}, {Pos: second}})[0].Pos == second {
			first, second = second, first
		}
		r.scan.Diagnostics = append(r.scan.Diagnostics, Diagnostic{Pos: second,
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
