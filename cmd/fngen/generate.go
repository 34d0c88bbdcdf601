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
	defer p.Close()
	g, err := p.Generate(ctx)
	if err != nil {
		return err
	}
	if check {
		return stale(o, g)
	}
	if err := p.Apply(g); err != nil {
		return err
	}
	return report(o, g)
}

// a changed file, as -o json shows it.
type change struct {
	Path   string `json:"path"`
	Change string `json:"change"`
}

// report prints what was written.
func report(o *options, g *gen.Generation) error {
	done := map[gen.Reason]string{gen.Missing: "created", gen.Changed: "updated", gen.Orphaned: "deleted"}
	list := []change{}
	for _, c := range g.Changes {
		list = append(list, change{c.Path, done[c.Reason]})
	}
	if len(g.Added) > 0 {
		list = append(list, change{"go.mod", "added " + strings.Join(g.Added, ", ")})
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
func stale(o *options, g *gen.Generation) error {
	list := []change{}
	for _, c := range g.Changes {
		list = append(list, change{c.Path, string(c.Reason)})
	}
	if len(g.Added) > 0 {
		list = append(list, change{"go.mod", "lacks " + strings.Join(g.Added, ", ")})
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
