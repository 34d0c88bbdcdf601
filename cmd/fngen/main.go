// Command fngen generates entrypoints and packages for AWS Lambda, Google
// Cloud Functions and Apache OpenWhisk from Go functions with directives.
//
// What it says: results go to standard output, everything else to standard
// error. A finding in the user's files is file:line:col: error: what is wrong;
// what to do [code], and all of them come at once, the errors last. Any other
// failure is fngen: error: and the reason. With -o json standard error is JSON,
// an object a line, but for wrong usage and what -v shows. Exit codes: 0 done, 1 failed, 2 usage, 100 findings.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // time zones in directives mean the same on every machine

	"github.com/fngen/fngen/gen"
)

func main() {
	if isVetTool(os.Args[1:]) {
		new(gen.Project).VetTool()
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

const (
	exitFailed   = 1
	exitUsage    = 2
	exitFindings = 100
)

// errFindings ends a command whose findings are printed already.
var errFindings = errors.New("findings")

// usageError is a command line that is not understood.
type usageError struct{ error }

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o := &options{stdin: os.Stdin, stdout: stdout, stderr: stderr}
	root := newCommand(o)
	root.SetArgs(args)
	command, err := root.ExecuteContextC(ctx)
	var usage usageError
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errFindings):
		return exitFindings
	case errors.As(err, &usage):
		fmt.Fprintf(stderr, "fngen: error: %v\nRun %s --help for how to use it.\n", err, command.CommandPath())
		return exitUsage
	case ctx.Err() != nil:
		err = errors.New("interrupted")
	}
	o.fail(err)
	return exitFailed
}
