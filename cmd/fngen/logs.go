package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"
)

func newLogs(o *options) *cobra.Command {
	var since time.Duration
	var follow bool
	c := &cobra.Command{
		Use:   "logs FUNCTION",
		Short: "Show what a function has logged on the platform",
		Long: `Show what a function has logged where fngen deploy has brought it, the oldest first:
a line each, with the time at which it was logged. With -o json it is an object a line.

	fngen logs confirm --since 1h
	fngen logs confirm --follow

The target is the only one of fngen.yaml, or that of --target. --follow goes on until it is
interrupted; what is logged comes a few seconds later, on some platforms a minute.`,
		Args:              oneFunction,
		ValidArgsFunction: o.completeFunction,
		RunE: func(c *cobra.Command, args []string) error {
			if since <= 0 {
				return usageError{fmt.Errorf("--since %s is no time that has passed; give 10m or 1h, for instance", since)}
			}
			return logs(c.Context(), o, args[0], since, follow)
		},
	}
	targetFlag(c, o)
	c.Flags().DurationVar(&since, "since", 10*time.Minute, "how long ago the first line may be, a `duration` such as 1h30m")
	c.Flags().BoolVarP(&follow, "follow", "f", false, "go on with what is logged from now on")
	return c
}

func logs(ctx context.Context, o *options, function string, since time.Duration, follow bool) error {
	p, err := open(ctx, o, listing)
	if err != nil {
		return err
	}
	defer p.Close()
	if known := meant(p); !slices.Contains(known, function) {
		return usageError{fmt.Errorf("there is no function %q; fngen list shows them%s", function, hint(function, known))}
	}
	if targets := p.Targets(); len(targets) > 1 {
		return usageError{errors.New("logs are those of one target; give one with --target")}
	}
	return p.Logs(ctx, function, time.Now().Add(-since), follow, func(at time.Time, text string) {
		if o.output == "json" {
			printLine(o.stdout, map[string]string{"time": at.Format(time.RFC3339Nano), "text": text})
			return
		}
		fmt.Fprintln(o.stdout, at.Format("2006-01-02T15:04:05.000Z07:00"), text)
	})
}
