package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fngen/fngen/gen"
)

func newVerify(o *options) *cobra.Command {
	c := &cobra.Command{
		Use:   "verify",
		Short: "Build anew and compare the digests with dist/",
		Long: `Build the targets that lie in dist/ anew in a temporary folder, without what
is kept of earlier builds, and compare the digest of every file with dist/ and with
dist/SHA256SUMS. Nothing is written. Give the environment that dist/ was built for.

Each file that is not the same is printed: it differs, it is missing, it is extra,
or it is unlisted, which means that SHA256SUMS has not its digest. The exit code is 100
then, and 0 if all are the same. 1 says that the comparison could not be made.`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return verify(c.Context(), o) },
	}
	envFlag(c, o)
	return c
}

func verify(ctx context.Context, o *options) error {
	targets, err := gen.DistTargets(o.dir)
	if err != nil {
		return err
	}
	asked := *o
	asked.target = strings.Join(targets, ",")
	p, err := open(ctx, &asked, !listing)
	if err != nil {
		return err
	}
	defer p.Close()
	progress := newProgress(o)
	v, err := p.Verify(ctx, progress.step)
	progress.end()
	if err != nil {
		return err
	}
	if err := printList(o, v.Differences, func(d gen.Difference) string { return d.Path + ": " + d.Reason }); err != nil {
		return err
	}
	if len(v.Differences) > 0 {
		o.tell("note", "%d of %s in dist/ are not what this source builds", len(v.Differences), count(v.Files, "file"))
		return errFindings
	}
	o.tell("note", "%s in dist/: all are what this source builds", count(v.Files, "file"))
	return nil
}
