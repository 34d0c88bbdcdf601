package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fngen/fngen/gen"
)

// shipping are the flags of the commands that change something on a platform.
type shipping struct {
	dryRun bool
	yes    bool
	prune  bool
}

func (s *shipping) flags(c *cobra.Command) {
	c.Flags().BoolVar(&s.dryRun, "dry-run", false, "show the plan, and change nothing on the platform")
	c.Flags().BoolVar(&s.yes, "yes", false, "do not ask before anything is changed")
}

func newDeploy(o *options) *cobra.Command {
	var s shipping
	var cache string
	c := &cobra.Command{
		Use:   "deploy",
		Short: "Build the functions and bring them to the platform",
		Long: `Build the functions as fngen build does, compare them with what is on the platform of
each target, show what is to be created (+), changed (~) and removed (-), ask, and do it.
What is as it must be is not sent. In the end the addresses of HTTP functions are shown.

	fngen deploy --target=openwhisk --dry-run
	fngen deploy --target=aws --env=production --yes

Where standard input is no terminal nobody can be asked, and --yes is needed.

It may be interrupted at any time. What goes on without it is said, and the same command
does the rest.

On openwhisk, the API host and the key are those of .wskprops in your home folder, or of
the file in WSK_CONFIG_FILE. What feeds and callers know is taken from the environment, by
the names at the head of manifest.yaml. What the application no longer has is shown (!)
and goes on to run; --prune removes what fngen has deployed of it.

docs/deploy.md says what each platform needs, and what may go wrong there.`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return deploy(c.Context(), o, s, cache) },
	}
	targetFlag(c, o)
	s.flags(c)
	c.Flags().BoolVar(&s.prune, "prune", false, "remove what fngen has deployed and the application no longer has")
	c.Flags().StringVar(&cache, "cache", "", "the `folder` that keeps what was built, or off (default fngen in the user's cache folder)")
	return c
}

func deploy(ctx context.Context, o *options, s shipping, cache string) error {
	if err := o.mayAsk(s); err != nil {
		return err
	}
	p, err := open(ctx, o, !listing)
	if err != nil {
		return err
	}
	defer p.Close()
	progress := newProgress(o)
	built, list, err := p.Deploy(ctx, gen.BuildOptions{Cache: cacheFolder(cache), Progress: progress.step}, s.prune, s.dryRun)
	progress.end()
	if err != nil {
		return o.refused(err)
	}
	tellOthers(o, built.Others)
	return ship(ctx, o, s, "Deploy", list)
}

func newRemove(o *options) *cobra.Command {
	var s shipping
	c := &cobra.Command{
		Use:   "remove",
		Short: "Remove from the platform what deploy has brought there",
		Long: `Show what fngen has deployed of the application on the platform of each target, ask,
and remove it. What others have put there stays, and so does what fngen.yaml names as
there already, and on aws and gcp what holds data: queues and buckets for instance.

	fngen remove --target=openwhisk --dry-run

It may be interrupted at any time, as fngen deploy may; the same command does the rest.`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return remove(c.Context(), o, s) },
	}
	targetFlag(c, o)
	s.flags(c)
	return c
}

func remove(ctx context.Context, o *options, s shipping) error {
	if err := o.mayAsk(s); err != nil {
		return err
	}
	p, err := open(ctx, o, !listing)
	if err != nil {
		return err
	}
	defer p.Close()
	list, err := p.Remove(ctx)
	if err != nil {
		return err
	}
	return ship(ctx, o, s, "Remove", list)
}

// mayAsk refuses where nobody can be asked and no flag answers.
func (o *options) mayAsk(s shipping) error {
	if s.yes || s.dryRun || isTerminal(o.stdin) {
		return nil
	}
	return errNobody
}

var errNobody = usageError{errors.New("standard input is no terminal, so that nobody can be asked; give --yes, or --dry-run to see the plan")}

// A plan is what is done on one platform, as the facade gives it.
type plan interface {
	Changes() bool
	Print(io.Writer)
	Discard(context.Context)
	Run(ctx context.Context, tell func(string)) error
	Reached() []string // what a run leads to, a line each
}

// ship shows the plans, whose type has no name outside of the facade, asks, and carries them out one after the other.
func ship[P plan](ctx context.Context, o *options, s shipping, what string, plans []P) error {
	changes := false
	for _, p := range plans {
		defer p.Discard(ctx)
		changes = changes || p.Changes()
		switch {
		case o.output == "json":
		case s.dryRun:
			p.Print(o.stdout)
		default:
			p.Print(o.stderr)
		}
	}
	if s.dryRun {
		if o.output == "json" {
			return printJSON(o.stdout, append([]P{}, plans...))
		}
		return nil
	}
	if changes && !s.yes {
		if err := o.ask(ctx, what); err != nil {
			return err
		}
	}
	done := []P{}
	var failed error
	for _, p := range plans {
		if failed = p.Run(ctx, func(text string) { o.tell("note", "%s", text) }); failed != nil {
			break
		}
		done = append(done, p)
	}
	if o.output == "json" {
		return errors.Join(printJSON(o.stdout, done), failed)
	}
	for _, p := range done {
		for _, line := range p.Reached() {
			fmt.Fprintln(o.stdout, line)
		}
	}
	return failed
}

// ask asks on the terminal; anything but yes ends the command.
func (o *options) ask(ctx context.Context, what string) error {
	fmt.Fprintf(o.stderr, "%s? [y/N] ", what)
	answer := make(chan string, 1)
	go func() {
		line, err := bufio.NewReader(o.stdin).ReadString('\n')
		if err != nil { // /dev/null is no terminal either
			close(answer)
			return
		}
		answer <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(o.stderr)
		return ctx.Err()
	case text, ok := <-answer:
		if !ok {
			fmt.Fprintln(o.stderr)
			return errNobody
		}
		if text == "y" || text == "yes" {
			return nil
		}
	}
	return errors.New("nothing was changed")
}
