package gen

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
	"strings"

	"golang.org/x/mod/modfile"
)

const fngenModule = "github.com/fngen/fngen"

// A Workspace is where an application is compiled with its entrypoints, which
// need not be on disk, and with a copy of go.mod and go.sum that may be
// completed. It writes to a temporary folder alone.
type Workspace struct {
	app      App
	dir      string
	original moduleFiles
}

type moduleFiles struct{ mod, sum []byte }

// NewWorkspace returns a workspace with the entrypoint files, whose paths are
// relative to the application's root. Close removes it.
func NewWorkspace(app App, files []File) (_ *Workspace, err error) {
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
func (w *Workspace) hideOthers(replace map[string]string, dir string, files []File) {
	entries, _ := os.ReadDir(filepath.Join(w.app.Root, dir))
	for _, e := range entries {
		name := dir + "/" + e.Name()
		data, err := os.ReadFile(filepath.Join(w.app.Root, name))
		if err == nil && strings.HasPrefix(string(data), header) && !slices.ContainsFunc(files, func(f File) bool { return f.Path == name }) {
			replace[filepath.Join(w.app.Root, name)] = ""
		}
	}
}

// Close removes the temporary folder.
func (w *Workspace) Close() error { return os.RemoveAll(w.dir) }

// run runs a go command that compiles or loads packages.
func (w *Workspace) run(ctx context.Context, platform Platform, command string, args ...string) ([]byte, error) {
	flags := append(compileFlags(platform), w.flags()...)
	return runGo(ctx, w.app.Root, goEnv(platform), slices.Concat([]string{command}, flags, args)...)
}

func (w *Workspace) flags() []string {
	return []string{"-overlay=" + filepath.Join(w.dir, "overlay.json"), "-modfile=" + filepath.Join(w.dir, "go.mod")}
}

// Complete adds the modules to the workspace's go.mod and go.sum that the
// target's entrypoints import and that are missing, at the versions that
// fngen's own module requires.
func (w *Workspace) Complete(ctx context.Context, t Target, functions []Function) error {
	if err := w.resolve(ctx, t, functions); err == nil {
		return nil
	}
	if err := w.add(ctx, t, functions); err != nil {
		return err
	}
	return w.resolve(ctx, t, functions)
}

// add adds what is missing in the workspace's go.mod and go.sum.
func (w *Workspace) add(ctx context.Context, t Target, functions []Function) error {
	mod, err := w.mod()
	if err != nil {
		return err
	}
	own := func(r *modfile.Require) bool { return r.Mod.Path == fngenModule }
	if mod.Module.Mod.Path != fngenModule && !slices.ContainsFunc(mod.Require, own) {
		version := Version()
		if version == "(devel)" {
			return fmt.Errorf("go.mod does not require %s, and this fngen has no version of its own to add; run go get %[1]s", fngenModule)
		}
		if err := w.get(ctx, t, fngenModule+"@"+version); err != nil {
			return err
		}
	}
	return w.get(ctx, t, packagePaths(t, functions)...)
}

func (w *Workspace) get(ctx context.Context, t Target, args ...string) error {
	_, err := runGo(ctx, w.app.Root, goEnv(t.Platform()), slices.Concat([]string{"get"}, w.flags(), args)...)
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

// Added returns path@version of the requirements that Complete added, or what
// else it changed.
func (w *Workspace) Added() ([]string, error) {
	now, err := w.mod()
	if err != nil {
		return nil, err
	}
	before, err := modfile.Parse("go.mod", w.original.mod, nil)
	if err != nil {
		return nil, err
	}
	had := map[string]bool{}
	for _, r := range before.Require {
		had[r.Mod.String()] = true
	}
	var added []string
	for _, r := range now.Require {
		if !had[r.Mod.String()] {
			added = append(added, r.Mod.String())
		}
	}
	if len(added) == 0 && !w.sumIsOriginal() {
		added = []string{"checksums in go.sum"}
	}
	return added, nil
}

func (w *Workspace) sumIsOriginal() bool {
	sum, err := os.ReadFile(filepath.Join(w.dir, "go.sum"))
	return err == nil && string(sum) == string(w.original.sum)
}

// Save writes the completed go.mod and go.sum to the application's module.
func (w *Workspace) Save() error {
	root, err := os.OpenRoot(w.app.Module.Dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for name, old := range map[string][]byte{"go.mod": w.original.mod, "go.sum": w.original.sum} {
		data, err := os.ReadFile(filepath.Join(w.dir, name))
		if err != nil {
			return err
		}
		if string(data) == string(old) {
			continue
		}
		if err := writeFile(root, name, data); err != nil {
			return err
		}
	}
	return nil
}

func packagePaths(t Target, functions []Function) []string {
	var paths []string
	for _, f := range functions {
		paths = append(paths, "./"+Folder(t.Name(), f))
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
	if info.Main.Path == fngenModule && info.Main.Version != "" {
		return info.Main.Version
	}
	for _, d := range info.Deps {
		if d.Path == fngenModule && d.Replace == nil {
			return d.Version
		}
	}
	return "(devel)"
}
