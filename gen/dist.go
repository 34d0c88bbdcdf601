package gen

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
)

// SumsFile is the name of the file in dist/ that has the digests of all others
// there, as sha256sum writes and checks them.
const SumsFile = "SHA256SUMS"

// WriteDist replaces the folders of dist/ that belong to the targets of built,
// and brings SHA256SUMS up to date. The earlier folders stay as they were if
// anything cannot be written.
func WriteDist(root *os.Root, built []Built) error {
	for _, b := range built {
		defer root.RemoveAll(beside(b.Target, "new"))
		if err := writeFolder(root, beside(b.Target, "new"), b.Files); err != nil {
			return err
		}
	}
	for _, b := range built {
		if err := replaceFolder(root, b.Target); err != nil {
			return err
		}
	}
	return writeSums(root)
}

// beside is the name of a folder of the target's that is there only for a
// moment.
func beside(target, what string) string { return DistDir + "/." + target + "." + what }

func writeFolder(root *os.Root, dir string, files []File) error {
	if err := root.RemoveAll(dir); err != nil {
		return err
	}
	for _, f := range files {
		name := dir + "/" + f.Path
		if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
			return err
		}
		if err := root.WriteFile(name, f.Data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// replaceFolder puts the new folder of the target in the place of the earlier
// one.
func replaceFolder(root *os.Root, target string) error {
	final, old := DistDir+"/"+target, beside(target, "old")
	if err := root.RemoveAll(old); err != nil {
		return err
	}
	_, err := root.Stat(final)
	had := err == nil
	if had {
		if err := root.Rename(final, old); err != nil {
			return err
		}
	}
	if err := root.Rename(beside(target, "new"), final); err != nil {
		if had {
			_ = root.Rename(old, final)
		}
		return err
	}
	return root.RemoveAll(old)
}

// writeSums writes the digest of every file of the folders in dist/, but for
// those whose names begin with a dot.
func writeSums(root *os.Root) error {
	var sums strings.Builder
	err := fs.WalkDir(root.FS(), DistDir, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case strings.HasPrefix(entry.Name(), "."):
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		case !entry.Type().IsRegular() || path.Dir(name) == DistDir:
			return nil
		}
		data, err := root.ReadFile(name)
		if err != nil {
			return err
		}
		fmt.Fprintf(&sums, "%s  %s\n", digest(data), strings.TrimPrefix(name, DistDir+"/"))
		return nil
	})
	if err != nil {
		return err
	}
	return writeFile(root, DistDir+"/"+SumsFile, []byte(sums.String()))
}
