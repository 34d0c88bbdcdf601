package main

import (
	"github.com/spf13/cobra"

	"github.com/fngen/fngen/gen"
)

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
