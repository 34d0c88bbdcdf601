package main

import (
	"context"
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

func newEject(o *options) *cobra.Command {
	c := &cobra.Command{
		Use:   "eject FOLDER",
		Short: "Write what it takes to go on without fngen",
		Long: `Write into the folder, below the application's root, what builds and deploys the
functions without fngen, as code that is yours: the entrypoints without the header of
what is generated, the infrastructure as build writes it, a Makefile that makes the
same archives of plain go commands, and the small program in Go that packs them.
What the entrypoints import is added to go.mod. Nothing is overwritten: what is there
already is a finding, and then nothing is written.

Handlers and directives stay as they are. Neither generate nor build touches the
folder; see docs/leaving.md for what to remove.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 || args[0] == "" {
				return usageError{fmt.Errorf("eject takes one folder, and got %d", len(args))}
			}
			return nil
		},
		ValidArgsFunction: folders,
		RunE:              func(c *cobra.Command, args []string) error { return eject(c.Context(), o, args[0]) },
	}
	targetFlag(c, o)
	return c
}

func eject(ctx context.Context, o *options, folder string) error {
	p, err := open(ctx, o, !listing)
	if err != nil {
		return err
	}
	defer p.Close()
	files, added, err := p.Eject(ctx, folder)
	if err != nil {
		return o.refused(err)
	}
	var list []change
	for _, name := range files {
		list = append(list, change{name, "created"})
	}
	if len(added) > 0 {
		list = append(list, change{"go.mod", "added " + strings.Join(added, ", ")})
	}
	if err := printList(o, list, func(c change) string { return c.Path + ": " + c.Change }); err != nil {
		return err
	}
	o.tell("note", "next: make -C %s", path.Join(filepath.ToSlash(o.dir), path.Clean(filepath.ToSlash(folder))))
	return nil
}
