// Package repository is for tests of the repository as a whole, whose subject
// only go commands read.
package repository

import (
	"io/fs"
	"path/filepath"
)

// Root returns the folder of this module for a test in a folder two levels
// below it.
//
// It looks at every file on the way: go test would take an earlier result for
// valid if it did not see the test itself look at what go commands read.
func Root() (string, error) {
	dir, err := filepath.Abs("../..")
	if err != nil {
		return "", err
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return "", err
	}
	return dir, filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && (entry.Name() == ".git" || entry.Name() == "dist") {
			return fs.SkipDir
		}
		return err
	})
}
