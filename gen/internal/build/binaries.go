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
	"slices"
	"sync"

	"github.com/fngen/fngen/gen/internal/build/gocmd"
	"github.com/fngen/fngen/gen/internal/model"
)

// linkFlags make binaries small and the same wherever they are built.
var linkFlags = []string{"-buildvcs=false", "-ldflags=-s -w -buildid="}

// A binaryMaker makes archives that hold compiled entrypoints.
type binaryMaker struct {
	w        *Workspace
	target   model.Target
	packager model.BinaryPackager
	packages map[string]linkedPackage // by import path
}

func newBinaryMaker(w *Workspace, t model.Target, packager model.BinaryPackager, packages []linkedPackage) maker {
	m := &binaryMaker{w: w, target: t, packager: packager}
	m.setPackages(packages)
	return m
}

func (m *binaryMaker) setPackages(packages []linkedPackage) {
	m.packages = map[string]linkedPackage{}
	for _, p := range packages {
		m.packages[p.ImportPath] = p
	}
}

// reload compiles what has changed since the packages were listed.
func (m *binaryMaker) reload(ctx context.Context) error {
	packages, err := m.w.load(ctx, m.target, m.w.app.Functions)
	m.setPackages(packages)
	return err
}

// compile compiles and links the functions' entrypoints.
func (m *binaryMaker) compile(ctx context.Context, functions []model.Function) error {
	args := append(slices.Clone(linkFlags), "-o", m.w.dir+"/bin/")
	_, err := m.w.run(ctx, m.target.Platform(), "build", append(args, packagePaths(m.target, functions)...)...)
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
	platform := m.target.Platform()
	k := binaryKey{
		Fngen: self, Target: m.target.Name(), Function: f.Name,
		Settings: gocmd.Settings(platform), Flags: append(gocmd.CompileFlags(platform), linkFlags...),
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
