//go:build !unix

package store

// isNotFolder reports whether a step of a path is a file, which other systems
// say as a file that is not there.
func isNotFolder(error) bool { return false }
