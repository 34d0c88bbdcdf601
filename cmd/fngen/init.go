package main

import (
	"context"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fngen/fngen/gen"
)

func newInit(o *options) *cobra.Command {
	var s gen.Scaffold
	var triggers string
	c := &cobra.Command{
		Use:   "init [FOLDER]",
		Short: "Write a small module to begin with",
		Long: `Write a module that builds, tests and runs at once: a handler with its test for
each trigger, fngen.yaml with its schema, and a go:generate line for the generator,
whose version is kept in fngen.mod, so that go.mod holds nothing of what it is
built of. Without --trigger it is a chain: an HTTP function puts into a queue what
another one takes out of it.

The folder is made if it is not there; without one it is that of -C. What is there
already is not overwritten: then it is a finding, and nothing is written.`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageError{fmt.Errorf("init takes one folder, and %q is another", args[1])}
			}
			return nil
		},
		ValidArgsFunction: folders,
		RunE: func(c *cobra.Command, args []string) error {
			s.Dir, s.Folder = o.dir, strings.Join(args, "")
			if len(args) == 1 && s.Folder == "" {
				return usageError{fmt.Errorf("the folder is empty; give one, or leave it out")}
			}
			if triggers != "" {
				s.Triggers = strings.Split(triggers, ",")
			}
			for _, kind := range s.Triggers {
				if known := s.Kinds(); !slices.Contains(known, kind) {
					return usageError{fmt.Errorf("--trigger %q is none of %s%s", kind, strings.Join(known, ", "), hint(kind, known))}
				}
			}
			if o.verbose {
				s.Log = o.stderr
			}
			return initialize(c.Context(), o, s)
		},
	}
	c.Flags().StringVar(&s.Module, "module", "", "the module's `path` (example.com/FOLDER)")
	c.Flags().StringVar(&triggers, "trigger", "", "`triggers` separated by commas (http,queue)")
	c.Flags().StringVar(&s.Replace, "replace", "", "the `checkout` of fngen that go.mod gets in the place of a version")
	return c
}

func initialize(ctx context.Context, o *options, s gen.Scaffold) error {
	files, workspace, err := s.Write(ctx)
	if err != nil {
		return o.refused(err)
	}
	folder := path.Clean(filepath.ToSlash(s.Folder))
	var list []change
	for _, name := range files {
		list = append(list, change{path.Join(folder, name), "created"})
	}
	if err := printList(o, list, func(c change) string { return c.Path + ": " + c.Change }); err != nil {
		return err
	}
	if workspace != "" {
		o.tell("note", "the workspace of %s is in force there: run go work use %s, and go generate with GOWORK=off", workspace, folder)
	}
	next := "go test ./... and fngen dev"
	if folder != "." {
		next = "cd " + folder + ", " + next
	}
	o.tell("note", "next: %s", next)
	return nil
}
