package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/fngen/fngen/gen"
)

func newBuild(o *options) *cobra.Command {
	var b buildOptions
	c := &cobra.Command{
		Use:   "build",
		Short: "Compile and package the functions into dist/",
		Long: `Compile and package each function for each target into dist/<target>/, with the
infrastructure that the platform's own tools deploy (template.yaml on aws, main.tf on
gcp, manifest.yaml on openwhisk), a bill of materials (CycloneDX) for each package
and the digests of all files in dist/SHA256SUMS. Nothing outside of dist/ is written;
entrypoints need not be generated before.

The same source gives the same bytes, wherever it is built. What was built before is
kept in the user's cache folder, up to 2 GB, and taken from there as long as nothing
that it is made of has changed.`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return build(c.Context(), o, b) },
	}
	targetFlag(c, o)
	c.Flags().StringSliceVar(&b.functions, "function", nil, "build these `functions` alone, separated by commas; packages of others stay as they are")
	c.Flags().StringVar(&b.cache, "cache", "", "the `folder` that keeps what was built, or off (default fngen in the user's cache folder)")
	return c
}

type buildOptions struct {
	functions []string
	cache     string
}

// an artifact, as -o json shows it.
type artifact struct {
	Function string `json:"function"`
	Trigger  string `json:"trigger"`
	Resource string `json:"resource"`
	Target   string `json:"target"`
	Artifact string `json:"artifact"`
	SBOM     string `json:"sbom"`
	Size     int64  `json:"size"`
	SHA256   string `json:"sha256"`
}

func build(ctx context.Context, o *options, b buildOptions) error {
	p, err := open(ctx, o, !listing)
	if err != nil {
		return err
	}
	defer p.close()
	if err := p.checkNames(b.functions); err != nil {
		return err
	}
	built, err := p.build(ctx, o, gen.BuildOptions{Cache: openCache(b.cache), Only: b.functions})
	if err != nil {
		return err
	}
	if err := gen.WriteDist(p.root, built); err != nil {
		return err
	}
	p.sayMissing(o, built)
	return printArtifacts(o, built)
}

// checkNames refuses names that no function has.
func (p *project) checkNames(asked []string) error {
	known := map[string]bool{}
	for _, t := range p.targets {
		for _, f := range t.app.Functions {
			known[f.Name] = true
		}
	}
	for _, name := range asked {
		if !known[name] {
			return usageError{fmt.Errorf("--function %q is none of %s", name, strings.Join(slices.Sorted(maps.Keys(known)), ", "))}
		}
	}
	return nil
}

// openCache returns the cache in the folder, nil for off or if there is no
// folder to be had.
func openCache(folder string) *gen.Cache {
	switch folder {
	case "off":
		return nil
	case "":
		user, err := os.UserCacheDir()
		if err != nil {
			return nil
		}
		folder = filepath.Join(user, "fngen")
	}
	return gen.NewCache(folder)
}

// build builds for each target that has functions to build.
func (p *project) build(ctx context.Context, o *options, options gen.BuildOptions) ([]gen.Built, error) {
	progress := newProgress(o)
	defer progress.end()
	var all []gen.Built
	for _, t := range p.targets {
		n := 0
		for _, f := range t.app.Functions {
			if len(options.Only) == 0 || slices.Contains(options.Only, f.Name) {
				n++
			}
		}
		if n == 0 {
			continue
		}
		progress.step("%s: compiling and packaging %s for %s", t.Name(), count(n, "function"), t.Platform())
		built, err := gen.Build(ctx, t.Target, t.app, options)
		if err != nil {
			return nil, err
		}
		all = append(all, built)
	}
	return all, nil
}

// sayMissing says what the infrastructure names and was never built.
func (p *project) sayMissing(o *options, all []gen.Built) {
	for _, b := range all {
		for _, name := range b.Others {
			name = path.Join(gen.DistDir, b.Target, name)
			if _, err := p.root.Stat(name); err != nil && path.Ext(name) == ".zip" {
				fmt.Fprintf(o.stderr, "warning: %s is not there yet; run fngen build before you deploy\n", name)
			}
		}
	}
}

func printArtifacts(o *options, all []gen.Built) error {
	list := []artifact{}
	for _, b := range all {
		for _, a := range b.Artifacts {
			list = append(list, artifact{a.Function.Name, a.Function.Trigger.Kind(), a.Function.Trigger.Resource(), a.Target, a.Path, a.SBOM, a.Size, a.SHA256})
		}
	}
	if o.output == "json" {
		return printJSON(o.stdout, list)
	}
	w := tabwriter.NewWriter(o.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "FUNCTION\tTRIGGER\tTARGET\tARTIFACT\tSIZE\tSHA-256")
	for _, a := range list {
		fmt.Fprintf(w, "%s\t%s %s\t%s\t%s\t%s\t%s\n", a.Function, a.Trigger, a.Resource, a.Target, a.Artifact, size(a.Size), a.SHA256)
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
