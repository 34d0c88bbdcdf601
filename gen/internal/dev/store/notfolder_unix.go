//go:build unix

package store

import (
	"errors"
	"syscall"
)

// isNotFolder reports whether a step of a path is a file.
func isNotFolder(err error) bool { return errors.Is(err, syscall.ENOTDIR) }
