package gen

import (
	"context"

	"github.com/fngen/fngen/gen/internal/build"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/output"
)

// A Generation is what has to be done for the entrypoints on disk, and for the
// application's go.mod and go.sum, to be as they should. Nothing of it is done
// before Apply.
type Generation struct {
	Changes []Change
	Added   []string // path@version of the modules that go.mod lacks, or what else is added to go.mod and go.sum
	files   []output.Change
	modules build.Completion
}

// A Change is a generated file that is not as it should be.
type Change struct {
	Path   string // relative to the application's root
	Reason Reason
}

// A Reason says how a file is not as it should be.
type Reason string

// The reasons of a [Change].
const (
	Missing  Reason = "missing"
	Changed  Reason = "changed"
	Orphaned Reason = "orphaned" // its function is gone
)

// Generate writes the entrypoints of the project's targets in memory and
// compares them with those on disk. The error is [Findings] of the files that
// fngen did not write and that are in the way.
func (p *Project) Generate(ctx context.Context) (*Generation, error) {
	if err := p.usable(); err != nil {
		return nil, err
	}
	ctx = p.logged(ctx)
	files, err := p.entrypoints()
	if err != nil {
		return nil, err
	}
	changes, err := output.Changes(p.root, p.Targets(), files)
	if err != nil {
		return nil, facade(err)
	}
	g := &Generation{files: changes}
	for _, c := range changes {
		g.Changes = append(g.Changes, Change{c.Path, Reason(c.Reason)})
	}
	g.modules, err = p.complete(ctx, files)
	g.Added = g.modules.Added
	return g, err
}

// entrypoints returns those of all targets.
func (p *Project) entrypoints() (files []model.File, err error) {
	for _, t := range p.targets {
		made, err := output.Entrypoints(t, t.app.Functions)
		if err != nil {
			return nil, err
		}
		files = append(files, made...)
	}
	return files, nil
}

// Apply does what there is to do: it writes and deletes entrypoints, and adds to
// go.mod and go.sum. The error is [Findings] if those are links that lead out of
// the module's folder.
func (p *Project) Apply(ctx context.Context, g *Generation) error {
	unlock, err := build.Lock(ctx, p.root.Name(), p.waiting)
	if err != nil {
		return err
	}
	defer unlock()
	if err := output.Apply(p.root, g.files); err != nil {
		return err
	}
	return facade(g.modules.Save())
}
