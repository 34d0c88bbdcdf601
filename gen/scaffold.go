package gen

import (
	"context"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"

	"golang.org/x/mod/modfile"

	"github.com/fngen/fngen/gen/internal/build"
	"github.com/fngen/fngen/gen/internal/build/gocmd"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/scaffold"
)

// A Scaffold is a module with which an application begins: handlers with their
// tests, fngen.yaml, and the generator in a fngen.mod beside go.mod. Both require
// the version of this fngen.
type Scaffold struct {
	Dir      string    // the folder that Folder lies in; "" for the working directory
	Folder   string    // that is written, and made if it is not there; "" for Dir itself
	Module   string    // the module's path; "" for example.com/ and the folder's name
	Triggers []string  // of those that Kinds returns; none for a chain of two
	Replace  string    // the checkout of fngen in the place of a version; "" for none
	Log      io.Writer // gets a line for each go command that runs; nil for none
}

// Kinds returns the triggers that a scaffold can have.
func (Scaffold) Kinds() []string { return scaffold.Kinds() }

// Write writes the module's files, and returns their paths in the folder and the
// go.work that is in force there, "" if none is. The error is [Findings] of the
// files that are in the way; nothing is written then, nor if anything else fails.
func (s Scaffold) Write(ctx context.Context) (files []string, workspace string, err error) {
	if s.Log != nil {
		ctx = gocmd.WithLog(ctx, s.Log)
	}
	o := scaffold.Options{
		Shown: path.Clean(filepath.ToSlash(s.Folder)), Module: s.Module, Triggers: s.Triggers,
		Version: build.Version(), Targets: Targets(),
	}
	if o.Dir, err = s.dir(); err != nil {
		return nil, "", err
	}
	if o.Schema, err = Schema(); err != nil {
		return nil, "", err
	}
	if s.Replace != "" {
		if o.Checkout, err = filepath.Abs(s.Replace); err != nil {
			return nil, "", err
		}
		mod, err := os.ReadFile(filepath.Join(o.Checkout, "go.mod"))
		if err != nil {
			return nil, "", fmt.Errorf("open the checkout: %w", err)
		}
		if found := modfile.ModulePath(mod); found != model.FngenModule {
			return nil, "", fmt.Errorf("%s is a checkout of %s, and not of %s", s.Replace, found, model.FngenModule)
		}
	}
	if files, err = scaffold.Write(ctx, o); err != nil {
		return nil, "", facade(err)
	}
	workspace, err = scaffold.Workspace(ctx, o.Dir)
	return files, workspace, err
}

// dir returns the absolute path of the folder.
func (s Scaffold) dir() (string, error) {
	root, err := openRoot(s.Dir)
	if err != nil {
		return "", err
	}
	defer root.Close()
	if filepath.IsAbs(s.Folder) {
		return filepath.Clean(s.Folder), nil
	}
	return filepath.Join(root.Name(), s.Folder), nil
}
