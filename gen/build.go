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

// Build compiles and packages the functions for the target and replaces
// dist/<target>/. An earlier one stays as it was if anything fails.
func Build(ctx context.Context, t Target, app App, functions []Function) ([]Artifact, error) {
	files, err := Entrypoints(t, functions)
	if err != nil {
		return nil, err
	}
	w, err := NewWorkspace(app, files)
	if err != nil {
		return nil, err
	}
	defer w.Close()
	if err := w.Complete(ctx, t, functions); err != nil {
		return nil, fmt.Errorf("%s: %w", t.Name(), err)
	}
	archives, err := w.archives(ctx, t, functions, files)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t.Name(), err)
	}
	return writeDist(app, t, functions, archives)
}

// archives returns the functions' archives, in their order.
func (w *Workspace) archives(ctx context.Context, t Target, functions []Function, files []File) ([][]byte, error) {
	args := buildFlags
	if _, ok := t.(BinaryPackager); ok {
		args = append(slices.Clone(args), "-o", filepath.Join(w.dir, "bin")+string(filepath.Separator))
	}
	args = slices.Concat(args, packagePaths(t, functions))
	if _, err := w.run(ctx, t.Platform(), "build", args...); err != nil {
		return nil, err
	}
	var archives [][]byte
	for _, f := range functions {
		contents, err := w.contents(ctx, t, f, files)
		if err != nil {
			return nil, fmt.Errorf("package %s: %w", f.Name, err)
		}
		archive, err := Zip(contents)
		if err != nil {
			return nil, fmt.Errorf("package %s: %w", f.Name, err)
		}
		archives = append(archives, archive)
	}
	return archives, nil
}

func (w *Workspace) contents(ctx context.Context, t Target, f Function, files []File) ([]File, error) {
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
		return t.PackageSource(f, module)
	}
	return nil, fmt.Errorf("the target %s has no packager", t.Name())
}

// writeDist replaces dist/<target>/ with the archives.
func writeDist(app App, t Target, functions []Function, archives [][]byte) ([]Artifact, error) {
	root, err := os.OpenRoot(app.Root)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	final, temporary := DistDir+"/"+t.Name(), DistDir+"/."+t.Name()+".tmp"
	if err := root.RemoveAll(temporary); err != nil {
		return nil, err
	}
	if err := root.MkdirAll(temporary, 0o755); err != nil {
		return nil, err
	}
	defer root.RemoveAll(temporary)
	var artifacts []Artifact
	for i, f := range functions {
		name := f.Name + ".zip"
		if err := root.WriteFile(temporary+"/"+name, archives[i], 0o644); err != nil {
			return nil, err
		}
		sum := sha256.Sum256(archives[i])
		artifacts = append(artifacts, Artifact{f, t.Name(), final + "/" + name, int64(len(archives[i])), hex.EncodeToString(sum[:])})
	}
	if err := root.RemoveAll(final); err != nil {
		return nil, err
	}
	return artifacts, root.Rename(temporary, final)
}
