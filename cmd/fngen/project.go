package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fngen/fngen/gen"
)

// A project is an application and its functions for each target.
type project struct {
	root    *os.Root
	targets []targeted
}

// targeted are the functions that are meant for one target.
type targeted struct {
	gen.Target
	app         gen.App          // as the target's platform compiles it, with the functions that are meant for the target
	left        []gen.Function   // that are not
	diagnostics []gen.Diagnostic // the target's own
}

// listing opens a project to show it: what a target refuses is part of the
// report then, and so are warnings.
const listing = true

// open reads the application and prints what is wrong with it. Findings that
// are more than warnings end in errFindings.
func open(ctx context.Context, o *options, listing bool) (*project, error) {
	root, err := openRoot(o.dir)
	if err != nil {
		return nil, err
	}
	p := &project{root: root}
	if err := p.read(ctx, o, root.Name(), listing); err != nil {
		root.Close()
		return nil, err
	}
	return p, nil
}

// openRoot opens the application's root, whose name is absolute.
func openRoot(dir string) (*os.Root, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open the application: %w", err)
	}
	return root, nil
}

func (p *project) close() { p.root.Close() }

func (p *project) read(ctx context.Context, o *options, dir string, listing bool) error {
	config, err := gen.ReadConfig(p.root, o.env, targetNames)
	if err != nil {
		return err
	}
	names := config.Targets()
	if o.target != "" {
		if names, err = parseTargets(o.target); err != nil {
			return err
		}
	} else if len(names) == 0 {
		names = targetNames
	}
	scan, err := gen.ScanDir(dir, targetNames)
	if err != nil {
		return err
	}
	diagnostics := scan.Diagnostics
	type resolved struct {
		app         gen.App
		diagnostics []gen.Diagnostic
	}
	platforms := map[string]resolved{}
	var functions []gen.Function
	for _, name := range targetNames {
		t := newTarget(name, config.Target(name), config.Resources(name))
		if !slices.Contains(names, name) {
			continue
		}
		key := fmt.Sprint(t.Platform())
		r, ok := platforms[key]
		if !ok {
			if r.app, r.diagnostics, err = scan.Resolve(ctx, t.Platform()); err != nil {
				return err
			}
			for i, f := range r.app.Functions {
				r.app.Functions[i] = config.Operate(f)
			}
			functions = append(functions, r.app.Functions...)
			platforms[key] = r
			diagnostics = append(diagnostics, r.diagnostics...)
		}
		one := targeted{Target: t, app: r.app}
		one.app.Functions = nil
		for _, f := range r.app.Functions {
			if !f.MeantFor(name) {
				one.left = append(one.left, f)
				continue
			}
			one.app.Functions = append(one.app.Functions, f)
			one.diagnostics = append(one.diagnostics, t.Check(f)...)
		}
		if checker, ok := t.(gen.AppChecker); ok {
			one.diagnostics = append(one.diagnostics, checker.CheckApp(one.app.Functions)...)
		}
		if !listing {
			diagnostics = append(diagnostics, one.diagnostics...)
		}
		p.targets = append(p.targets, one)
	}
	if !gen.Failed(diagnostics) { // of a function that is refused nobody knows the resources
		config.CheckResources(functions)
	}
	diagnostics = gen.SortDiagnostics(append(diagnostics, config.Diagnostics()...))
	for _, diagnostic := range diagnostics {
		fmt.Fprintln(o.stderr, diagnostic)
	}
	if gen.Failed(diagnostics) {
		return errFindings
	}
	return p.say(o, listing)
}

// say says what a user may not expect though nothing is wrong with it.
func (p *project) say(o *options, listing bool) error {
	any := false
	for _, t := range p.targets {
		any = any || len(t.app.Functions) > 0
		for _, f := range t.left {
			if listing {
				continue
			}
			fmt.Fprintf(o.stderr, "%s is left out of %s: it is meant for %s\n", f.Name, t.Name(), strings.Join(f.Targets, ", "))
		}
	}
	if !any {
		return fmt.Errorf("no function is meant for %s; write a directive such as //fn:queue orders above a handler", strings.Join(names(p.targets), ", "))
	}
	sdk, own := p.targets[0].app.Module.SDK, gen.Version()
	if sdk != "" && own != "(devel)" && sdk != own {
		fmt.Fprintf(o.stderr, "warning: this is fngen %s, but go.mod requires %s; install the same version of both\n", own, sdk)
	}
	return nil
}

func names(targets []targeted) []string {
	var out []string
	for _, t := range targets {
		out = append(out, t.Name())
	}
	return out
}
