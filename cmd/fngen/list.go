package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/fngen/fngen/gen"
)

func newList(o *options) *cobra.Command {
	c := &cobra.Command{
		Use:   "list",
		Short: "Show the functions, their triggers and targets",
		Args:  noArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return list(c.Context(), o) },
	}
	targetFlag(c, o)
	return c
}

// a listed function, as -o json shows it.
type listed struct {
	Function string   `json:"function"`
	Handler  string   `json:"handler"`
	Trigger  string   `json:"trigger"`
	Resource string   `json:"resource"`
	Targets  []string `json:"targets"`
	Position string   `json:"position"`
	Warnings []string `json:"warnings"`
}

func list(ctx context.Context, o *options) error {
	p, err := open(ctx, o)
	if err != nil {
		return err
	}
	defer p.close()
	byName := map[string]*listed{}
	for _, t := range p.targets {
		for _, f := range t.functions {
			l := byName[f.Name]
			if l == nil {
				l = &listed{Function: f.Name, Handler: f.Source(), Trigger: f.Trigger.Kind(), Resource: f.Trigger.Resource(), Position: gen.Position(f.Pos), Warnings: []string{}}
				byName[f.Name] = l
			}
			l.Targets = append(l.Targets, t.Name())
			for _, problem := range t.Check(f) {
				l.Warnings = append(l.Warnings, problem.Message)
			}
		}
	}
	functions := []listed{}
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		functions = append(functions, *byName[name])
	}
	if o.output == "json" {
		return printJSON(o.stdout, functions)
	}
	w := tabwriter.NewWriter(o.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "FUNCTION\tTRIGGER\tTARGETS\tHANDLER\tAT")
	for _, l := range functions {
		fmt.Fprintf(w, "%s\t%s %s\t%s\t%s\t%s\n", l.Function, l.Trigger, l.Resource, strings.Join(l.Targets, ","), l.Handler, l.Position)
	}
	return w.Flush()
}
