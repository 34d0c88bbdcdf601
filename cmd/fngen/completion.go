package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/fngen/fngen/gen"
)

// An offer is what a shell offers for the value of a flag, of which the text is
// typed already.
type offer func(c *cobra.Command, typed string) ([]string, cobra.ShellCompDirective)

// offers returns what is offered for the flags of all commands, by their names,
// and by the command's and the flag's where a command's differs.
func offers(o *options) map[string]offer {
	targets := func(*cobra.Command) []string { return append([]string{"all"}, gen.Targets()...) }
	return map[string]offer{
		"addr":        nothing,
		"aws-profile": nothing,
		"cache":       folders,
		"data":        nothing,
		"dev target":  values(func() []string { return gen.Targets() }),
		"dir":         folders,
		"env":         values(o.environments),
		"event":       files,
		"function":    listed(func(c *cobra.Command) []string { return o.functions(c.Context()) }),
		"module":      nothing,
		"on":          nothing,
		"output":      values(func() []string { return []string{"human", "json"} }),
		"replace":     folders,
		"since":       nothing,
		"sarif":       files,
		"target":      listed(targets),
		"trigger":     listed(func(*cobra.Command) []string { return gen.Scaffold{}.Kinds() }),
	}
}

func nothing(*cobra.Command, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveNoFileComp
}

func files(*cobra.Command, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveDefault
}

func folders(*cobra.Command, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveFilterDirs
}

func values(of func() []string) offer {
	return func(*cobra.Command, string) ([]string, cobra.ShellCompDirective) {
		return of(), cobra.ShellCompDirectiveNoFileComp
	}
}

// listed offers values separated by commas, each of them once.
func listed(of func(*cobra.Command) []string) offer {
	return func(c *cobra.Command, typed string) ([]string, cobra.ShellCompDirective) {
		before := typed[:strings.LastIndexByte(typed, ',')+1]
		given := strings.Split(before, ",")
		var offered []string
		for _, value := range of(c) {
			if !slices.Contains(given, value) {
				offered = append(offered, before+value)
			}
		}
		return offered, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	}
}

// completeFlags has the command and those below it offer what is in the table.
func completeFlags(c *cobra.Command, table map[string]offer) {
	c.LocalFlags().VisitAll(func(f *pflag.Flag) {
		of, ok := table[c.Name()+" "+f.Name]
		if !ok {
			of, ok = table[f.Name]
		}
		if !ok {
			return // a switch
		}
		// The error is that of a flag that has an offer already, the same.
		_ = c.RegisterFlagCompletionFunc(f.Name, func(c *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
			return of(c, typed)
		})
	})
	for _, sub := range c.Commands() {
		completeFlags(sub, table)
	}
}

// environments returns the names of the environments that have a file.
func (o *options) environments() []string {
	files, _ := os.ReadDir(o.dir) // what cannot be read has none to offer
	var names []string
	for _, f := range files {
		if name, ok := strings.CutPrefix(f.Name(), "fngen."); ok && filepath.Ext(name) == ".yaml" {
			names = append(names, strings.TrimSuffix(name, ".yaml"))
		}
	}
	return names
}
