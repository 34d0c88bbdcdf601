package build

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime/debug"
	"slices"

	"golang.org/x/mod/modfile"

	"github.com/fngen/fngen/gen/internal/build/gocmd"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/output"
)

// A Workspace is where an application is compiled with its entrypoints, which
// need not be on disk, and with a copy of go.mod and go.sum that may be
// completed. It writes to a temporary folder alone.
type Workspace struct {
	app       model.App
	dir       string
	original  moduleFiles
	goVersion string // of the go command, if artifacts are made
}

type moduleFiles struct{ mod, sum []byte }

// NewWorkspace returns a workspace with the entrypoint files, whose paths are
// relative to the application's root. Close removes it.
func NewWorkspace(app model.App, files []model.File) (_ *Workspace, err error) {
	w := &Workspace{app: app}
	if w.dir, err = os.MkdirTemp("", "fngen-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			w.Close()
		}
	}()
	if w.original.mod, err = os.ReadFile(filepath.Join(app.Module.Dir, "go.mod")); err != nil {
		return nil, err
	}
	if w.original.sum, err = os.ReadFile(filepath.Join(app.Module.Dir, "go.sum")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	replace := map[string]string{}
	for i, f := range files {
		name := filepath.Join(w.dir, fmt.Sprintf("%d.go", i))
		if err := os.WriteFile(name, f.Data, 0o600); err != nil {
			return nil, err
		}
		replace[filepath.Join(app.Root, filepath.FromSlash(f.Path))] = name
		w.hideOthers(replace, path.Dir(f.Path), files)
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return nil, err
	}
	for name, data := range map[string][]byte{"overlay.json": overlay, "go.mod": w.original.mod, "go.sum": w.original.sum} {
		if err := os.WriteFile(filepath.Join(w.dir, name), data, 0o600); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// hideOthers takes the generated files out of the build that lie in the folder
// and are not among files.
func (w *Workspace) hideOthers(replace map[string]string, dir string, files []model.File) {
	entries, _ := os.ReadDir(filepath.Join(w.app.Root, dir))
	for _, e := range entries {
		name := dir + "/" + e.Name()
		data, err := os.ReadFile(filepath.Join(w.app.Root, name))
		if err == nil && output.IsGenerated(data) && !slices.ContainsFunc(files, func(f model.File) bool { return f.Path == name }) {
			replace[filepath.Join(w.app.Root, name)] = ""
		}
	}
}

// Close removes the temporary folder.
func (w *Workspace) Close() error { return os.RemoveAll(w.dir) }

// run runs a go command that compiles or loads packages.
func (w *Workspace) run(ctx context.Context, platform model.Platform, command string, args ...string) ([]byte, error) {
	flags := append(gocmd.CompileFlags(platform), w.flags()...)
	return gocmd.Run(ctx, w.app.Root, gocmd.Env(platform), slices.Concat([]string{command}, flags, args)...)
}

func (w *Workspace) flags() []string {
	return []string{"-overlay=" + filepath.Join(w.dir, "overlay.json"), "-modfile=" + filepath.Join(w.dir, "go.mod")}
}

// Complete adds the modules to the workspace's go.mod and go.sum that the
// target's entrypoints import and that are missing, at the versions that
// fngen's own module requires.
func (w *Workspace) Complete(ctx context.Context, t model.Target, functions []model.Function) error {
	if err := w.resolve(ctx, t, functions); err == nil {
		return nil
	}
	if err := w.add(ctx, t, functions); err != nil {
		return err
	}
	return w.resolve(ctx, t, functions)
}

// add adds what is missing in the workspace's go.mod and go.sum.
func (w *Workspace) add(ctx context.Context, t model.Target, functions []model.Function) error {
	mod, err := w.mod()
	if err != nil {
		return err
	}
	own := func(r *modfile.Require) bool { return r.Mod.Path == model.FngenModule }
	if mod.Module.Mod.Path != model.FngenModule && !slices.ContainsFunc(mod.Require, own) {
		version := Version()
		if version == "(devel)" {
			return fmt.Errorf("go.mod does not require %s, and this fngen has no version of its own to add; run go get %[1]s", model.FngenModule)
		}
		if err := w.get(ctx, t, model.FngenModule+"@"+version); err != nil {
			return err
		}
	}
	return w.get(ctx, t, packagePaths(t, functions)...)
}

func (w *Workspace) get(ctx context.Context, t model.Target, args ...string) error {
	_, err := gocmd.Run(ctx, w.app.Root, gocmd.Env(t.Platform()), slices.Concat([]string{"get"}, w.flags(), args)...)
	return err
}

func (w *Workspace) mod() (*modfile.File, error) {
	name := filepath.Join(w.dir, "go.mod")
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return modfile.Parse(name, data, nil)
}

func packagePaths(t model.Target, functions []model.Function) []string {
	var paths []string
	for _, f := range functions {
		paths = append(paths, "./"+model.Folder(t.Name(), f))
	}
	return paths
}

// Version returns the version of this fngen, "(devel)" if it was built from a
// checkout.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(devel)"
	}
	if info.Main.Path == model.FngenModule && info.Main.Version != "" {
		return info.Main.Version
	}
	for _, d := range info.Deps {
		if d.Path == model.FngenModule && d.Replace == nil {
			return d.Version
		}
	}
	return "(devel)"
}

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
