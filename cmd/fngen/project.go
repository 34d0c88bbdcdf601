package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/fngen/fngen/gen"
)

// listing opens a project to show it: what a target refuses is part of the
// report then, and so are warnings.
const listing = true

// open reads the application and prints what is wrong with it. Findings that
// are more than warnings end in errFindings.
func open(ctx context.Context, o *options, listing bool) (*gen.Project, error) {
	targets, err := parseTargets(o.target)
	if err != nil {
		return nil, err
	}
	project := gen.Options{Dir: o.dir, Targets: targets, Env: o.env, List: listing}
	project.Waiting = func() { fmt.Fprintln(o.stderr, "another fngen writes to this application; waiting for it") }
	if o.verbose {
		project.Log = o.stderr
	}
	p, err := gen.Open(ctx, project)
	if err != nil {
		return nil, err
	}
	if err := say(o, p, listing); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// tell prints the findings that an error is made of, which ends in errFindings
// then.
func tell(o *options, err error) error {
	var findings gen.Findings
	if !errors.As(err, &findings) {
		return err
	}
	for _, d := range findings {
		fmt.Fprintln(o.stderr, d)
	}
	return errFindings
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
			return nil, usageError{fmt.Errorf("--target %q is none of %s, all", name, strings.Join(gen.Targets(), ", "))}
		}
	}
	return names, nil
}

// say says what is wrong, and what a user may not expect though nothing is.
func say(o *options, p *gen.Project, listing bool) error {
	failed := false
	for _, d := range p.Diagnostics() {
		fmt.Fprintln(o.stderr, d)
		failed = failed || d.Severity == gen.Error
	}
	if failed {
		return errFindings
	}
	meant := false
	functions := p.Functions()
	for _, name := range p.Targets() {
		for _, f := range functions {
			isLeft := slices.ContainsFunc(f.Targets, func(t gen.TargetFunction) bool { return t.Target == name && t.Status == gen.LeftOut })
			meant = meant || !isLeft
			if isLeft && !listing {
				fmt.Fprintf(o.stderr, "%s is left out of %s: it is meant for %s\n", f.Name, name, strings.Join(f.MeantFor, ", "))
			}
		}
	}
	if !meant {
		return fmt.Errorf("no function is meant for %s; write a directive such as //fn:queue orders above a handler", strings.Join(p.Targets(), ", "))
	}
	sdk, own := p.SDK(), gen.Version()
	if sdk != "" && own != "(devel)" && sdk != own {
		fmt.Fprintf(o.stderr, "warning: this is fngen %s, but go.mod requires %s; install the same version of both\n", own, sdk)
	}
	return nil
}
