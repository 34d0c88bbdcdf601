package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/fngen/fngen/gen"
)

// listing opens a project to show it: what targets say of functions is part of
// the report then, and no error.
const listing = true

// open reads the application and prints what is wrong with it. Findings that
// are more than warnings end in errFindings.
func open(ctx context.Context, o *options, listing bool) (*gen.Project, error) {
	return openWith(ctx, o, gen.Options{}, listing)
}

// openLocal opens the application to run it here. What targets say of functions
// other than the one that runs does not matter.
func openLocal(ctx context.Context, o *options) (*gen.Project, error) {
	return openWith(ctx, o, gen.Options{Local: true}, listing)
}

func openWith(ctx context.Context, o *options, project gen.Options, listing bool) (*gen.Project, error) {
	project.Waiting = func(why string) { o.tell("note", "%s; waiting for it", why) }
	p, err := read(ctx, o, project)
	if err != nil {
		return nil, err
	}
	if err := say(o, p, listing); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// read reads the application as the flags say, and prints nothing of it.
func read(ctx context.Context, o *options, project gen.Options) (*gen.Project, error) {
	targets, err := parseTargets(o.target)
	if err != nil {
		return nil, err
	}
	project.Dir, project.Targets, project.Env = o.dir, targets, o.env
	if o.verbose {
		project.Log = o.stderr
	}
	return gen.Open(ctx, project)
}

// parseTargets understands --target: names separated by commas, all, or "" for
// those in fngen.yaml.
func parseTargets(flag string) ([]string, error) {
	switch flag {
	case "":
		return nil, nil
	case "all":
		return gen.Targets(), nil
	}
	names := strings.Split(flag, ",")
	for _, name := range names {
		if !slices.Contains(gen.Targets(), name) {
			return nil, usageError{fmt.Errorf("--target %q is none of %s, all%s", name, strings.Join(gen.Targets(), ", "), hint(name, gen.Targets()))}
		}
	}
	return names, nil
}

// say says what is wrong, and what a user may not expect though nothing is.
func say(o *options, p *gen.Project, listing bool) error {
	findings := p.Diagnostics()
	if err := o.keep(findings); err != nil {
		return err
	}
	failed := slices.ContainsFunc(findings, func(d gen.Diagnostic) bool {
		return d.Severity == gen.Error && (!listing || d.Target == "")
	})
	for _, d := range findings {
		if o.output == "json" || failed || !listing || d.Target == "" {
			o.find(d)
		}
	}
	if failed {
		o.sum(findings, p.Acknowledged())
		return errFindings
	}
	functions := p.Functions()
	for _, name := range p.Targets() {
		for _, f := range functions {
			isLeft := slices.ContainsFunc(f.Targets, func(t gen.TargetFunction) bool { return t.Target == name && t.Status == gen.LeftOut })
			if isLeft && !listing {
				o.tell("note", "%s is left out of %s: it is meant for %s", f.Name, name, strings.Join(f.MeantFor, ", "))
			}
		}
	}
	if !listing {
		o.sum(findings, p.Acknowledged())
	}
	if len(meant(p)) == 0 {
		return fmt.Errorf("no function is meant for %s; write a directive such as //fn:queue orders above a handler", strings.Join(p.Targets(), ", "))
	}
	return nil
}

// functions returns the names that --function may have.
func (o *options) functions(ctx context.Context) []string {
	p, err := read(ctx, o, gen.Options{})
	if err != nil {
		return nil
	}
	defer p.Close()
	return meant(p)
}

// meant returns the names of the functions that are meant for a target.
func meant(p *gen.Project) []string {
	var names []string
	for _, f := range p.Functions() {
		if slices.ContainsFunc(f.Targets, func(t gen.TargetFunction) bool { return t.Status != gen.LeftOut }) {
			names = append(names, f.Name)
		}
	}
	return names
}
