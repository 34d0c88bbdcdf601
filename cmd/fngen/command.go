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
	sarif   string
	output  string
	verbose bool

	found []gen.Diagnostic // what the file of --sarif holds

	stdin          io.Reader
	stdout, stderr io.Writer
}

const intro = `fngen turns Go functions with //fn: directives into entrypoints and packages
for AWS Lambda, Google Cloud Functions and Apache OpenWhisk.

	// Confirm reserves stock for each placed order.
	//
	//fn:queue orders
	func Confirm(ctx context.Context, order Order) error

  fngen init FOLDER           writes a small module to begin with
  fngen build --target=aws    compiles and packages into dist/aws/, with template.yaml
  fngen generate              writes entrypoints/, for go:generate
  fngen dev                   runs all functions on this machine, and anew when a file is saved
  fngen invoke FUNCTION       runs a function on this machine with one event
  fngen list                  shows what each function is on each target
  fngen deploy --target=aws   builds, shows what is to be changed on the platform, asks, and does it
  fngen logs FUNCTION         shows what a function has logged there
  fngen remove --target=aws   removes what deploy has brought there
  fngen doctor                says which runtimes run out, and what is behind
  fngen vet                   checks handlers for what binds or ends them
  fngen eject FOLDER          writes what it takes to go on without fngen
  fngen verify                builds anew and compares the digests with dist/
  fngen help directives       shows the syntax of every directive
  fngen help findings         shows what fngen may say of your files, and what it means

Every flag may be given in the environment as well: --target as FNGEN_TARGET.

Exit codes: 0 done, 1 failed, 2 wrong usage, 100 findings in your files.`

func newCommand(o *options) *cobra.Command {
	root := &cobra.Command{
		Use:           "fngen",
		Short:         "Event-driven functions in Go that run on any cloud",
		Long:          intro,
		Version:       gen.Version(),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noArgs,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
		PersistentPreRunE: func(c *cobra.Command, _ []string) error {
			if err := fromEnvironment(c.Flags()); err != nil {
				return err
			}
			if err := refuseEmpty(c.Flags()); err != nil {
				return err
			}
			if o.output != "human" && o.output != "json" {
				return usageError{fmt.Errorf("--output %q is neither human nor json", o.output)}
			}
			return nil
		},
	}
	root.SetOut(o.stdout)
	root.SetErr(o.stderr)
	root.SetVersionTemplate(version())
	root.SetFlagErrorFunc(wrongFlag)
	flags := root.PersistentFlags()
	flags.StringVarP(&o.dir, "dir", "C", ".", "the application's root `folder`")
	flags.StringVarP(&o.output, "output", "o", "human", "the `format` of results: human or json")
	flags.BoolVarP(&o.verbose, "verbose", "v", false, "say each command that runs, and each request to a platform")
	root.AddCommand(&cobra.Command{Use: "directives", Short: "The syntax of every directive", Long: gen.Help()})
	root.AddCommand(&cobra.Command{Use: "findings", Short: "The code of every finding, and what it means", Long: findingsHelp()})
	root.AddCommand(newBuild(o), newDeploy(o), newDev(o), newDoctor(o), newEject(o), newGenerate(o), newInit(o), newInvoke(o), newList(o), newLogs(o), newRemove(o), newSchema(o),
		newVerify(o), newVersion(o), newVet(o))
	completeFlags(root, offers(o))
	strict(root)
	return root
}

// targetFlag gives the command the flags --target and --env.
func targetFlag(c *cobra.Command, o *options) {
	c.Flags().StringVar(&o.target, "target", "", "`targets` separated by commas, or all (those in fngen.yaml, else all)")
	envFlag(c, o)
}

// envFlag gives the command the flag --env, and --sarif.
func envFlag(c *cobra.Command, o *options) {
	c.Flags().StringVar(&o.env, "env", "", "the `environment`, whose fngen.ENVIRONMENT.yaml lies over fngen.yaml")
	c.Flags().StringVar(&o.sarif, "sarif", "", "the `file` that gets the findings in SARIF 2.1.0, for code scanning")
}

// fromEnvironment sets the flags that are not given from those of FNGEN_* that
// are not empty.
func fromEnvironment(flags *pflag.FlagSet) error {
	var err error
	flags.VisitAll(func(f *pflag.Flag) {
		name := "FNGEN_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		value := os.Getenv(name)
		if value == "" || f.Changed || err != nil || f.Name == "help" || f.Name == "version" {
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

func version() string { return fmt.Sprintf("fngen %s (%s)\n", gen.Version(), runtime.Version()) }

func newVersion(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Show the version of fngen and of Go",
		Args:  noArgs,
		RunE: func(*cobra.Command, []string) error {
			if o.output == "json" {
				return printJSON(o.stdout, map[string]string{"fngen": gen.Version(), "go": runtime.Version()})
			}
			_, err := io.WriteString(o.stdout, version())
			return err
		},
	}
}
