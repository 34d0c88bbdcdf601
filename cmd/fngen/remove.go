package main

import (
	"context"

	"github.com/spf13/cobra"
)

func newRemove(o *options) *cobra.Command {
	var s shipping
	c := &cobra.Command{
		Use:   "remove",
		Short: "Remove from the platform what deploy has brought there",
		Long: `Show what fngen has deployed of the application on the platform of each target, ask,
and remove it. What others have put there stays, and so does what fngen.yaml names as
there already.

	fngen remove --target=openwhisk --dry-run

It may be interrupted at any time, as fngen deploy may; the same command does the rest.`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return remove(c.Context(), o, s) },
	}
	targetFlag(c, o)
	s.flags(c)
	return c
}

func remove(ctx context.Context, o *options, s shipping) error {
	if err := o.mayAsk(s); err != nil {
		return err
	}
	p, err := open(ctx, o, !listing)
	if err != nil {
		return err
	}
	defer p.Close()
	list, err := p.Remove(ctx)
	if err != nil {
		return err
	}
	return ship(ctx, o, s, "Remove", plans(list))
}
