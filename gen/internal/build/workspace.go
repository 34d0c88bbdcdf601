package build

import (
	"bytes"
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

// run runs a go command that compiles or loads packages of the application as
// its platform has them.
func (w *Workspace) run(ctx context.Context, app model.App, command string, args ...string) ([]byte, error) {
	flags := append(gocmd.CompileFlags(app.Platform), w.flags()...)
	return gocmd.Run(ctx, w.app.Root, gocmd.Env(app.Platform), slices.Concat([]string{command}, flags, args)...)
}

func (w *Workspace) flags() []string {
	return []string{"-overlay=" + filepath.Join(w.dir, "overlay.json"), "-modfile=" + filepath.Join(w.dir, "go.mod")}
}

// Complete adds the modules to the workspace's go.mod and go.sum that the
// target's entrypoints import and that are missing, at the versions that
// fngen's own module requires. app has the functions that are meant for the
// target, and its platform. vendor/ may lack what was added until the user
// vendors again.
func (w *Workspace) Complete(ctx context.Context, t model.Target, app model.App) error {
	if len(app.Functions) == 0 {
		return nil
	}
	if _, err := w.list(ctx, t, app); err == nil {
		return nil
	}
	var besideVendor []string
	if w.vendored() {
		besideVendor = []string{"-mod=readonly"}
		if _, err := w.list(ctx, t, app, besideVendor...); err == nil {
			return nil
		}
	}
	if err := w.add(ctx, app, packagePaths(t, app.Functions)...); err != nil {
		return err
	}
	_, err := w.list(ctx, t, app, besideVendor...)
	return err
}

// vendored reports whether the go command takes modules from vendor/.
func (w *Workspace) vendored() bool {
	text, err := os.ReadFile(filepath.Join(w.app.Module.Dir, "vendor", "modules.txt"))
	return err == nil && !bytes.HasPrefix(text, []byte("## workspace")) && !gocmd.IgnoresVendor()
}

// add adds what the packages lack in the workspace's go.mod and go.sum.
func (w *Workspace) add(ctx context.Context, app model.App, packages ...string) error {
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
		if err := w.get(ctx, app, model.FngenModule+"@"+version); err != nil {
			return err
		}
	}
	return w.get(ctx, app, packages...)
}

func (w *Workspace) get(ctx context.Context, app model.App, args ...string) error {
	_, err := gocmd.Run(ctx, w.app.Root, gocmd.Env(app.Platform), slices.Concat([]string{"get"}, w.flags(), args)...)
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
func (w *Workspace) load(ctx context.Context, t model.Target) ([]linkedPackage, error) {
	compiled := append([]string{"-export", "-json=" + linkedFields}, gocmd.LinkFlags(w.app.Platform)...)
	var out []byte
	_, err := w.withModules(ctx, packagePaths(t, w.app.Functions), func() (err error) {
		out, err = w.list(ctx, t, w.app, compiled...)
		return err
	})
	if err != nil {
		return nil, err
	}
	return gocmd.DecodeList[linkedPackage](out)
}

// withModules compiles the packages as do does. What go.mod lacks of them it adds to
// the workspace's and reports it, and has do do it again.
func (w *Workspace) withModules(ctx context.Context, packages []string, do func() error) (added bool, err error) {
	failed := do()
	if failed == nil || ctx.Err() != nil {
		return false, failed
	}
	if _, err := w.run(ctx, w.app, "list", append([]string{"-deps"}, packages...)...); err == nil {
		return false, failed // nothing is missing, and what there is does not compile
	}
	if w.vendored() {
		return false, w.vendorError(failed)
	}
	if err := w.write(w.original); err != nil { // what was added before does not fit any more, perhaps
		return false, err
	}
	if err := w.add(ctx, w.app, packages...); err != nil {
		return false, err
	}
	return true, do()
}

// vendorError adds the way out to an error of the go command's about what
// vendor/ lacks. It has its own to what vendor/ and go.mod disagree on.
func (w *Workspace) vendorError(err error) error {
	if strings.Contains(err.Error(), "inconsistent vendoring") {
		return err
	}
	return fmt.Errorf("%w\nvendor/ has to hold what the entrypoints import, too; run fngen generate, which writes them, and then go mod vendor", err)
}

// A linkedPackage is a package of a program, as go list has it.
type linkedPackage struct {
	packageID
	Dir      string
	Standard bool
	Deps     []string // import paths of all that it links
	// The names of its files; IgnoredGoFiles are those that constraints leave out.
	GoFiles, IgnoredGoFiles, SFiles, HFiles, SysoFiles, EmbedFiles []string
}

const linkedFields = "ImportPath,BuildID,Module,Dir,Standard,Deps,GoFiles,IgnoredGoFiles,SFiles,HFiles,SysoFiles,EmbedFiles"

// A packageID is what a compiled package is.
type packageID struct {
	ImportPath string
	BuildID    string
	Module     *struct {
		moduleID
		GoVersion string
		Main      bool
		Replace   *moduleID
	}
}

type moduleID struct{ Path, Version, Sum string }

// list lists the entrypoints' packages and all that they import.
func (w *Workspace) list(ctx context.Context, t model.Target, app model.App, flags ...string) ([]byte, error) {
	return w.run(ctx, app, "list", slices.Concat([]string{"-deps"}, flags, packagePaths(t, app.Functions))...)
}
