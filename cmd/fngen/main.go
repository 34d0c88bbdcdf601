// Command fngen generates entrypoints and packages for AWS Lambda, Google
// Cloud Functions and Apache OpenWhisk from Go functions with directives.
//
// What it says: results go to standard output, everything else to standard
// error. A finding in the user's files is file:line:col: what is wrong; what
// to do, and all of them come at once. Any other failure is fngen: error: and
// the reason. Exit codes: 0 done, 1 failed, 2 usage, 100 findings.
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
)

func main() {
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
	command := newCommand(stdout, stderr)
	command.SetArgs(args)
	err := command.ExecuteContext(ctx)
	var usage usageError
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errFindings):
		return exitFindings
	case errors.As(err, &usage):
		fmt.Fprintf(stderr, "fngen: error: %v\nRun fngen help for how to use it.\n", err)
		return exitUsage
	case ctx.Err() != nil:
		fmt.Fprintln(stderr, "fngen: error: interrupted")
		return exitFailed
	}
	fmt.Fprintf(stderr, "fngen: error: %v\n", err)
	return exitFailed
}
