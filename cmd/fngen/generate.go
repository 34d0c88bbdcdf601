package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fngen/fngen/gen"
)

func newGenerate(o *options) *cobra.Command {
	var check bool
	c := &cobra.Command{
		Use:   "generate",
		Short: "Write the entrypoints",
		Long: `Write an entrypoint for each function and target into entrypoints/, and add
the modules that they import to go.mod and go.sum where they are missing. Nothing
else of yours is touched. Entrypoints of functions that are gone are deleted.

In a repository, one line in the application's root keeps them up to date:

	//go:generate fngen generate`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return generate(c.Context(), o, check) },
	}
	targetFlag(c, o)
	c.Flags().BoolVar(&check, "check", false, "write nothing; list what is stale and exit with 100 if anything is")
	return c
}

func generate(ctx context.Context, o *options, check bool) error {
	p, err := open(ctx, o, !listing)
	if err != nil {
		return err
	}
	defer p.close()
	var files []gen.File
	for _, t := range p.targets {
		entrypoints, err := gen.Entrypoints(t, t.app.Functions)
		if err != nil {
			return err
		}
		files = append(files, entrypoints...)
	}
	changes, err := gen.Changes(p.root, names(p.targets), files)
	if err != nil {
		return err
	}
	w, err := gen.NewWorkspace(p.targets[0].app, files)
	if err != nil {
		return err
	}
	defer w.Close()
	added, err := p.complete(ctx, w)
	if err != nil {
		return err
	}
	if check {
		return stale(o, changes, added)
	}
	if err := gen.Apply(p.root, changes); err != nil {
		return err
	}
	if len(added) > 0 {
		if err := w.Save(); err != nil {
			return err
		}
	}
	return report(o, changes, added)
}

// complete adds to the workspace what the entrypoints of the targets import, and
// returns what was missing.
func (p *project) complete(ctx context.Context, w *gen.Workspace) ([]string, error) {
	for _, t := range p.targets {
		if err := w.Complete(ctx, t, t.app.Functions); err != nil {
			return nil, fmt.Errorf("%s: %w", t.Name(), err)
		}
	}
	return w.Added()
}

// a changed file, as -o json shows it.
type change struct {
	Path   string `json:"path"`
	Change string `json:"change"`
}

// report prints what was written.
func report(o *options, changes []gen.Change, added []string) error {
	done := map[string]string{"missing": "created", "changed": "updated", "orphaned": "deleted"}
	list := []change{}
	for _, c := range changes {
		list = append(list, change{c.Path, done[c.Reason]})
	}
	if len(added) > 0 {
		list = append(list, change{"go.mod", "added " + strings.Join(added, ", ")})
	}
	if o.output == "json" {
		return printJSON(o.stdout, list)
	}
	for _, c := range list {
		fmt.Fprintf(o.stdout, "%s: %s\n", c.Path, c.Change)
	}
	if len(list) == 0 {
		fmt.Fprintln(o.stderr, "entrypoints are up to date")
	}
	return nil
}

// stale prints what generate would change.
func stale(o *options, changes []gen.Change, added []string) error {
	list := []change{}
	for _, c := range changes {
		list = append(list, change{c.Path, c.Reason})
	}
	if len(added) > 0 {
		list = append(list, change{"go.mod", "lacks " + strings.Join(added, ", ")})
	}
	if o.output == "json" {
		if err := printJSON(o.stdout, list); err != nil {
			return err
		}
	} else {
		for _, c := range list {
			fmt.Fprintf(o.stdout, "%s: %s\n", c.Path, c.Change)
		}
	}
	if len(list) == 0 {
		return nil
	}
	fmt.Fprintln(o.stderr, "stale; run fngen generate")
	return errFindings
}
