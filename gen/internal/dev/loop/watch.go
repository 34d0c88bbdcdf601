package loop

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/fngen/fngen/gen/internal/dev/platform"
	"github.com/fngen/fngen/gen/internal/dev/program"
)

// A change says of which kinds files were changed.
type change struct {
	source  bool // what a program is made of for sure: a build before it is obsolete
	other   bool // what may be a part of it, as an embedded file is
	objects bool
	since   time.Time // the first of it
}

func (c *change) add(of change) {
	c.source, c.other, c.objects = c.source || of.source, c.other || of.other, c.objects || of.objects
}

func (c change) isNone() bool { return !c.source && !c.other && !c.objects }

const (
	debounce    = 50 * time.Millisecond // in which no file changes before a change is told
	maxDebounce = time.Second           // after which it is told all the same
	pollPause   = 500 * time.Millisecond
)

// A watcher tells of changed files.
type watcher struct {
	root    string                    // of the application
	module  string                    // whose folder root is in, or is: its other packages are a part of the program
	add     func(folder string) error // watches a folder, without those in it
	told    chan change
	pending change
}

// watch tells of changes in the application's folder, and in that of its module,
// until the context ends, each some time after the last file that belongs to it. Where the system lets no more folders be
// watched they are polled, which is remarked.
func watch(ctx context.Context, root string, remark func(string)) (<-chan change, error) {
	w := &watcher{root: root, module: moduleOf(root), told: make(chan change)}
	notify, err := fsnotify.NewWatcher()
	if err == nil {
		w.add = notify.Add
		if err = w.addAll(w.module, func(string) {}); err != nil {
			notify.Close()
		}
	}
	switch {
	case err == nil:
		go w.follow(ctx, notify, remark)
	case isLimit(err):
		remark(pollRemark(err))
		go w.poll(ctx)
	default:
		return nil, err
	}
	return w.told, nil
}

// isLimit reports whether the system watches no more.
func isLimit(err error) bool {
	return slices.ContainsFunc([]error{syscall.ENOSPC, syscall.EMFILE, syscall.ENFILE}, func(limit error) bool { return errors.Is(err, limit) })
}

func pollRemark(err error) string {
	return "the system watches no more folders (" + err.Error() + "); files are looked at every " + pollPause.String() + " instead"
}

// addAll watches the folder and those in it, of which the files are told.
func (w *watcher) addAll(folder string, file func(name string)) error {
	return w.walk(folder, func(name string, d fs.DirEntry) error {
		if !d.IsDir() {
			file(name)
			return nil
		}
		if err := w.add(name); !errors.Is(err, fs.ErrNotExist) { // or it is gone since
			return err
		}
		return nil
	})
}

// walk visits the folder and all in it that is watched.
func (w *watcher) walk(folder string, visit func(string, fs.DirEntry) error) error {
	return filepath.WalkDir(folder, func(name string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission):
			return nil // nobody builds of it
		case err != nil:
			return err
		case d.IsDir() && !w.isWatched(name):
			return filepath.SkipDir
		}
		return visit(name, d)
	})
}

// moduleOf returns the folder of the module that the folder is in.
func moduleOf(folder string) string {
	for dir := folder; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			return folder
		}
	}
}

// relative returns the path below the root with slashes.
func relative(root, name string) string {
	rel, err := filepath.Rel(root, name)
	if err != nil {
		return name
	}
	return filepath.ToSlash(rel)
}

// isWatched reports whether the folder may hold what matters.
func (w *watcher) isWatched(folder string) bool {
	own := relative(w.root, folder) + "/"
	if own == program.Folder+"/" || strings.HasPrefix(own, objectsFolder+"/") {
		return true
	}
	rel := relative(w.module, folder)
	for part := range strings.SplitSeq(rel, "/") {
		if part == "dist" || part == "vendor" || part == "node_modules" || strings.HasPrefix(part, ".") && rel != "." {
			return false
		}
	}
	return true
}

// kindOf returns what a change of the file is.
func (w *watcher) kindOf(name string) change {
	rel := relative(w.root, name)
	base := filepath.Base(name)
	switch {
	case strings.HasPrefix(rel, objectsFolder+"/"):
		return change{objects: !strings.Contains(strings.TrimPrefix(rel, objectsFolder), "/.")}
	case rel == program.Folder+"/"+platform.SecretsFile:
		return change{source: true}
	case !w.isWatched(filepath.Dir(name)), rel == program.Folder, strings.HasPrefix(rel, program.Folder+"/"):
		return change{}
	case strings.HasPrefix(base, "."), strings.HasSuffix(base, "~"), base == "4913": // what editors leave for a moment
		return change{}
	}
	switch filepath.Ext(base) {
	case ".go", ".mod", ".sum", ".work", ".yaml":
		return change{source: true}
	}
	return change{other: true}
}

// see adds a change of the file to what is told next.
func (w *watcher) see(name string) {
	w.pending.add(w.kindOf(name))
}

// follow tells what the system notifies of.
func (w *watcher) follow(ctx context.Context, notify *fsnotify.Watcher, remark func(string)) {
	defer notify.Close()
	quiet := time.NewTimer(time.Hour)
	defer quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case e := <-notify.Events:
			if e.Op == fsnotify.Chmod {
				continue
			}
			w.see(e.Name)
			if e.Has(fsnotify.Create) {
				if err := w.addAll(e.Name, w.see); isLimit(err) { // what is in a folder is new, too
					remark(pollRemark(err))
					notify.Close()
					w.poll(ctx)
					return
				} else if err != nil {
					remark(err.Error())
				}
			}
		case err := <-notify.Errors:
			if !errors.Is(err, fsnotify.ErrEventOverflow) {
				remark(err.Error())
				continue
			}
			w.pending.add(change{source: true, objects: true}) // nobody knows of what
		case <-quiet.C:
			if !w.tell(ctx) {
				return
			}
		}
		if w.pending.isNone() {
			continue
		}
		if w.pending.since.IsZero() {
			w.pending.since = time.Now()
		}
		quiet.Reset(min(debounce, time.Until(w.pending.since.Add(maxDebounce))))
	}
}

// tell tells what is pending, unless the context ends.
func (w *watcher) tell(ctx context.Context) bool {
	if w.pending.isNone() {
		return true
	}
	select {
	case w.told <- w.pending:
		w.pending = change{}
		return true
	case <-ctx.Done():
		return false
	}
}

// poll looks at all files again and again.
func (w *watcher) poll(ctx context.Context) {
	known := w.files()
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(pollPause):
		}
		found := w.files()
		for name, is := range found {
			if was, ok := known[name]; !ok || was != is {
				w.see(name)
			}
		}
		for name := range known {
			if _, ok := found[name]; !ok {
				w.see(name)
			}
		}
		known = found
		if !w.pending.isNone() {
			w.pending.since = time.Now()
		}
		if !w.tell(ctx) {
			return
		}
	}
}

// A stamp tells a file from what it was.
type stamp struct {
	size int64
	time int64
}

func (w *watcher) files() map[string]stamp {
	out := map[string]stamp{}
	_ = w.walk(w.module, func(name string, d fs.DirEntry) error { // what cannot be read has no files
		if d.IsDir() {
			return nil
		}
		if info, err := d.Info(); err == nil {
			out[name] = stamp{info.Size(), info.ModTime().UnixNano()}
		}
		return nil
	})
	return out
}
