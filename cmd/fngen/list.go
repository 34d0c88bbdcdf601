package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/fngen/fngen/gen"
)

func newList(o *options) *cobra.Command {
	c := &cobra.Command{
		Use:   "list",
		Short: "Show what each function is on each target",
		Long: `Show each function and, for each target, what feeds it, what is guaranteed, who
tries again, what is kept in order, where what fails for good goes, what it uses
and by which right, what fngen emulates, what differs from the other targets, and
every finding. A target that cannot serve
a function is shown with the reason and the way out; build and generate refuse it.`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return list(c.Context(), o) },
	}
	targetFlag(c, o)
	return c
}

func list(ctx context.Context, o *options) error {
	p, err := open(ctx, o, listing)
	if err != nil {
		return err
	}
	defer p.Close()
	functions := p.Functions()
	if o.output == "json" {
		return printJSON(o.stdout, functions)
	}
	if err := printReport(o.stdout, functions, p.Diagnostics()); err != nil {
		return err
	}
	o.sum(p.Diagnostics(), p.Acknowledged())
	return nil
}

// printReport prints a block for each function, its targets side by side.
func printReport(w io.Writer, functions []gen.Function, findings []gen.Diagnostic) error {
	of := map[[2]string][]gen.Diagnostic{}
	for _, d := range findings {
		on := [2]string{d.Function, d.Target}
		of[on] = append(of[on], d)
	}
	for i, f := range functions {
		if i > 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintf(w, "%s  %s %s\n  %s at %s\n", f.Name, f.Trigger, f.Resource, f.Handler, f.Position)
		if len(f.Was) > 0 {
			fmt.Fprintf(w, "  was %s\n", strings.Join(f.Was, ", then "))
		}
		table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		for _, t := range f.Targets {
			printFacts(table, t)
			for _, d := range of[[2]string{f.Name, t.Target}] {
				fmt.Fprintf(table, "  \t%s: %s [%s]\n", d.Severity, d.Message, d.Code)
			}
		}
		if err := table.Flush(); err != nil {
			return err
		}
	}
	return nil
}

func printFacts(w io.Writer, t gen.TargetFunction) {
	if t.Facts == nil {
		fmt.Fprintf(w, "  %s\t%s\n", t.Target, t.Status)
		return
	}
	fmt.Fprintf(w, "  %s\t%s\n", t.Target, t.Facts.Source)
	fmt.Fprintf(w, "  \t%s; order: %s; retries: %s\n", t.Facts.Guarantee, t.Facts.Order, t.Facts.Retries)
	fmt.Fprintf(w, "  \tdead letter: %s\n", t.Facts.DeadLetter)
	for _, use := range t.Facts.Uses {
		fmt.Fprintf(w, "  \tuses: %s\n", use)
	}
	for _, note := range []struct {
		label string
		lines []string
	}{{"emulated", t.Facts.Emulated}, {"differs", t.Facts.Differs}} {
		if len(note.lines) > 0 {
			fmt.Fprintf(w, "  \t%s: %s\n", note.label, strings.Join(note.lines, "; "))
		}
	}
}
