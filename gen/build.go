package gen

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// An Artifact is a built package of one function.
type Artifact struct {
	Function Function
	Target   string
	Path     string // relative to the application's root
	Size     int64  // bytes
	SHA256   string // hex
}

// buildFlags make binaries small and the same wherever they are built.
var buildFlags = []string{"-buildvcs=false", "-ldflags=-s -w -buildid="}

// Built is what was built for a target.
type Built struct {
	Target    string
	Artifacts []Artifact
	Files     []File // of dist/<target>/, sorted by path
}

// Build compiles and packages the functions, those of app that are meant for
// the target. It writes nothing to the application's folder.
func Build(ctx context.Context, t Target, app App) (Built, error) {
	built := Built{Target: t.Name()}
	files, err := Entrypoints(t, app.Functions)
	if err != nil {
		return built, err
	}
	if built.Files, err = t.Infrastructure(app); err != nil {
		return built, err
	}
	w, err := NewWorkspace(app, files)
	if err != nil {
		return built, err
	}
	defer w.Close()
	if err := w.Complete(ctx, t, app.Functions); err != nil {
		return built, fmt.Errorf("%s: %w", t.Name(), err)
	}
	archives, err := w.archives(ctx, t, app.Functions, files)
	if err != nil {
		return built, fmt.Errorf("%s: %w", t.Name(), err)
	}
	for i, f := range app.Functions {
		for _, a := range archives[i] {
			built.Files = append(built.Files, a)
			built.Artifacts = append(built.Artifacts, Artifact{f, t.Name(), path.Join(DistDir, t.Name(), a.Path), int64(len(a.Data)), digest(a.Data)})
		}
	}
	slices.SortFunc(built.Files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return built, nil
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// archives returns the archives of each function, in their order.
func (w *Workspace) archives(ctx context.Context, t Target, functions []Function, files []File) ([][]File, error) {
	args := buildFlags
	if _, ok := t.(BinaryPackager); ok {
		args = append(slices.Clone(args), "-o", filepath.Join(w.dir, "bin")+string(filepath.Separator))
	}
	args = slices.Concat(args, packagePaths(t, functions))
	if _, err := w.run(ctx, t.Platform(), "build", args...); err != nil {
		return nil, err
	}
	var archives [][]File
	for _, f := range functions {
		contents, err := w.contents(ctx, t, f, files)
		if err != nil {
			return nil, fmt.Errorf("package %s: %w", f.Name, err)
		}
		var zipped []File
		for _, a := range contents {
			file, err := a.zip()
			if err != nil {
				return nil, fmt.Errorf("package %s: %w", f.Name, err)
			}
			zipped = append(zipped, file)
		}
		archives = append(archives, zipped)
	}
	return archives, nil
}

func (w *Workspace) contents(ctx context.Context, t Target, f Function, files []File) ([]Archive, error) {
	folder := Folder(t.Name(), f)
	switch t := t.(type) {
	case BinaryPackager:
		binary, err := os.ReadFile(filepath.Join(w.dir, "bin", path.Base(folder)))
		if err != nil {
			return nil, err
		}
		return t.PackageBinary(f, binary)
	case SourcePackager:
		var root []File
		for _, file := range files {
			if path.Dir(file.Path) == folder {
				root = append(root, File{Path: path.Base(file.Path), Data: file.Data})
			}
		}
		module, err := w.stage(ctx, t.(Target), f, root)
		if err != nil {
			return nil, err
		}
		contents, err := t.PackageSource(f, module)
		return []Archive{{Path: f.Name + ".zip", Files: contents}}, err
	}
	return nil, fmt.Errorf("the target %s has no packager", t.Name())
}
