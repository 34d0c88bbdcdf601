package build

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/rogpeppe/go-internal/lockedfile"
)

// lockPatience is how long a lock may take before it is said that one waits.
const lockPatience = 200 * time.Millisecond

// Lock has one process at a time write to the application in the folder: it
// waits until no other holds the lock, and calls waiting once if that takes
// long; nil is for nobody. The lock ends with the process, or by unlock.
//
// It is a file in the user's cache folder, so that nothing is left in the
// application's. Where none can be made there, it lies in the system's folder
// for temporary files.
func Lock(ctx context.Context, dir string, waiting func()) (unlock func(), err error) {
	name, err := lockFile(dir)
	if err != nil {
		return nil, err
	}
	type result struct {
		unlock func()
		err    error
	}
	locked := make(chan result, 1)
	go func() {
		unlock, err := lockedfile.MutexAt(name).Lock()
		locked <- result{unlock, err}
	}()
	patience := time.NewTimer(lockPatience)
	defer patience.Stop()
	for {
		select {
		case r := <-locked:
			return r.unlock, r.err
		case <-patience.C:
			if waiting != nil {
				waiting()
			}
		case <-ctx.Done():
			go func() {
				if r := <-locked; r.err == nil {
					r.unlock()
				}
			}()
			return nil, ctx.Err()
		}
	}
}

// lockFile returns the name of the application's lock, in a folder that exists.
func lockFile(dir string) (string, error) {
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return "", err
	}
	base := digest([]byte(dir)) + ".lock"
	if user, err := os.UserCacheDir(); err == nil {
		folder := filepath.Join(user, "fngen", "locks")
		if os.MkdirAll(folder, 0o700) == nil {
			return filepath.Join(folder, base), nil
		}
	}
	return filepath.Join(os.TempDir(), "fngen-"+base), nil
}
