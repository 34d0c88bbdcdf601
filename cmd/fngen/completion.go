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

// offers returns what is offered for the flags of all commands, by their names,
// and by the command's and the flag's where a command's differs.
func offers(o *options) map[string]cobra.CompletionFunc {
	targets := func(*cobra.Command) []string { return append([]string{"all"}, gen.Targets()...) }
	return map[string]cobra.CompletionFunc{
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

var (
	nothing = cobra.NoFileCompletions
	files   = cobra.FixedCompletions(nil, cobra.ShellCompDirectiveDefault)
	folders = cobra.FixedCompletions(nil, cobra.ShellCompDirectiveFilterDirs)
)

func values(of func() []string) cobra.CompletionFunc {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return of(), cobra.ShellCompDirectiveNoFileComp
	}
}

// completeFunction offers the names of functions for a command's only argument.
func (o *options) completeFunction(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return o.functions(c.Context()), cobra.ShellCompDirectiveNoFileComp
}

// listed offers values separated by commas, each of them once.
func listed(of func(*cobra.Command) []string) cobra.CompletionFunc {
	return func(c *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
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
func completeFlags(c *cobra.Command, table map[string]cobra.CompletionFunc) {
	c.LocalFlags().VisitAll(func(f *pflag.Flag) {
		of, ok := table[c.Name()+" "+f.Name]
		if !ok {
			of, ok = table[f.Name]
		}
		if !ok {
			return // a switch
		}
		_ = c.RegisterFlagCompletionFunc(f.Name, of) // the error is that of a flag that has an offer already, the same
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
