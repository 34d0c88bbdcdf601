// Package repository is for tests of the repository as a whole, whose subject
// only go commands read.
package repository

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Root returns the folder of this module for a test in a folder below it.
//
// It looks at every file on the way: go test would take an earlier result for
// valid if it did not see the test itself look at what go commands read.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("no go.mod above the test")
		}
		dir = filepath.Dir(dir)
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
