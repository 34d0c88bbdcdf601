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

	"github.com/fngen/fngen/gen"
)

func newBuild(o *options) *cobra.Command {
	var b gen.BuildOptions
	c := &cobra.Command{
		Use:   "build",
		Short: "Compile and package the functions into dist/",
		Long: `Compile and package each function for each target into dist/<target>/, with the
infrastructure that the platform's own tools deploy (template.yaml on aws, main.tf on
gcp, manifest.yaml on openwhisk), a bill of materials (CycloneDX) for each package
and the digests of all files in dist/SHA256SUMS. Nothing outside of dist/ is written;
entrypoints need not be generated before.

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
		return err
	}
	for _, name := range built.Missing {
		fmt.Fprintf(o.stderr, "warning: %s is not there yet; run fngen build before you deploy\n", name)
	}
	return printArtifacts(o, built.List)
}

// checkNames refuses names that no function has which is meant for a target.
func checkNames(p *gen.Project, asked []string) error {
	var known []string
	for _, f := range p.Functions() {
		if slices.ContainsFunc(f.Targets, func(t gen.TargetFunction) bool { return t.Status != gen.LeftOut }) {
			known = append(known, f.Name)
		}
	}
	for _, name := range asked {
		if !slices.Contains(known, name) {
			return usageError{fmt.Errorf("--function %q is none of %s", name, strings.Join(known, ", "))}
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
