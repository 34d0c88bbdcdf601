package main

import (
	"bytes"
	"context"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// A shell offers every flag of every command, and something for each that has a
// value, if only that there is nothing to offer; the table has no other flags.
func TestCompletion(t *testing.T) {
	o := &options{stdout: io.Discard, stderr: io.Discard}
	unused := offers(o)
	all := maps.Clone(unused)
	var walk func(c *cobra.Command, path ...string)
	walk = func(c *cobra.Command, path ...string) {
		want := []string{"--help"}
		note := func(f *pflag.Flag) {
			want = append(want, "--"+f.Name)
			if f.Value.Type() == "bool" {
				return
			}
			own, general := c.Name()+" "+f.Name, f.Name
			if all[own] == nil && all[general] == nil {
				t.Errorf("for --%s of %s nothing is said of what is offered", f.Name, c.CommandPath())
			}
			delete(unused, own)
			delete(unused, general)
			var out bytes.Buffer
			run(context.Background(), slices.Concat([]string{"__complete"}, path, []string{"--" + f.Name, ""}), &out, io.Discard)
			if got := out.String(); (all[own] != nil || f.Name != "sarif" && f.Name != "event") && strings.HasSuffix(got, ":0\n") {
				t.Errorf("--%s of %s offers the files of the folder: %s", f.Name, c.CommandPath(), got)
			}
		}
		c.LocalFlags().VisitAll(note)
		c.InheritedFlags().VisitAll(func(f *pflag.Flag) { want = append(want, "--"+f.Name) })
		if c.Name() == "fngen" {
			want = append(want, "--version")
		}
		var out bytes.Buffer
		run(context.Background(), slices.Concat([]string{"__complete"}, path, []string{"--"}), &out, io.Discard)
		var got []string
		for line := range strings.Lines(out.String()) {
			if name, _, ok := strings.Cut(line, "\t"); ok {
				got = append(got, strings.TrimSuffix(name, "="))
			}
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(slices.Compact(want), slices.Compact(got)) {
			t.Errorf("%s has %q, and a shell offers %q", c.CommandPath(), want, got)
		}
		for _, sub := range c.Commands() {
			if sub.Runnable() && !sub.Hidden && sub.Name() != "help" && sub.Name() != "completion" {
				walk(sub, append(path, sub.Name())...)
			}
		}
	}
	walk(newCommand(o))
	for name := range unused {
		t.Errorf("%s is no flag", name)
	}
}
