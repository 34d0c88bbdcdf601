package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
)

func newDoctor(o *options) *cobra.Command {
	var on string
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Say what runs out, and what is behind",
		Long: `Say how long the platforms maintain the runtimes of the functions, and Go itself the
version that compiles them, and find what has to be looked after:

  a runtime or a Go that is at its end, or will be within 60 days
  entrypoints that are not what this fngen writes
  artifacts in dist/ of an older fngen, or of a Go at its end
  versions of fngen that differ between this one, go.mod and fngen.mod
  what this fngen knows of runtimes, if it was checked more than 120 days ago

Programs that fngen deploy needs and places with credentials are shown, and are no
findings; what is in the places is not read. Nothing is written and nobody on the
network is asked: modules have to be in the module cache, or in vendor/.

--on shows what will be found on another day. A finding that is known is acknowledged
in fngen.yaml, allow: {CODE: REASON}. The exit code is 100 if there are findings.`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			day := time.Now()
			if on != "" {
				var err error
				if day, err = time.Parse(time.DateOnly, on); err != nil {
					return usageError{fmt.Errorf("--on %q is no day; write it as 2027-02-01", on)}
				}
			}
			return doctor(c.Context(), o, day)
		},
	}
	targetFlag(c, o)
	c.Flags().StringVar(&on, "on", "", "the `day` for which it is examined, 2027-02-01 for instance (today)")
	return c
}

func doctor(ctx context.Context, o *options, day time.Time) error {
	for name, value := range map[string]string{"GOPROXY": "off", "GONOPROXY": "none", "GOVCS": "*:off"} { // of each go command
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	p, err := openQuietly(ctx, o)
	if err != nil {
		return err
	}
	defer p.Close()
	report, found, acknowledged, err := p.Doctor(ctx, day)
	if err != nil {
		return o.refused(err)
	}
	if o.output == "json" {
		err = printJSON(o.stdout, report)
	} else {
		w := tabwriter.NewWriter(o.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "PLATFORM\tRUNTIME\tMAINTAINED UNTIL\tNOTHING NEW FROM\tNO UPDATE FROM\tCHECKED")
		for _, r := range report.Runtimes {
			fmt.Fprintf(w, "%s\t%s", r.Platform, r.ID)
			for _, text := range []string{r.Deprecated.String(), r.NoCreation.String(), r.NoUpdate.String(), r.Checked.String()} {
				fmt.Fprintf(w, "\t%s", cmp.Or(text, "-"))
			}
			fmt.Fprintln(w)
		}
		fmt.Fprintln(w)
		for _, t := range report.Tools {
			fmt.Fprintf(w, "%s\t%s\t%s\n", t.Target, t.Name, cmp.Or(t.Path, "not there"))
		}
		for _, c := range report.Credentials {
			fmt.Fprintf(w, "%s\tcredentials\t%s\n", c.Target, cmp.Or(c.Place, "none found"))
		}
		err = w.Flush()
	}
	if err != nil {
		return err
	}
	return o.report(found, acknowledged)
}
