package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/fngen/fngen/gen"
)

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
