package build

import (
	"cmp"
	"context"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"

	"github.com/fngen/fngen/gen/internal/build/gocmd"
	"github.com/fngen/fngen/gen/internal/model"
)

// A stage makes modules of entrypoints that have all that they need in vendor/:
// of each package what go list names, wherever the go command has it from. The
// modules' paths lie below the application's, so that internal packages are
// within reach.
type stage struct {
	platform model.Platform
	main     string                   // the path of the application's module
	mod      *modfile.File            // as it will ship
	packages map[string]linkedPackage // by import path
	files    map[string][]model.File  // below vendor/, by the import path of the package that needs them
}

// newStage returns the stage for entrypoints that link the packages.
func (w *Workspace) newStage(linked []linkedPackage, isEntrypoint func(importPath string) bool) (*stage, error) {
	mod, err := w.mod()
	if err != nil {
		return nil, err
	}
	if err := stagedMod(mod, w.app.Module.Path); err != nil {
		return nil, err
	}
	s := &stage{platform: w.app.Platform, main: w.app.Module.Path, mod: mod, packages: map[string]linkedPackage{}, files: map[string][]model.File{}}
	for _, p := range linked {
		s.packages[p.ImportPath] = p
		if p.Standard || isEntrypoint(p.ImportPath) {
			continue
		}
		if s.files[p.ImportPath], err = s.read(p); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// stagedMod makes of an application's go.mod that of a module which requires
// the application. vendor/ takes the place of replacements by folders.
func stagedMod(mod *modfile.File, main string) error {
	version := "v0.0.0"
	_, major, _ := module.SplitPathVersion(main)
	if major := module.PathMajorPrefix(major); major != "" {
		version = major + ".0.0"
	}
	mod.DropToolchainStmt()
	for _, t := range slices.Clone(mod.Tool) {
		if err := mod.DropTool(t.Path); err != nil {
			return err
		}
	}
	for _, r := range slices.Clone(mod.Replace) {
		if r.New.Version != "" {
			continue
		}
		if err := mod.DropReplace(r.Old.Path, r.Old.Version); err != nil {
			return err
		}
	}
	if err := mod.AddRequire(main, version); err != nil {
		return err
	}
	mod.Cleanup()
	return nil
}

// module returns the files of the module of the path, with the entrypoints'
// own and what the packages of them need in vendor/, and the modules that they
// are of. It is as if these alone had been vendored.
func (s *stage) module(modulePath string, own []model.File, importPaths ...string) ([]model.File, []usedModule, error) {
	if err := s.mod.AddModuleStmt(modulePath); err != nil {
		return nil, nil, err
	}
	mod, err := s.mod.Format()
	if err != nil {
		return nil, nil, err
	}
	needed := map[string]linkedPackage{}
	for _, p := range importPaths {
		for _, dep := range s.packages[p].Deps {
			if _, ok := s.files[dep]; ok {
				needed[dep] = s.packages[dep]
			}
		}
	}
	vendored := map[string]model.File{}
	for name := range needed {
		for _, f := range s.files[name] {
			vendored[f.Path] = f
		}
	}
	listed, sums := vendoredOf(s.mod, needed)
	files := append(slices.Clone(own), model.File{Path: "go.mod", Data: mod}, model.File{Path: "vendor/modules.txt", Data: formatModules(listed)})
	for _, f := range vendored {
		files = append(files, f)
	}
	slices.SortFunc(files, func(a, b model.File) int { return cmp.Compare(a.Path, b.Path) })
	return files, vendoredModules(listed, sums, s.main), nil
}

// compile compiles the packages of a module in the folder, which need not
// exist, as Google's buildpack does: with nothing but what is in the module.
func (s *stage) compile(ctx context.Context, dir string, files []model.File) error {
	for _, f := range files {
		name := filepath.Join(dir, filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(name, f.Data, 0o600); err != nil {
			return err
		}
	}
	env := append(gocmd.Env(s.platform), "GOFLAGS=-mod=vendor", "GOPROXY=off")
	_, err := gocmd.Run(ctx, dir, env, slices.Concat([]string{"build"}, gocmd.CompileFlags(s.platform), []string{"./..."})...)
	return err
}

// read reads the files of a package that a build needs, and the licences of
// those that are not the application's.
func (s *stage) read(p linkedPackage) ([]model.File, error) {
	names := slices.Concat(p.GoFiles, s.otherVersions(p), p.SFiles, p.SysoFiles, p.EmbedFiles)
	if len(p.SFiles) > 0 {
		names = append(names, p.HFiles...)
	}
	var files []model.File
	add := func(dir, importPath, name string) error {
		data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		files = append(files, model.File{Path: path.Join("vendor", importPath, name), Data: data})
		return err
	}
	for _, name := range names {
		if err := add(p.Dir, p.ImportPath, name); err != nil {
			return nil, err
		}
	}
	if p.Module == nil || p.Module.Main {
		return files, nil
	}
	for dir, importPath := p.Dir, p.ImportPath; ; dir, importPath = filepath.Dir(dir), path.Dir(importPath) {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if !e.Type().IsRegular() || !licenceFile.MatchString(e.Name()) {
				continue
			}
			if err := add(dir, importPath, e.Name()); err != nil {
				return nil, err
			}
		}
		if importPath == p.Module.Path || !strings.HasPrefix(importPath, p.Module.Path+"/") {
			return files, nil
		}
	}
}
