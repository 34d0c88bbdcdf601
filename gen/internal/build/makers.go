package build

import (
	"bytes"
	"context"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"sync"

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

// A binaryKey is all that decides the archives of a function. The packages'
// build IDs stand for the toolchain, the environment and flags of compilation,
// every source and embedded file, and what the binary records of its modules
// and settings.
type binaryKey struct {
	Fngen    string // the digest of this program, which compresses and writes the bill of materials
	Target   string
	Function string
	Settings []string // of the go command
	Flags    []string
	Packages []packageID     // linked, the entrypoint first
	Archives []model.Archive // with what is in them besides the binary
}

func (m *binaryMaker) key(f model.Function) (string, error) {
	self, err := selfDigest()
	if err != nil {
		return "", fmt.Errorf("read this program: %w", err)
	}
	platform := m.w.app.Platform
	k := binaryKey{
		Fngen: self, Target: m.target.Name(), Function: f.Name,
		Settings: gocmd.Settings(platform), Flags: append(gocmd.CompileFlags(platform), gocmd.LinkFlags(platform)...),
	}
	entrypoint, err := m.listed(path.Join(m.w.app.Path, model.Folder(m.target.Name(), f)))
	if err != nil {
		return "", err
	}
	k.Packages = append(k.Packages, entrypoint.packageID)
	for _, dep := range entrypoint.Deps {
		p, err := m.listed(dep)
		if err != nil {
			return "", err
		}
		k.Packages = append(k.Packages, p.packageID)
	}
	archives, err := m.pack(f, nil)
	if err != nil {
		return "", err
	}
	for _, a := range archives {
		k.Archives = append(k.Archives, a.Archive)
	}
	return keyOf(k)
}

// keyOf is the digest of all that is in the value.
func keyOf(v any) (string, error) {
	data, err := json.Marshal(v)
	return digest(data), err
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

// selfDigest returns the digest of this program.
var selfDigest = sync.OnceValues(func() (string, error) {
	name, err := os.Executable()
	if err != nil {
		return "", err
	}
	program, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer program.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, program); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
})

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

// reload has nothing to do: keys stand for what was read.
func (*sourceMaker) reload(context.Context) error { return nil }

func (m *sourceMaker) archives(f model.Function) ([]archive, error) { return m.made[f.Name], nil }

// key stands for what is archived, how it is compiled, and this program, which
// does it.
func (m *sourceMaker) key(f model.Function) (string, error) {
	self, err := selfDigest()
	if err != nil {
		return "", err
	}
	platform := m.w.app.Platform
	return keyOf(struct {
		Fngen           string // the digest of this program
		Settings, Flags []string
		Archives        []archive
	}{self, gocmd.Settings(platform), append(gocmd.CompileFlags(platform), gocmd.LinkFlags(platform)...), m.made[f.Name]})
}
