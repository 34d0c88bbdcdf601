package discover

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"go/token"
	"go/types"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"sync"

	"golang.org/x/mod/modfile"
	"golang.org/x/tools/go/packages"

	"github.com/fngen/fngen/gen/internal/build/gocmd"
	"github.com/fngen/fngen/gen/internal/model"
)

// A typedPackage is a package of the application with its types.
type typedPackage struct {
	types *types.Package
	files map[string]bool // that are compiled, relative to the root
}

// loadTypes loads the packages in the folders, with the flags of the build so
// that what is compiled here is in its cache.
func loadTypes(ctx context.Context, root string, dirs []string, platform model.Platform) (map[string]typedPackage, []model.Diagnostic, error) {
	var patterns []string
	for _, d := range dirs {
		patterns = append(patterns, "./"+d)
	}
	config := &packages.Config{
		Context:    ctx,
		Mode:       packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedTypes | packages.NeedExportFile,
		Dir:        root,
		Env:        gocmd.Env(platform),
		BuildFlags: gocmd.CompileFlags(platform),
	}
	d := diagnosis{config: config, root: root, platform: platform}
	var cgo []model.Diagnostic
	var cgoErr error
	var beside sync.WaitGroup
	beside.Go(func() { cgo, cgoErr = d.cgoLeftOut(patterns) })
	loaded, err := packages.Load(config, patterns...)
	beside.Wait()
	if err != nil {
		return nil, nil, fmt.Errorf("load packages: %w%s", err, workspaceHint(root, err.Error()))
	}
	if len(loaded) == 0 { // the go command failed, and go/packages does not pass on why
		_, err := gocmd.Run(ctx, root, gocmd.Env(platform), slices.Concat([]string{"list"}, gocmd.CompileFlags(platform), patterns)...)
		return nil, nil, fmt.Errorf("load packages: %w", cmp.Or(err, errors.New("none found")))
	}
	found := map[string]typedPackage{}
	var failed []*packages.Package
	for _, p := range loaded {
		switch {
		case len(p.GoFiles) == 0 && len(p.IgnoredFiles) > 0:
			found[folderOf(root, p.IgnoredFiles[0])] = typedPackage{} // its files are left out
		case len(p.Errors) > 0 || p.IllTyped || p.Types == nil:
			failed = append(failed, p)
		default:
			t := typedPackage{types: p.Types, files: map[string]bool{}}
			for _, f := range p.CompiledGoFiles {
				t.files[gocmd.Relative(root, f)] = true
			}
			found[folderOf(root, p.GoFiles[0])] = t
		}
	}
	if len(failed) == 0 || cgoErr != nil {
		return found, cgo, cgoErr
	}
	diagnostics, err := d.diagnostics(failed)
	return found, append(diagnostics, cgo...), err
}

func folderOf(root, file string) string { return path.Dir(gocmd.Relative(root, file)) }

// readGoMod returns the go.mod of the module that the folder lies in, and the
// module's folder.
func readGoMod(root string) (string, *modfile.File, error) {
	for dir := root; ; dir = filepath.Dir(dir) {
		name := filepath.Join(dir, "go.mod")
		data, err := os.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			if dir == filepath.Dir(dir) {
				return "", nil, fmt.Errorf("no go.mod in %s or above it; run go mod init there first", root)
			}
			continue
		}
		if err != nil {
			return "", nil, err
		}
		file, err := modfile.Parse(name, data, nil)
		if err != nil {
			return "", nil, err
		}
		if file.Module == nil {
			return "", nil, fmt.Errorf("%s has no module line", name)
		}
		return dir, file, nil
	}
}

// findModule returns the module that the folder lies in and the folder's
// import path.
func findModule(root string) (model.Module, string, error) {
	dir, file, err := readGoMod(root)
	if err != nil {
		return model.Module{}, "", err
	}
	m := model.Module{Path: file.Module.Mod.Path, Dir: dir}
	for _, r := range file.Require {
		if r.Mod.Path == model.FngenModule {
			m.SDK = r.Mod.Version
		}
	}
	for _, r := range file.Replace {
		if r.Old.Path == model.FngenModule {
			m.SDK = r.New.Version
		}
		if r.New.Version == "" && filepath.IsAbs(r.New.Path) {
			m.Absolute = append(m.Absolute, token.Position{Filename: gocmd.Relative(root, filepath.Join(dir, "go.mod")), Line: r.Syntax.Start.Line, Column: r.Syntax.Start.LineRune})
		}
	}
	rel, err := filepath.Rel(dir, root)
	if err != nil {
		return model.Module{}, "", err
	}
	return m, path.Join(m.Path, filepath.ToSlash(rel)), nil
}
