package gen

import (
	"context"
	"fmt"
	"path"
	"path/filepath"

	"github.com/fngen/fngen/gen/internal/build"
	"github.com/fngen/fngen/gen/internal/eject"
	"github.com/fngen/fngen/gen/internal/model"
)

// Eject writes what it takes to go on without fngen into the folder, below the
// application's root: the entrypoints of the project's targets as code of the
// user's, their infrastructure, and a Makefile that makes the archives of plain go
// commands. What the entrypoints import is added to go.mod. It returns the paths
// of the files, relative to the root, and path@version of the modules. The error is
// [Findings] of what is in the way; nothing is overwritten.
func (p *Project) Eject(ctx context.Context, folder string) (files, added []string, err error) {
	if err := p.usable(); err != nil {
		return nil, nil, err
	}
	folder = path.Clean(filepath.ToSlash(folder))
	if err := eject.Check(p.root, folder); err != nil {
		return nil, nil, err
	}
	var targets []eject.Target
	for _, t := range p.targets {
		targets = append(targets, eject.Target{Target: t.Target, App: t.app, Infrastructure: t.infrastructure})
	}
	entrypoints, err := p.entrypoints()
	if err != nil {
		return nil, nil, err
	}
	list, err := eject.Files(targets)
	if err != nil {
		return nil, nil, err
	}
	unlock, err := build.Lock(ctx, p.root.Name(), p.waiting)
	if err != nil {
		return nil, nil, err
	}
	defer unlock()
	if err := eject.InTheWay(p.root, folder, list); err != nil {
		return nil, nil, facade(err)
	}
	modules, err := p.complete(p.logged(ctx), entrypoints)
	if err != nil {
		return nil, nil, err
	}
	if err := modules.Save(); err != nil {
		return nil, nil, facade(err)
	}
	if err := eject.Write(p.root, folder, list); err != nil {
		return nil, nil, err
	}
	for _, f := range list {
		files = append(files, path.Join(folder, f.Path))
	}
	return files, modules.Added, nil
}

// complete returns what the entrypoints lack in go.mod and go.sum.
func (p *Project) complete(ctx context.Context, entrypoints []model.File) (build.Completion, error) {
	w, err := build.NewWorkspace(p.targets[0].app, entrypoints)
	if err != nil {
		return build.Completion{}, err
	}
	defer w.Close()
	for _, t := range p.targets {
		if err := w.Complete(ctx, t, t.app); err != nil {
			return build.Completion{}, fmt.Errorf("%s: %w", t.Name(), err)
		}
	}
	return w.Completion()
}
