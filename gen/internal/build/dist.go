package build

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"

	"github.com/fngen/fngen/gen/internal/model"
)

// WriteDist replaces the folders of dist/ that belong to the targets of built,
// and brings SHA256SUMS up to date. What is as it must be is not written again.
// All that was there before stays as it was if anything cannot be written.
func WriteDist(root *os.Root, built []Built) error {
	if err := root.MkdirAll(model.DistDir, 0o755); err != nil {
		return err
	}
	var changed []string
	defer func() {
		for _, name := range changed {
			_ = root.RemoveAll(beside(name, "new"))
			_ = root.RemoveAll(beside(name, "old"))
		}
	}()
	sums := map[string]string{}
	for _, b := range built {
		files, err := b.all(root)
		if err != nil {
			return err
		}
		for _, f := range files {
			sums[b.Target+"/"+f.Path] = f.SHA256
		}
		if isCurrent(root, b.Target, files) {
			continue
		}
		changed = append(changed, b.Target)
		if err := writeFolder(root, b.Target, files); err != nil {
			return err
		}
	}
	if err := addSums(root, built, sums); err != nil {
		return err
	}
	text := formatSums(sums)
	if before, err := root.ReadFile(model.DistDir + "/" + SumsFile); err != nil || !bytes.Equal(before, text) {
		changed = append(changed, SumsFile)
		if err := root.RemoveAll(beside(SumsFile, "new")); err != nil {
			return err
		}
		if err := root.WriteFile(beside(SumsFile, "new"), text, 0o644); err != nil {
			return err
		}
	}
	return replaceAll(root, changed)
}

// beside is the name of a file or folder that is there only for a moment, until
// it takes the place of the one with the name, or after its place was taken.
func beside(name, what string) string { return model.DistDir + "/." + name + "." + what }

// all returns the files of the target's folder: those that were built, and
// those of others that are there.
func (b Built) all(root *os.Root) ([]DistFile, error) {
	files := slices.Clone(b.Files)
	for _, other := range b.Others {
		f, err := readFile(root, model.DistDir+"/"+b.Target+"/"+other)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		f.Path = other
		files = append(files, f)
	}
	return files, nil
}

// readFile returns a regular file without its data.
func readFile(root *os.Root, name string) (DistFile, error) {
	info, err := root.Lstat(name)
	if err != nil {
		return DistFile{}, err
	}
	if !info.Mode().IsRegular() {
		return DistFile{}, &fs.PathError{Op: "read", Path: name, Err: errors.New("not a regular file")}
	}
	file, err := root.Open(name)
	if err != nil {
		return DistFile{}, err
	}
	defer file.Close()
	hash := sha256.New()
	size, err := io.Copy(hash, file)
	return DistFile{Path: name, Size: size, SHA256: hex.EncodeToString(hash.Sum(nil))}, err
}

// isSame reports whether the file lies under the name.
func isSame(root *os.Root, name string, f DistFile) bool {
	info, err := root.Lstat(name)
	if err != nil || info.Size() != f.Size {
		return false
	}
	there, err := readFile(root, name)
	return err == nil && there.SHA256 == f.SHA256
}

// isCurrent reports whether the target's folder holds the files and no other.
func isCurrent(root *os.Root, target string, files []DistFile) bool {
	dir := model.DistDir + "/" + target
	wanted := map[string]bool{}
	for _, f := range files {
		wanted[dir+"/"+f.Path] = true
		if f.Data != nil && !isSame(root, dir+"/"+f.Path, f) {
			return false
		}
	}
	there := 0
	err := fs.WalkDir(root.FS(), dir, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			return nil
		case !wanted[name]:
			return fs.ErrExist
		}
		there++
		return nil
	})
	return err == nil && there == len(wanted)
}

// writeFolder writes the files into the new folder of the target. Those without
// data are taken over from the earlier one.
func writeFolder(root *os.Root, target string, files []DistFile) error {
	dir := beside(target, "new")
	if err := root.RemoveAll(dir); err != nil {
		return err
	}
	if err := root.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, f := range files {
		name, earlier := dir+"/"+f.Path, model.DistDir+"/"+target+"/"+f.Path
		if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
			return err
		}
		data := f.Data
		if data == nil {
			if root.Link(earlier, name) == nil {
				continue
			}
			var err error
			if data, err = root.ReadFile(earlier); err != nil {
				return err
			}
		}
		if err := root.WriteFile(name, data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// replaceAll puts what lies beside the names in dist/ in their places, or
// leaves them all as they are.
func replaceAll(root *os.Root, names []string) error {
	for i, name := range names {
		if err := replace(root, name); err != nil {
			for _, done := range names[:i] {
				_ = root.Rename(model.DistDir+"/"+done, beside(done, "new"))
				_ = root.Rename(beside(done, "old"), model.DistDir+"/"+done)
			}
			return err
		}
	}
	return nil
}

// replace puts what lies beside the name in its place.
func replace(root *os.Root, name string) error {
	if err := root.RemoveAll(beside(name, "old")); err != nil {
		return err
	}
	err := root.Rename(model.DistDir+"/"+name, beside(name, "old"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := root.Rename(beside(name, "new"), model.DistDir+"/"+name); err != nil {
		_ = root.Rename(beside(name, "old"), model.DistDir+"/"+name)
		return err
	}
	return nil
}
