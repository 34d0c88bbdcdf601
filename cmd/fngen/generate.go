package main

import (
	"context"
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
else of yours is touched. Entrypoints of functions that are gone are deleted. A file
in the place of an entrypoint that fngen did not write is a finding. Line ends do not
count, which git changes on some systems.

In a repository, one line in the application's root keeps them up to date, with
the version of fngen that fngen.mod requires, which fngen init writes:

	//go:generate go tool -modfile=fngen.mod fngen generate`,
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
		return o.refused(err)
	}
	if !check {
		if err := p.Apply(ctx, g); err != nil {
			return o.refused(err)
		}
	}
	return printChanges(o, g, check)
}

// a changed file, as -o json shows it.
type change struct {
	Path   string `json:"path"`
	Change string `json:"change"`
}

// printChanges prints what was written, or with check what would be, which are
// findings then.
func printChanges(o *options, g *gen.Generation, check bool) error {
	said := map[gen.Reason]string{gen.Missing: "created", gen.Changed: "updated", gen.Orphaned: "deleted"}
	modules := "added "
	if check {
		said = map[gen.Reason]string{gen.Missing: "missing", gen.Changed: "changed", gen.Orphaned: "orphaned"}
		modules = "lacks "
	}
	list := []change{}
	for _, c := range g.Changes {
		list = append(list, change{c.Path, said[c.Reason]})
	}
	if len(g.Added) > 0 {
		list = append(list, change{"go.mod", modules + strings.Join(g.Added, ", ")})
	}
	err := printList(o, list, func(c change) string { return c.Path + ": " + c.Change })
	switch {
	case err != nil || check && len(list) == 0:
	case check:
		o.tell("note", "stale; run fngen generate")
		return errFindings
	case len(list) == 0:
		o.tell("note", "entrypoints are up to date")
	}
	return err
}
