package loop

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const patience = 20 * time.Second

// changesOf returns what tells of changes in the folder.
func changesOf(t *testing.T, dir string) <-chan change {
	t.Helper()
	changes, err := watch(t.Context(), dir, func(text string) { t.Error(text) })
	if err != nil {
		t.Fatal(err)
	}
	return changes
}

// next returns the next change.
func next(t *testing.T, changes <-chan change) change {
	t.Helper()
	select {
	case c := <-changes:
		if age := time.Since(c.since); age < debounce-time.Millisecond || age > patience {
			t.Errorf("the change is told after %s", age)
		}
		c.since = time.Time{}
		return c
	case <-time.After(patience):
		t.Fatal("no change is told")
		return change{}
	}
}

func put(t *testing.T, dir, name, text string) {
	t.Helper()
	file := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func module(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"go.mod", "a.go", "web/index.html", "dist/x.go", "vendor/x.go", "node_modules/x.go", ".git/x.go", ".fngen/bin/x", ".fngen/objects/pictures/x"} {
		put(t, dir, name, "x")
	}
	return dir
}

// What a save of any editor does is one change of its kind.
func TestWatch(t *testing.T) {
	dir := module(t)
	changes := changesOf(t, dir)
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	in := func(name string) string { return filepath.Join(dir, name) }
	for _, c := range []struct {
		name string
		do   func()
		want change
	}{
		{"write", func() { put(t, dir, "a.go", "y") }, change{source: true}},
		{"rename", func() { put(t, dir, "a.go.new", "z"); do(os.Rename(in("a.go.new"), in("a.go"))) }, change{source: true, other: true}},
		{"backup", func() { do(os.Rename(in("a.go"), in("a.go~"))); put(t, dir, "a.go", "y") }, change{source: true}},
		{"a new folder and what is in it at once", func() { put(t, dir, "b/c/d.go", "x") }, change{source: true, other: true}},
		{"in that folder", func() { put(t, dir, "b/c/d.go", "y") }, change{source: true}},
		{"a file that may be embedded", func() { put(t, dir, "web/index.html", "y") }, change{other: true}},
		{"settings", func() { put(t, dir, "fngen.local.yaml", "y") }, change{source: true}},
		{"a secret", func() { put(t, dir, ".fngen/secrets.env", "A=b") }, change{source: true}},
		{"an object", func() { put(t, dir, ".fngen/objects/pictures/a/b.png", "y") }, change{objects: true}},
		{"no object any more", func() { do(os.Remove(in(".fngen/objects/pictures/x"))) }, change{objects: true}},
		{"what does not matter, and removed", func() {
			for _, name := range []string{"dist/x.go", "vendor/x.go", "node_modules/x.go", ".git/x.go", ".fngen/bin/x", ".a.go.swp", "4913", "a.go~", ".fngen/objects/pictures/.hidden", ".fngen/objects/.uploads/x"} {
				put(t, dir, name, "y")
			}
			do(os.Remove(in("a.go")))
		}, change{source: true}},
	} {
		c.do()
		got := next(t, changes)
		if got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
	put(t, dir, "dist/y.go", "y")
	select {
	case c := <-changes:
		t.Errorf("dist/: %+v", c)
	case <-time.After(4 * debounce):
	}
}

// Packages beside the application's folder are a part of the program, if they are
// of its module.
func TestWatchModule(t *testing.T) {
	dir := module(t)
	put(t, dir, "shop/shop.go", "x")
	changes := changesOf(t, filepath.Join(dir, "shop"))
	put(t, dir, "a.go", "y")
	if got := next(t, changes); got != (change{source: true}) {
		t.Errorf("%+v", got)
	}
	put(t, dir, ".fngen/secrets.env", "of another application")
	put(t, dir, "shop/a.txt", "x")
	if got := next(t, changes); got != (change{other: true}) {
		t.Errorf("%+v", got)
	}
}

// While files change all the time, that is told all the same.
func TestWatchWithoutQuiet(t *testing.T) {
	dir := module(t)
	changes := changesOf(t, dir)
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	group.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			put(t, dir, "a.go", strings.Repeat("x", i%10))
			time.Sleep(debounce / 10)
		}
	})
	next(t, changes)
	cancel()
	group.Wait()
}

// Where the system watches no more folders, files are looked at, and that is said.
func TestPoll(t *testing.T) {
	dir := module(t)
	w := &watcher{root: dir, module: dir, told: make(chan change)}
	w.add = func(folder string) error {
		if filepath.Base(folder) == "web" {
			return os.NewSyscallError("inotify_add_watch", syscall.ENOSPC)
		}
		return nil
	}
	if err := w.addAll(dir, func(string) {}); !isLimit(err) {
		t.Fatalf("%v is no limit", err)
	}
	if isLimit(os.ErrPermission) {
		t.Error("each error is a limit")
	}
	known := w.files()
	put(t, dir, "b/c.go", "x")
	put(t, dir, ".fngen/objects/pictures/y", "x")
	put(t, dir, "dist/y", "x")
	if got, want := len(w.files()), len(known)+2; got != want {
		t.Errorf("%d files, want %d", got, want)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { w.poll(ctx); close(ended) }()
	// The first look may be before or after the write.
	deadline := time.Now().Add(patience)
	for i := 0; ; i++ {
		put(t, dir, "b/c.go", fmt.Sprint(i))
		select {
		case got := <-w.told:
			if got.since = (time.Time{}); got != (change{source: true}) {
				t.Errorf("%+v", got)
			}
		case <-time.After(2 * pollPause):
			if time.Now().Before(deadline) {
				continue
			}
			t.Fatal("no change is told")
		}
		break
	}
	cancel()
	<-ended
}
