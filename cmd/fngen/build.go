package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/fngen/fngen/gen"
)

func newBuild(o *options) *cobra.Command {
	c := &cobra.Command{
		Use:   "build",
		Short: "Compile and package the functions into dist/",
		Long: `Compile and package each function for each target into dist/<target>/, ready
for the platform's own tools. Nothing outside of dist/ is written; entrypoints need
not be generated before.

The same source gives the same bytes, wherever it is built.`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return build(c.Context(), o) },
	}
	targetFlag(c, o)
	return c
}

// an artifact, as -o json shows it.
type artifact struct {
	Function string `json:"function"`
	Trigger  string `json:"trigger"`
	Resource string `json:"resource"`
	Target   string `json:"target"`
	Artifact string `json:"artifact"`
	Size     int64  `json:"size"`
	SHA256   string `json:"sha256"`
}

func build(ctx context.Context, o *options) error {
	p, err := open(ctx, o, !listing)
	if err != nil {
		return err
	}
	defer p.close()
	progress := newProgress(o)
	defer progress.end()
	list := []artifact{}
	var all []gen.Built
	for _, t := range p.targets {
		if len(t.app.Functions) == 0 {
			continue
		}
		progress.step("%s: compiling and packaging %s for %s", t.Name(), count(len(t.app.Functions), "function"), t.Platform())
		built, err := gen.Build(ctx, t.Target, t.app)
		if err != nil {
			return err
		}
		all = append(all, built)
		for _, a := range built.Artifacts {
			list = append(list, artifact{a.Function.Name, a.Function.Trigger.Kind(), a.Function.Trigger.Resource(), a.Target, a.Path, a.Size, a.SHA256})
		}
	}
	if err := gen.WriteDist(p.root, all); err != nil {
		return err
	}
	progress.end()
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
