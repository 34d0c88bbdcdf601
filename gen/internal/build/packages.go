package build

import (
	"context"
	"slices"

	"github.com/fngen/fngen/gen/internal/build/gocmd"
	"github.com/fngen/fngen/gen/internal/model"
)

// load completes the workspace, compiles the packages that the entrypoints
// consist of without linking them, and returns those packages.
func (w *Workspace) load(ctx context.Context, t model.Target, functions []model.Function) ([]linkedPackage, error) {
	compiled := append([]string{"-export", "-json=ImportPath,BuildID,Deps,Module"}, linkFlags...)
	out, err := w.list(ctx, t, functions, compiled...)
	if err != nil {
		if _, e := w.list(ctx, t, functions); e == nil {
			return nil, err // nothing is missing, and what there is does not compile
		}
		if err := w.add(ctx, t, functions); err != nil {
			return nil, err
		}
		if out, err = w.list(ctx, t, functions, compiled...); err != nil {
			return nil, err
		}
	}
	return gocmd.DecodeList[linkedPackage](out)
}

// A linkedPackage is a package of a program.
type linkedPackage struct {
	packageID
	Deps []string // import paths of all that it links
}

// A packageID is what a compiled package is.
type packageID struct {
	ImportPath string
	BuildID    string
	Module     *struct {
		moduleID
		Replace *moduleID
	}
}

type moduleID struct{ Path, Version, Sum string }

// resolve fails if something that the entrypoints import is missing.
func (w *Workspace) resolve(ctx context.Context, t model.Target, functions []model.Function) error {
	if len(functions) == 0 {
		return nil
	}
	_, err := w.list(ctx, t, functions)
	return err
}

// list lists the entrypoints' packages and all that they import.
func (w *Workspace) list(ctx context.Context, t model.Target, functions []model.Function, flags ...string) ([]byte, error) {
	return w.run(ctx, t.Platform(), "list", slices.Concat([]string{"-deps"}, flags, packagePaths(t, functions))...)
}
