package build

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"
)

// One at a time holds an application's lock, whatever name its folder is
// reached by; who waits long says so, and can give up. Other applications do
// not wait.
func TestLock(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("LocalAppData", t.TempDir())
	dir := t.TempDir()
	unlock, err := Lock(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	other, err := Lock(t.Context(), t.TempDir(), func() { t.Error("another application waits") })
	if err != nil {
		t.Fatal(err)
	}
	other()

	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Skip("no links here:", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*lockPatience)
	defer cancel()
	var said atomic.Int32
	if _, err := Lock(ctx, link, func() { said.Add(1) }); !errors.Is(err, context.DeadlineExceeded) || said.Load() != 1 {
		t.Errorf("while another holds the lock: error %v, said %d times", err, said.Load())
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		unlock, err := Lock(t.Context(), dir, func() { said.Add(1) })
		if err != nil {
			t.Error(err)
			return
		}
		unlock()
	}()
	time.Sleep(2 * lockPatience)
	select {
	case <-done:
		t.Error("two hold the lock")
	default:
	}
	unlock()
	<-done
	if said.Load() != 2 {
		t.Errorf("said %d times that one waits", said.Load())
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("the lock left %v in the application's folder, %v", entries, err)
	}
}

// Where the user has no cache folder there is a lock as well.
func TestLockWithoutCacheFolder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, home := range []string{"", file} {
		for _, name := range []string{"HOME", "XDG_CACHE_HOME", "LocalAppData", "home"} {
			t.Setenv(name, home)
		}
		unlock, err := Lock(t.Context(), t.TempDir(), nil)
		if err != nil {
			t.Fatal(err)
		}
		unlock()
	}
}
