package main

import (
	"context"
	"fmt"
	"io"
	"slices"
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
tries again, what is kept in order, where what fails for good goes, what fngen
emulates, what of the event differs, and every warning. A target that cannot serve
a function is shown with the reason and the way out; build and generate refuse it.`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return list(c.Context(), o) },
	}
	targetFlag(c, o)
	return c
}

// a listed function, as -o json shows it.
type listed struct {
	Function string         `json:"function"`
	Handler  string         `json:"handler"`
	Trigger  string         `json:"trigger"`
	Resource string         `json:"resource"`
	Position string         `json:"position"`
	Targets  []listedTarget `json:"targets"`
}

type listedTarget struct {
	Target   string     `json:"target"`
	Status   string     `json:"status"` // served, refused or left out
	Facts    *gen.Facts `json:"facts,omitempty"`
	Refusals []string   `json:"refusals,omitempty"`
	Warnings []string   `json:"warnings,omitempty"`
}

func list(ctx context.Context, o *options) error {
	p, err := open(ctx, o, listing)
	if err != nil {
		return err
	}
	defer p.close()
	functions := p.report()
	if o.output == "json" {
		return printJSON(o.stdout, functions)
	}
	return printReport(o.stdout, functions)
}

// report returns the functions of all targets, sorted by name.
func (p *project) report() []listed {
	functions := []listed{}
	for _, t := range p.targets {
		for _, f := range append(slices.Clone(t.app.Functions), t.left...) {
			i, found := slices.BinarySearchFunc(functions, f.Name, func(l listed, name string) int { return strings.Compare(l.Function, name) })
			if !found {
				functions = slices.Insert(functions, i, listed{Function: f.Name, Handler: f.Source(),
					Trigger: f.Trigger.Kind(), Resource: f.Trigger.Resource(), Position: gen.Position(f.Pos)})
			}
			functions[i].Targets = append(functions[i].Targets, t.listed(f))
		}
	}
	return functions
}

func (t targeted) listed(f gen.Function) listedTarget {
	l := listedTarget{Target: t.Name(), Status: "served"}
	if !f.MeantFor(t.Name()) {
		l.Status = "left out"
		return l
	}
	for _, d := range t.diagnostics {
		switch {
		case d.Function != f.Name:
		case d.Severity == gen.Warning:
			l.Warnings = append(l.Warnings, d.Message)
		default:
			l.Status, l.Refusals = "refused", append(l.Refusals, d.Message)
		}
	}
	if l.Status == "served" {
		facts := t.Facts(f)
		l.Facts = &facts
	}
	return l
}

// printReport prints a block for each function, its targets side by side.
func printReport(w io.Writer, functions []listed) error {
	for i, f := range functions {
		if i > 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintf(w, "%s  %s %s\n  %s at %s\n", f.Function, f.Trigger, f.Resource, f.Handler, f.Position)
		table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		for _, t := range f.Targets {
			if t.Facts == nil {
				fmt.Fprintf(table, "  %s\t%s\n", t.Target, strings.Join(append([]string{t.Status}, t.Refusals...), ": "))
				continue
			}
			fmt.Fprintf(table, "  %s\t%s\n", t.Target, t.Facts.Source)
			fmt.Fprintf(table, "  \t%s; order: %s; retries: %s\n", t.Facts.Guarantee, t.Facts.Order, t.Facts.Retries)
			fmt.Fprintf(table, "  \tdead letter: %s\n", t.Facts.DeadLetter)
			for _, note := range []struct {
				label string
				lines []string
			}{{"emulated", t.Facts.Emulated}, {"differs", t.Facts.Differs}} {
				if len(note.lines) > 0 {
					fmt.Fprintf(table, "  \t%s: %s\n", note.label, strings.Join(note.lines, "; "))
				}
			}
			for _, warning := range t.Warnings {
				fmt.Fprintf(table, "  \twarning: %s\n", warning)
			}
		}
		if err := table.Flush(); err != nil {
			return err
		}
	}
	return nil
}
