package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/fngen/fngen/gen"
)

// noArgs refuses arguments, of a command with others below it as none of them.
func noArgs(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if c.HasSubCommands() {
		return unknown(c, args[0])
	}
	return usageError{fmt.Errorf("%s takes no argument %q", c.Name(), args[0])}
}

// oneFunction demands one argument, of a command for a function.
func oneFunction(c *cobra.Command, args []string) error {
	if len(args) != 1 {
		return usageError{fmt.Errorf("%s takes one argument, the name of a function; fngen list shows them", c.Name())}
	}
	return nil
}

// unknown refuses a word that is none of the commands below c.
func unknown(c *cobra.Command, word string) error {
	names := commands(c)
	return usageError{fmt.Errorf("unknown command %q; %sthe commands of %s are %s", word, gen.DidYouMean(word, names), c.CommandPath(), strings.Join(names, ", "))}
}

// commands returns the names of the commands and help topics below c.
func commands(c *cobra.Command) []string {
	var names []string
	for _, sub := range c.Commands() {
		if !sub.Hidden {
			names = append(names, sub.Name())
		}
	}
	return names
}

// wrongFlag is a flag that is not understood.
func wrongFlag(c *cobra.Command, err error) error {
	var missing *pflag.NotExistError
	if !errors.As(err, &missing) {
		return usageError{err}
	}
	var known []string
	c.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, "--"+f.Name) })
	return usageError{fmt.Errorf("%w%s", err, hint("--"+missing.GetSpecifiedName(), known))}
}

// hint is "; did you mean WORD?", "" if the word is a slip of none that are known.
func hint(word string, known []string) string {
	if mean := gen.DidYouMean(word, known); mean != "" {
		return "; " + strings.TrimSpace(mean)
	}
	return ""
}

// strict has help and completion refuse words that they do not know, which
// cobra's own let pass.
func strict(root *cobra.Command) {
	root.SetHelpCommand(&cobra.Command{
		Use:               "help [command]",
		Short:             "Help about any command",
		ValidArgsFunction: values(func() []string { return commands(root) }),
		RunE: func(_ *cobra.Command, args []string) error {
			c, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return noArgs(c, rest)
			}
			c.InitDefaultHelpFlag()
			return c.Help()
		},
	})
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		if c.Name() != "completion" {
			continue
		}
		c.Args, c.RunE = noArgs, func(c *cobra.Command, _ []string) error { return c.Help() }
		for _, shell := range c.Commands() {
			shell.Args = noArgs
		}
	}
}
