package main

import (
	"context"
	"fmt"
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
	targets, err := distTargets(o.dir)
	if err != nil {
		return err
	}
	asked := *o
	asked.target = strings.Join(targets, ",")
	p, err := open(ctx, &asked, !listing)
	if err != nil {
		return err
	}
	defer p.close()
	built, err := p.build(ctx, o, gen.BuildOptions{})
	if err != nil {
		return err
	}
	differences, files, err := gen.Compare(p.root, built)
	if err != nil {
		return err
	}
	if o.output == "json" {
		if err := printJSON(o.stdout, append([]gen.Difference{}, differences...)); err != nil {
			return err
		}
	} else {
		for _, d := range differences {
			fmt.Fprintf(o.stdout, "%s: %s\n", d.Path, d.Reason)
		}
	}
	if len(differences) > 0 {
		fmt.Fprintf(o.stderr, "%d of %s in dist/ are not what this source builds\n", len(differences), count(files, "file"))
		return errFindings
	}
	fmt.Fprintf(o.stderr, "%s in dist/: all are what this source builds\n", count(files, "file"))
	return nil
}

// distTargets returns the targets that lie in dist/ of the folder.
func distTargets(dir string) ([]string, error) {
	root, err := openRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	targets, err := gen.DistTargets(root, targetNames)
	if err == nil && len(targets) == 0 {
		err = fmt.Errorf("dist/ holds no target; run fngen build first")
	}
	return targets, err
}
