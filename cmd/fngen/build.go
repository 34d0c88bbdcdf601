package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/fngen/fngen/gen"
)

func newBuild(o *options) *cobra.Command {
	var b gen.BuildOptions
	c := &cobra.Command{
		Use:   "build",
		Short: "Compile and package the functions into dist/",
		Long: `Compile and package each function for each target into dist/<target>/, with the
infrastructure that the platform's own tools deploy (template.yaml or main.tf on aws,
main.tf on gcp, manifest.yaml on openwhisk), a bill of materials (CycloneDX) for each
package, a record of what the folder is of in build.json, and the digests of all these
files in dist/SHA256SUMS. Nothing outside of dist/ is written; entrypoints need not be
generated before.

What fngen did not write stays in dist/<target>/, the state of Terraform for instance,
and is listed. A file in the place of one that fngen writes is a finding if fngen did
not write it, or if it was edited since. So is a build of some functions for another
environment than that of the others in the folder.

The same source gives the same bytes, wherever it is built. Build tags and strings that
the linker sets come from build.tags and build.ldflags of fngen.yaml and from -tags and
-ldflags=-X in GOFLAGS, and hold on every target; Google's buildpack gets them from
main.tf. A vendor folder is used as the go command uses it. What was built before is
kept in the user's cache folder, up to 2 GB, and taken from there as long as nothing
that it is made of has changed.`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return build(c.Context(), o, b) },
	}
	targetFlag(c, o)
	c.Flags().StringSliceVar(&b.Functions, "function", nil, "build these `functions` alone, separated by commas; packages of others stay as they are")
	c.Flags().StringVar(&b.Cache, "cache", "", "the `folder` that keeps what was built, or off (default fngen in the user's cache folder)")
	return c
}

func build(ctx context.Context, o *options, b gen.BuildOptions) error {
	p, err := open(ctx, o, !listing)
	if err != nil {
		return err
	}
	defer p.Close()
	if err := checkNames(p, b.Functions); err != nil {
		return err
	}
	progress := newProgress(o)
	b.Cache, b.Progress = cacheFolder(b.Cache), progress.step
	built, err := p.Build(ctx, b)
	progress.end()
	if err != nil {
		return o.refused(err)
	}
	tellOthers(o, built.Others)
	for _, name := range built.Missing {
		o.tell("warning", "%s is not there yet; run fngen build before you deploy", name)
	}
	return printArtifacts(o, built.List)
}

// tellOthers says which files in dist/ are not fngen's.
func tellOthers(o *options, names []string) {
	if len(names) > 0 {
		o.tell("note", "not fngen's, and left as they are: %s", strings.Join(names, ", "))
	}
}

// refuseEmpty refuses a flag that is given without a value, as a variable of the
// shell does which is not set: what is meant is not what is the case without it.
func refuseEmpty(flags *pflag.FlagSet) error {
	for _, name := range []string{"env", "target", "function", "module", "trigger", "replace", "event"} {
		if f := flags.Lookup(name); f != nil && f.Changed && strings.Trim(f.Value.String(), "[]") == "" {
			return usageError{fmt.Errorf("--%s is empty; give a value, or leave the flag out", name)}
		}
	}
	return nil
}

// checkNames refuses names that no function has which is meant for a target.
func checkNames(p *gen.Project, asked []string) error {
	known := meant(p)
	for _, name := range asked {
		if !slices.Contains(known, name) {
			return usageError{fmt.Errorf("--function %q is none of %s%s", name, strings.Join(known, ", "), hint(name, known))}
		}
	}
	return nil
}

// cacheFolder returns the folder of the cache, "" for off or if there is none to
// be had.
func cacheFolder(flag string) string {
	switch flag {
	case "off":
		return ""
	case "":
		user, err := os.UserCacheDir()
		if err != nil {
			return ""
		}
		return filepath.Join(user, "fngen")
	}
	return flag
}

func printArtifacts(o *options, list []gen.Artifact) error {
	if o.output == "json" {
		return printJSON(o.stdout, append([]gen.Artifact{}, list...))
	}
	w := tabwriter.NewWriter(o.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "FUNCTION\tTRIGGER\tTARGET\tARTIFACT\tSIZE\tSHA-256")
	for _, a := range list {
		fmt.Fprintf(w, "%s\t%s %s\t%s\t%s\t%s\t%s\n", a.Function, a.Trigger, a.Resource, a.Target, a.Path, size(a.Size), a.SHA256)
	}
	return w.Flush()
}

// size formats bytes as people read them.
func size(n int64) string {
	if n < 1<<20 {
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
