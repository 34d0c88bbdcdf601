package output

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/fngen/fngen/gen/internal/model"
)

// Entrypoints returns the files of the functions' entrypoints, with paths
// relative to the application's root.
func Entrypoints(t model.Target, functions []model.Function) ([]model.File, error) {
	var files []model.File
	for _, f := range functions {
		entry, err := t.Entrypoint(f)
		if err != nil {
			return nil, err
		}
		for _, file := range entry {
			file.Path = model.Folder(t.Name(), f) + "/" + file.Path
			files = append(files, file)
		}
	}
	return files, nil
}

// A Change is a generated file that is not as it should be.
type Change struct {
	Path   string
	Reason string // missing, changed or orphaned
	file   model.File
}

// Changes compares the files with those on disk below entrypoints/ of each
// target. It reads only. An error names every file that generation would
// overwrite though fngen did not write it.
func Changes(root *os.Root, targets []string, files []model.File) ([]Change, error) {
	var changes []Change
	var foreign []error
	wanted := map[string]bool{}
	for _, f := range files {
		wanted[f.Path] = true
		old, err := root.ReadFile(f.Path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			changes = append(changes, Change{f.Path, "missing", f})
		case err != nil:
			return nil, err
		case bytes.Equal(old, f.Data):
		case !bytes.HasPrefix(old, []byte(Header)):
			foreign = append(foreign, fmt.Errorf("%s was not written by fngen; move it elsewhere, or delete it to have it generated", f.Path))
		default:
			changes = append(changes, Change{f.Path, "changed", f})
		}
	}
	for _, t := range targets {
		orphans, err := orphans(root, model.EntrypointDir+"/"+t, wanted)
		if err != nil {
			return nil, err
		}
		changes = append(changes, orphans...)
	}
	slices.SortFunc(changes, func(a, b Change) int { return strings.Compare(a.Path, b.Path) })
	return changes, errors.Join(foreign...)
}

// orphans returns the generated files below dir that are not wanted.
func orphans(root *os.Root, dir string, wanted map[string]bool) ([]Change, error) {
	var out []Change
	err := fs.WalkDir(root.FS(), dir, func(name string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		if wanted[name] || !entry.Type().IsRegular() || path.Ext(name) != ".go" {
			return nil
		}
		data, err := root.ReadFile(name)
		if err != nil {
			return err
		}
		if bytes.HasPrefix(data, []byte(Header)) {
			out = append(out, Change{Path: name, Reason: "orphaned"})
		}
		return nil
	})
	return out, err
}

// Apply brings the files on disk to where they should be.
func Apply(root *os.Root, changes []Change) error {
	for _, c := range changes {
		if c.Reason == "orphaned" {
			if err := root.Remove(c.Path); err != nil {
				return err
			}
			removeEmpty(root, path.Dir(c.Path))
			continue
		}
		if err := root.MkdirAll(path.Dir(c.Path), 0o755); err != nil {
			return err
		}
		if err := WriteFile(root, c.Path, c.file.Data); err != nil {
			return err
		}
	}
	return nil
}

// WriteFile replaces a file whole, so that no reader sees a part of it.
func WriteFile(root *os.Root, name string, data []byte) error {
	temporary := name + ".tmp"
	if err := root.WriteFile(temporary, data, 0o644); err != nil {
		return err
	}
	return root.Rename(temporary, name)
}

// removeEmpty removes the folder and those above it, as far as they are empty.
func removeEmpty(root *os.Root, dir string) {
	for ; dir != "." && root.Remove(dir) == nil; dir = path.Dir(dir) {
	}
}
