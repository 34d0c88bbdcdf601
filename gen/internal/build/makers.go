package build

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"fmt"
	"os"
	"path"
	"path/filepath"

	"github.com/fngen/fngen/gen/internal/build/gocmd"
	"github.com/fngen/fngen/gen/internal/model"
)

// A binaryMaker makes archives that hold compiled entrypoints.
type binaryMaker struct {
	w        *Workspace
	target   model.Target
	packager model.BinaryPackager
	packages map[string]linkedPackage // by import path
}

// reload compiles what has changed since the packages were listed.
func (m *binaryMaker) reload(ctx context.Context) error {
	packages, err := m.w.load(ctx, m.target)
	m.packages = map[string]linkedPackage{}
	for _, p := range packages {
		m.packages[p.ImportPath] = p
	}
	return err
}

// compile compiles and links the functions' entrypoints.
func (m *binaryMaker) compile(ctx context.Context, functions []model.Function) error {
	args := append(gocmd.LinkFlags(m.w.app.Platform), "-o", m.w.dir+"/bin/")
	_, err := m.w.run(ctx, m.w.app, "build", append(args, packagePaths(m.target, functions)...)...)
	return err
}

func (m *binaryMaker) archives(f model.Function) ([]archive, error) {
	binary, err := os.ReadFile(filepath.Join(m.w.dir, "bin", path.Base(model.Folder(m.target.Name(), f))))
	if err != nil {
		return nil, err
	}
	info, err := buildinfo.Read(bytes.NewReader(binary))
	if err != nil {
		return nil, err
	}
	archives, err := m.pack(f, binary)
	for i := range archives {
		archives[i].Modules = binaryModules(info)
	}
	return archives, err
}

func (m *binaryMaker) names(f model.Function) ([]string, error) {
	archives, err := m.pack(f, nil)
	var names []string
	for _, a := range archives {
		names = append(names, a.name())
	}
	return names, err
}

// pack returns the archives of the function, whose binary may be nil to learn
// what else is in them.
func (m *binaryMaker) pack(f model.Function, binary []byte) ([]archive, error) {
	packaged, err := m.packager.PackageBinary(f, binary)
	var archives []archive
	for _, a := range packaged {
		archives = append(archives, archive{Archive: a})
	}
	return archives, err
}

// decides returns the packages' build IDs, which stand for the toolchain, the
// environment and flags of compilation, every source and embedded file, and what the
// binary records of its modules and settings; and what is in the archives besides.
func (m *binaryMaker) decides(f model.Function) (any, error) {
	entrypoint, err := m.listed(path.Join(m.w.app.Path, model.Folder(m.target.Name(), f)))
	if err != nil {
		return nil, err
	}
	packages := []packageID{entrypoint.packageID}
	for _, dep := range entrypoint.Deps {
		p, err := m.listed(dep)
		if err != nil {
			return nil, err
		}
		packages = append(packages, p.packageID)
	}
	archives, err := m.pack(f, nil)
	return []any{m.target.Name(), f.Name, packages, archives}, err
}

// listed returns what go list says of the package, which has a build ID: that
// of unsafe, which is not compiled, is empty.
func (m *binaryMaker) listed(path string) (linkedPackage, error) {
	p, ok := m.packages[path]
	if !ok || p.BuildID == "" && path != "unsafe" {
		return p, fmt.Errorf("go list says nothing of how %s is compiled", path)
	}
	return p, nil
}

// A sourceMaker makes archives that hold an entrypoint as the root package of
// a module with all that it needs in vendor/.
type sourceMaker struct {
	w      *Workspace
	target model.Target
	stage  *stage
	roots  map[string][]model.File // by function
	made   map[string][]archive    // by function
}

func newSourceMaker(ctx context.Context, w *Workspace, t model.Target, functions []model.Function, entrypoints []model.File) (maker, error) {
	linked, err := w.load(ctx, t)
	if err != nil {
		return nil, err
	}
	m := &sourceMaker{w: w, target: t, roots: map[string][]model.File{}, made: map[string][]archive{}}
	are := map[string]bool{}
	for _, f := range w.app.Functions {
		are[m.importPath(f)] = true
	}
	if m.stage, err = w.newStage(linked, func(importPath string) bool { return are[importPath] }); err != nil {
		return nil, err
	}
	for _, f := range functions {
		for _, file := range entrypoints {
			if path.Dir(file.Path) == model.Folder(t.Name(), f) {
				m.roots[f.Name] = append(m.roots[f.Name], model.File{Path: path.Base(file.Path), Data: file.Data})
			}
		}
		files, modules, err := m.stage.module(path.Join(w.app.Path, model.DistDir, t.Name(), f.Name), m.roots[f.Name], m.importPath(f))
		if err != nil {
			return nil, err
		}
		m.made[f.Name] = []archive{{model.Archive{Path: f.Name + archiveExt, Files: files}, modules}}
	}
	return m, nil
}

// importPath is that of the function's entrypoint.
func (m *sourceMaker) importPath(f model.Function) string {
	return path.Join(m.w.app.Path, model.Folder(m.target.Name(), f))
}

// compile compiles the functions as the platform will, in one module, so that
// what does not compile there does not here.
func (m *sourceMaker) compile(ctx context.Context, functions []model.Function) error {
	var own []model.File
	var importPaths []string
	for _, f := range functions {
		for _, file := range m.roots[f.Name] {
			own = append(own, model.File{Path: f.Name + "/" + file.Path, Data: file.Data})
		}
		importPaths = append(importPaths, m.importPath(f))
	}
	files, _, err := m.stage.module(path.Join(m.w.app.Path, model.DistDir, m.target.Name()), own, importPaths...)
	if err != nil {
		return err
	}
	if err := m.stage.compile(ctx, filepath.Join(m.w.dir, "stage"), files); err != nil {
		return fmt.Errorf("compile the archives' sources as the platform will: %w", err)
	}
	return nil
}

func (*sourceMaker) names(f model.Function) ([]string, error) { return []string{f.Name}, nil }

// reload has nothing to do: what was read decides.
func (*sourceMaker) reload(context.Context) error { return nil }

func (m *sourceMaker) archives(f model.Function) ([]archive, error) { return m.made[f.Name], nil }

// decides returns what is archived.
func (m *sourceMaker) decides(f model.Function) (any, error) { return m.made[f.Name], nil }
