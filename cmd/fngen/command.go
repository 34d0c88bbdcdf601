package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/fngen/fngen/gen"
)

// options are the flags that every command has.
type options struct {
	dir     string
	target  string
	env     string
	output  string
	verbose bool

	stdout, stderr io.Writer
}

const intro = `fngen turns Go functions with //fn: directives into entrypoints and packages
for AWS Lambda, Google Cloud Functions and Apache OpenWhisk.

	// Confirm reserves stock for each placed order.
	//
	//fn:queue orders
	func Confirm(ctx context.Context, order Order) error

  fngen build --target=aws    compiles and packages into dist/aws/, with template.yaml
  fngen generate              writes entrypoints/, for go:generate
  fngen list                  shows what each function is on each target
  fngen verify                builds anew and compares the digests with dist/
  fngen help directives       shows the syntax of every directive
  fngen help findings         shows what fngen may say of your files, and what it means

Every flag may be given in the environment as well: --target as FNGEN_TARGET.

Exit codes: 0 done, 1 failed, 2 wrong usage, 100 findings in your files.`

func newCommand(stdout, stderr io.Writer) *cobra.Command {
	o := &options{stdout: stdout, stderr: stderr}
	root := &cobra.Command{
		Use:           "fngen",
		Short:         "Event-driven functions in Go that run on any cloud",
		Long:          intro,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noArgs,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
		PersistentPreRunE: func(c *cobra.Command, _ []string) error {
			if err := fromEnvironment(c.Flags()); err != nil {
				return err
			}
			if o.output != "human" && o.output != "json" {
				return usageError{fmt.Errorf("--output %q is neither human nor json", o.output)}
			}
			return nil
		},
	}
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	flags := root.PersistentFlags()
	flags.StringVarP(&o.dir, "dir", "C", ".", "the application's root `folder`")
	flags.StringVarP(&o.output, "output", "o", "human", "the `format` of results: human or json")
	flags.BoolVarP(&o.verbose, "verbose", "v", false, "say each go command")
	root.AddCommand(&cobra.Command{Use: "directives", Short: "The syntax of every directive", Long: gen.Help()})
	root.AddCommand(&cobra.Command{Use: "findings", Short: "The code of every finding, and what it means", Long: gen.FindingsHelp()})
	root.AddCommand(newBuild(o), newGenerate(o), newList(o), newSchema(o), newVerify(o), newVersion(o))
	complete(root, "output", []string{"human", "json"})
	return root
}

// targetFlag gives the command the flags --target and --env.
func targetFlag(c *cobra.Command, o *options) {
	c.Flags().StringVar(&o.target, "target", "", "`targets` separated by commas, or all (those in fngen.yaml, else all)")
	complete(c, "target", append([]string{"all"}, gen.Targets()...))
	envFlag(c, o)
}

func envFlag(c *cobra.Command, o *options) {
	c.Flags().StringVar(&o.env, "env", "", "the `environment`, whose fngen.ENVIRONMENT.yaml lies over fngen.yaml")
}

func complete(c *cobra.Command, flag string, values []string) {
	// The error is that of a flag which does not exist.
	_ = c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
}

func noArgs(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if c.HasSubCommands() {
		return usageError{fmt.Errorf("unknown command %q", args[0])}
	}
	return usageError{fmt.Errorf("%s takes no argument %q", c.Name(), args[0])}
}

// fromEnvironment sets the flags that are not given from FNGEN_*.
func fromEnvironment(flags *pflag.FlagSet) error {
	var err error
	flags.VisitAll(func(f *pflag.Flag) {
		name := "FNGEN_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		value, ok := os.LookupEnv(name)
		if !ok || f.Changed || err != nil || f.Name == "help" {
			return
		}
		if e := flags.Set(f.Name, value); e != nil {
			err = usageError{fmt.Errorf("%s: %w", name, e)}
		}
	})
	return err
}

func newSchema(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of fngen.yaml",
		Long: `Print the JSON Schema of fngen.yaml, for editors that complete and check it. With
the YAML language server, keep it in a file and name it in the first line:

	# yaml-language-server: $schema=fngen.schema.json`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			data, err := gen.Schema()
			if err != nil {
				return err
			}
			_, err = o.stdout.Write(data)
			return err
		},
	}
}

func newVersion(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Show the version of fngen and of Go",
		Args:  noArgs,
		RunE: func(*cobra.Command, []string) error {
			if o.output == "json" {
				return printJSON(o.stdout, map[string]string{"fngen": gen.Version(), "go": runtime.Version()})
			}
			_, err := fmt.Fprintf(o.stdout, "fngen %s (%s)\n", gen.Version(), runtime.Version())
			return err
		},
	}
}
