package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/fngen/fngen/gen"
)

func newDev(o *options) *cobra.Command {
	var address, profile string
	c := &cobra.Command{
		Use:   "dev",
		Short: "Run all functions on this machine, and anew when a file is saved",
		Long: `Compile all functions into one program, run each in a process of its own under the
protocol of its platform, in more of them while it is busy, and do so again when a file is
saved. No account and no container is needed.

HTTP functions are served at one address by their routes. Between the others stands a
broker in memory: what one sends to a queue, a topic or a bus is delivered to those that
are fed by it, with the platform's own batches, retries, order and dead letters, and waits
that are sixty times shorter. Schedules fire. A file that is put into, changed in or taken
out of .fngen/objects/BUCKET/ is an object of the bucket. What waits is lost at exit; a
build in between loses nothing.

What functions use by //fn:use is here, too: collections in memory, buckets in those
folders, and secrets from FNGEN_SECRET_PARAM in the environment or in .fngen/secrets.env.
What one function writes is delivered to those that listen to it.

The new program takes over when all of its functions are ready; the old one finishes what
it has. As long as the files do not compile, or a function does not start, the old one
stays, which is said. Answers have the number of their build in X-Fngen-Build, and if that
is not the newest the reason in X-Fngen-Stale.

The target is the first that fngen.yaml names, or aws. Without --addr it is served at
127.0.0.1:8080, or at a port near it if that is taken. SIGINT (Ctrl-C) and SIGTERM let
functions finish what they have, for ten seconds at most; a second one ends them at once.

What functions run with is as fngen invoke --help says: dummy credentials, the variables
of fngen.yaml, secrets from the environment or .fngen/secrets.env, and nothing else of
your environment. With --aws-profile they have the keys and the region of that profile,
which the AWS CLI, version 2, resolves when a process starts: what they call themselves is
real then, but for SQS, SNS, EventBridge and what they use, which are here. What is built lies in .fngen/,
which git ignores. Callers are not checked here, as targets.gcp.audience has it done
elsewhere, which is said.

With -o json each thing that happens is an object on a line of its own.`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if c.Flags().Changed("addr") && address == "" {
				return usageError{errors.New("--addr is empty; give a host and a port, or leave the flag out")}
			}
			if c.Flags().Changed("aws-profile") && profile == "" {
				return usageError{errors.New("--aws-profile is empty; give the name of a profile, or leave the flag out")}
			}
			return dev(c.Context(), o, address, profile)
		},
	}
	c.Flags().StringVar(&o.target, "target", "", "the `target` (the first in fngen.yaml, else aws)")
	envFlag(c, o)
	c.Flags().StringVar(&address, "addr", "", "the `address` to listen at, HOST:PORT (default 127.0.0.1:8080, or a port near it)")
	c.Flags().StringVar(&profile, "aws-profile", "", "the `profile` of the AWS CLI whose credentials functions have (dummy ones)")
	return c
}

func dev(ctx context.Context, o *options, address, profile string) error {
	targets, err := parseTargets(o.target)
	if err != nil {
		return err
	}
	if len(targets) > 1 {
		return usageError{errors.New("functions run as those of one target; give one")}
	}
	p, err := read(ctx, o, gen.Options{Local: true, AWSProfile: profile})
	if err != nil {
		return err
	}
	defer p.Close()
	if err := o.keep(p.Diagnostics()); err != nil {
		return err
	}
	for _, d := range p.Diagnostics() {
		if d.Severity == gen.Warning { // errors are said when they are served around
			o.find(d)
		}
	}
	if profile != "" && !slices.Equal(p.Targets(), []string{"aws"}) {
		return usageError{fmt.Errorf("--aws-profile is for the target aws, not for %s", strings.Join(p.Targets(), ", "))}
	}
	atOnce, stop := interruptedTwice()
	defer stop()
	inColour := isTerminal(o.stdout) && os.Getenv("NO_COLOR") == ""
	return p.Dev(ctx, atOnce, address, o.stdout, o.output == "json", inColour)
}

// interruptedTwice returns what is closed at the second signal to end, until stop is
// called. The first one ends the context.
func interruptedTwice() (twice <-chan struct{}, stop func()) {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	out, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		for range 2 {
			select {
			case <-signals:
			case <-stopped:
				return
			}
		}
		close(out)
	}()
	return out, func() {
		signal.Stop(signals)
		close(stopped)
	}
}
