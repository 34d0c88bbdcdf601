package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fngen/fngen/gen"
)

func newVerify(o *options) *cobra.Command {
	c := &cobra.Command{
		Use:   "verify",
		Short: "Build anew and compare the digests with dist/",
		Long: `Build the targets that lie in dist/ anew in a temporary folder, without what
is kept of earlier builds, and compare the digest of every file of fngen with dist/
and with dist/SHA256SUMS. Nothing is written. Each target is built for the environment
that its build.json records; --env is for a dist/ without that file.

Each file that is not the same is printed: it differs, it is missing, it is extra,
or it is unlisted, which means that SHA256SUMS has not its digest. Line ends of texts do
not count. Where another Go or another fngen had built, that is said, since it may be
the only difference. Files that are not fngen's are listed and do not count.

The exit code is 0 if all are the same. It is 100 if files are not, and if there are
findings in the source, of which the last line says which it is. 1 says that the
comparison could not be made.`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return verify(c.Context(), o) },
	}
	c.Flags().StringVar(&o.target, "target", "", "`targets` separated by commas, or all (those in dist/)")
	envFlag(c, o)
	return c
}

func verify(ctx context.Context, o *options) error {
	recorded, err := inDist(o)
	if err != nil {
		return o.refused(err)
	}
	var all gen.Verification
	for len(recorded) > 0 {
		env := recorded[0].Environment
		var names []string
		for _, d := range recorded {
			if d.Environment == env {
				names = append(names, d.Target)
			}
		}
		if o.env != "" {
			env = o.env
		}
		v, err := verifyTargets(ctx, o, names, env)
		if errors.Is(err, errFindings) {
			o.tell("note", "%s: nothing was compared, because of findings in the source", strings.Join(names, ", "))
		}
		if err != nil {
			return err
		}
		tellProvenance(o, recorded, v.Built)
		all.Files += v.Files
		all.Differences = append(all.Differences, v.Differences...)
		all.Others = append(all.Others, v.Others...)
		recorded = slices.DeleteFunc(recorded, func(d gen.Provenance) bool { return slices.Contains(names, d.Target) })
	}
	slices.SortFunc(all.Differences, func(a, b gen.Difference) int { return strings.Compare(a.Path, b.Path) })
	tellOthers(o, all.Others)
	if err := printList(o, all.Differences, func(d gen.Difference) string { return d.Path + ": " + d.Reason }); err != nil {
		return err
	}
	if len(all.Differences) > 0 {
		o.tell("note", "%d of %s in dist/ are not what this source builds", len(all.Differences), count(all.Files, "file"))
		return errFindings
	}
	o.tell("note", "%s in dist/: all are what this source builds", count(all.Files, "file"))
	return nil
}

// inDist returns what lies in dist/ of the targets that are asked for.
func inDist(o *options) ([]gen.Provenance, error) {
	asked, err := parseTargets(o.target)
	if err != nil {
		return nil, err
	}
	all, err := gen.Dist(o.dir)
	if err != nil || len(asked) == 0 {
		return all, err
	}
	var chosen []gen.Provenance
	for _, name := range asked {
		i := slices.IndexFunc(all, func(d gen.Provenance) bool { return d.Target == name })
		if i < 0 {
			return nil, fmt.Errorf("dist/ holds no %s; run fngen build --target=%[1]s first", name)
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}

// verifyTargets compares targets that are of one environment.
func verifyTargets(ctx context.Context, o *options, names []string, env string) (gen.Verification, error) {
	of := struct{ target, env string }{o.target, o.env}
	defer func() { o.target, o.env = of.target, of.env }()
	o.target, o.env = strings.Join(names, ","), env
	p, err := open(ctx, o, !listing)
	if err != nil {
		return gen.Verification{}, err
	}
	defer p.Close()
	progress := newProgress(o)
	v, err := p.Verify(ctx, progress.step)
	progress.end()
	return v, o.refused(err)
}

// tellProvenance says of each target how it was built otherwise than it is now.
func tellProvenance(o *options, recorded, now []gen.Provenance) {
	for _, n := range now {
		i := slices.IndexFunc(recorded, func(d gen.Provenance) bool { return d.Target == n.Target })
		was := recorded[i]
		if was.Go == "" {
			continue
		}
		for _, part := range []struct{ what, was, now string }{
			{"the environment", was.Environment, n.Environment}, {"Go", was.Go, n.Go}, {"fngen", was.Fngen, n.Fngen},
		} {
			if part.was != part.now {
				o.tell("note", "dist/%s was built with %s %q, and this is %q; files may differ for that alone", n.Target, part.what, part.was, part.now)
			}
		}
	}
}
