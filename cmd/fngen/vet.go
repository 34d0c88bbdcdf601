package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fngen/fngen/gen"
)

func newVet(o *options) *cobra.Command {
	c := &cobra.Command{
		Use:   "vet [PACKAGE]...",
		Short: "Check handlers for what binds them to a cloud or ends their process",
		Long: `Run two checks on the packages, by default all below the application's root:

  process-exit  os.Exit, log.Fatal and the like in reach of a handler, where they end
                the process with every event in it
  vendor-sdk    a vendor's SDK in what handlers link that are meant for other platforms

Both are certain: what they do not know they do not report. They see calls by name
within the module. The same checks run beside those of go vet in

	go vet -vettool=$(which fngen) ./...

which does not read fngen.yaml. A finding that is known and right is acknowledged with
//fn:allow CODE "REASON" at each handler that it names, or for all in fngen.yaml.

The exit code is 100 if there are findings.`,
		RunE: func(c *cobra.Command, args []string) error { return vet(c.Context(), o, args) },
	}
	envFlag(c, o)
	return c
}

func vet(ctx context.Context, o *options, packages []string) error {
	p, err := openQuietly(ctx, o)
	if err != nil {
		return err
	}
	defer p.Close()
	found, acknowledged, err := p.Vet(ctx, packages)
	if err != nil {
		return err
	}
	return o.report(found, acknowledged)
}

// report says findings, which are all that a command has to say.
func (o *options) report(found []gen.Diagnostic, acknowledged int) error {
	if err := o.keep(found); err != nil {
		return err
	}
	for _, d := range found {
		o.find(d)
	}
	o.sum(found, acknowledged)
	if len(found) > 0 {
		return errFindings
	}
	return nil
}

// openQuietly opens the application for a command with findings of its own: what
// is wrong otherwise is said if it is an error.
func openQuietly(ctx context.Context, o *options) (*gen.Project, error) {
	p, err := read(ctx, o, gen.Options{})
	if err != nil {
		return nil, err
	}
	var failed []gen.Diagnostic
	for _, d := range p.Diagnostics() {
		if d.Severity == gen.Error && d.Target == "" {
			failed = append(failed, d)
		}
	}
	if err := o.report(failed, 0); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// isVetTool reports whether go vet runs this program: with a question about it,
// or with flags and the file that describes a package.
func isVetTool(args []string) bool {
	for _, flag := range args[:max(len(args)-1, 0)] {
		if !strings.HasPrefix(flag, "-") {
			return false
		}
	}
	return len(args) > 0 && (args[0] == "-V=full" || args[0] == "-flags" || strings.HasSuffix(args[len(args)-1], ".cfg"))
}
