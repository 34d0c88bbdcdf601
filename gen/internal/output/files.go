package output

import (
	"bytes"
	"crypto/rand"
	"errors"
	"go/token"
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
// target, without regard to line ends. It reads only. The error is
// [model.Findings] of every file that generation would overwrite though fngen
// did not write it.
func Changes(root *os.Root, targets []string, files []model.File) ([]Change, error) {
	var changes []Change
	var foreign model.Findings
	wanted := map[string]bool{}
	for _, f := range files {
		wanted[f.Path] = true
		old, err := readOwn(root, f.Path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			changes = append(changes, Change{f.Path, "missing", f})
		case err != nil:
			return nil, err
		case IsGenerated(old) && SameText(old, f.Data):
		case !IsGenerated(old):
			foreign = append(foreign, model.Diagnostic{Code: "file-foreign", Pos: token.Position{Filename: f.Path},
				Message: "this was not written by fngen; move it elsewhere, or delete it to have it generated"})
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
	if len(foreign) > 0 {
		return nil, foreign
	}
	return changes, nil
}

// readOwn reads a file that fngen may have written. What is no regular file, a
// link for instance, it has not: nothing is read.
func readOwn(root *os.Root, name string) ([]byte, error) {
	info, err := root.Lstat(name)
	if err != nil || !info.Mode().IsRegular() {
		return nil, err
	}
	return root.ReadFile(name)
}

// IsGenerated reports whether fngen wrote the file and nobody took it over.
func IsGenerated(data []byte) bool {
	line, _, found := bytes.Cut(data, []byte("\n"))
	return found && string(bytes.TrimSuffix(line, []byte("\r")))+"\n" == Header
}

// SameText reports whether the texts are the same but for their line ends,
// which git changes on some systems.
func SameText(a, b []byte) bool { return bytes.Equal(UnixLines(a), UnixLines(b)) }

// UnixLines returns the text with line ends as fngen writes them.
func UnixLines(text []byte) []byte { return bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")) }

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
		if IsGenerated(data) {
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

// WriteFile replaces a file whole, so that no reader sees a part of it. It keeps
// the file's permissions. What is written first lies beside it under a name
// that no other file has.
func WriteFile(root *os.Root, name string, data []byte) error {
	temporary := name + "." + rand.Text() + ".tmp"
	err := WriteNew(root, temporary, data)
	if err != nil {
		return err
	}
	if info, e := root.Lstat(name); e == nil && info.Mode().IsRegular() {
		err = root.Chmod(temporary, info.Mode().Perm())
	}
	if err == nil {
		err = root.Rename(temporary, name)
	}
	if err != nil {
		_ = root.Remove(temporary)
	}
	return err
}

// WriteNew writes a file that is not there yet, not as a link either.
func WriteNew(root *os.Root, name string, data []byte) error {
	file, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err = errors.Join(err, file.Close()); err != nil {
		_ = root.Remove(name)
	}
	return err
}

// removeEmpty removes the folder and those above it, as far as they are empty.
func removeEmpty(root *os.Root, dir string) {
	for ; dir != "." && root.Remove(dir) == nil; dir = path.Dir(dir) {
	}
}
