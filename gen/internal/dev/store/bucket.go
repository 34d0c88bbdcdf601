package store

import (
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"mime"
	"os"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/fngen/fngen/internal/native"
)

const (
	maxObject  = 1 << 30 // bytes
	maxKey     = 1024    // bytes, as services have it
	maxSegment = 255     // bytes of a file's name
)

// uploadsFolder is where what is on its way lies. No key is a file there.
const uploadsFolder = ".uploads"

// buckets are folders, whose files are objects: the path below the folder is the
// key. What has a dot in front of its name is none.
type buckets struct {
	target string
	folder string
	root   *os.Root
	told   func(Write) error

	mu      sync.Mutex // is held while a file is put in place, and while files are compared with known
	known   map[string]file
	uploads map[string]*upload
	number  int64
}

// A file is an object as it was when it was last looked at.
type file struct {
	size int64
	time time.Time
	*about
}

// about is what is known of an object beside what its file says. Nothing changes
// it.
type about struct {
	headers    map[string]string // Content-Type and others that are told as they were given, by their canonical names
	meta       map[string]string // the writer's own, by name in lower case
	md5        [md5.Size]byte
	etag       string
	generation int64 // of Cloud Storage
}

// isOf reports whether the file is what it was.
func (f file) isOf(info fs.FileInfo) bool {
	return f.about != nil && f.size == info.Size() && f.time.Equal(info.ModTime())
}

func openBuckets(target, folder string, told func(Write) error) (*buckets, error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, err
	}
	b := &buckets{target: target, folder: folder, root: root, told: told, uploads: map[string]*upload{}, number: time.Now().UnixMicro()}
	if err := root.RemoveAll(uploadsFolder); err != nil { // of one that was killed
		return nil, errors.Join(err, root.Close())
	}
	if b.known, err = b.read(); err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return b, nil
}

func (b *buckets) close() error {
	return errors.Join(b.root.RemoveAll(uploadsFolder), b.root.Close())
}

// make makes the folder of the bucket.
func (b *buckets) make(name string) error { return b.root.MkdirAll(name, 0o755) }

// has reports whether there is a bucket of the name.
func (b *buckets) has(name string) bool {
	if !fs.ValidPath(name) || strings.HasPrefix(name, ".") || strings.Contains(name, "/") {
		return false
	}
	info, err := b.root.Stat(name)
	return err == nil && info.IsDir()
}

// checkKey says why the key can be no file on this machine.
func checkKey(key string) error {
	bad := func(why string) error {
		return because(errBad, "on this machine an object is a file, and the key %.100q can be none: %s", key, why)
	}
	switch {
	case key == "" || len(key) > maxKey || !utf8.ValidString(key):
		return bad(fmt.Sprintf("it is to have 1 to %d bytes of UTF-8", maxKey))
	case !fs.ValidPath(key) || key == "." || strings.ContainsRune(key, 0):
		return bad("no part between slashes is empty, . or ..")
	case runtime.GOOS == "windows" && strings.ContainsAny(key, `\<>:"|?*`):
		return bad(`Windows has no \<>:"|?* in names`)
	}
	for part := range strings.SplitSeq(key, "/") {
		if strings.HasPrefix(part, ".") {
			return bad("what begins with a dot is hidden")
		}
		if len(part) > maxSegment {
			return bad(fmt.Sprintf("a part of it has more than %d bytes", maxSegment))
		}
	}
	return nil
}

// read returns the files by bucket and key with a slash between.
func (b *buckets) read() (map[string]file, error) {
	found := map[string]file{}
	err := fs.WalkDir(b.root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil // it is gone since
		case err != nil:
			return err
		case name != "." && strings.HasPrefix(d.Name(), "."):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		info, err := d.Info()
		if err == nil && info.Mode().IsRegular() && strings.Contains(name, "/") {
			found[name] = file{size: info.Size(), time: info.ModTime()}
		}
		return nil
	})
	return found, err
}

// Changed tells what has become of the files since they were last looked at,
// other than by functions. An error is of something that could not be told.
func (s *Store) Changed() error {
	b := s.buckets
	b.mu.Lock()
	defer b.mu.Unlock()
	found, err := b.read()
	if err != nil {
		return err
	}
	var failed error
	for _, name := range slices.Sorted(maps.Keys(b.known)) {
		if _, ok := found[name]; !ok {
			_, err := b.tellGone(name)
			failed = errors.Join(failed, err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(found)) {
		was, ok := b.known[name]
		if is := found[name]; ok && was.size == is.size && was.time.Equal(is.time) {
			found[name] = was
		} else if full, err := b.look(name); err == nil { // or it is gone since
			found[name] = full
			_, err := b.tell(name, full, ok)
			failed = errors.Join(failed, err)
		}
	}
	b.known = found
	return failed
}

// tell tells of the object that is there now, whose name is bucket and key. On
// Google the one whose place it takes is deleted.
//
// https://cloud.google.com/storage/docs/pubsub-notifications#events
func (b *buckets) tell(name string, is file, wasThere bool) (Write, error) {
	if wasThere && b.target == "gcp" {
		if w, err := b.tellGone(name); err != nil {
			return w, err
		}
	}
	bucket, key, _ := strings.Cut(name, "/")
	w := Write{bucket, native.Object{Key: key, Size: is.size, ETag: is.etag, ContentType: is.headers["Content-Type"]}}
	return w, busy(b.told(w))
}

// tellGone tells that there is no such object any more.
func (b *buckets) tellGone(name string) (Write, error) {
	bucket, key, _ := strings.Cut(name, "/")
	w := Write{bucket, native.Object{Key: key, Deleted: true, ContentType: typeOf(key)}}
	return w, busy(b.told(w))
}

// busy is what services say if what was written cannot be told.
func busy(err error) error {
	if err == nil {
		return nil
	}
	return because(errBusy, "%v", err)
}

// typeOf is the content type of an object that nobody has said, by its name.
func typeOf(key string) string {
	if t := mime.TypeByExtension(path.Ext(key)); t != "" {
		return t
	}
	return "application/octet-stream"
}

// look reads the file for what is to be known of it.
func (b *buckets) look(name string) (file, error) {
	f, err := b.root.Open(name)
	if err != nil {
		return file{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return file{}, err
	}
	h := md5.New()
	if _, err := io.Copy(h, f); err != nil {
		return file{}, err
	}
	a := &about{headers: map[string]string{"Content-Type": typeOf(name)}, md5: [md5.Size]byte(h.Sum(nil)), generation: info.ModTime().UnixMicro()}
	a.etag = hex.EncodeToString(a.md5[:])
	return file{info.Size(), info.ModTime(), a}, nil
}

// Seed has the buckets begin with what lies in another store's folder, which
// stays as it is: nobody writes into a file, but another takes its place.
func (s *Store) Seed(folder string, names []string) error {
	for _, bucket := range names {
		from, err := os.OpenRoot(folder + string(os.PathSeparator) + bucket)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		err = s.seed(from, bucket)
		from.Close()
		if err != nil {
			return fmt.Errorf("copy the bucket %s: %w", bucket, err)
		}
	}
	known, err := s.buckets.read()
	s.buckets.known = known
	return err
}

func (s *Store) seed(from *os.Root, bucket string) error {
	return fs.WalkDir(from.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name != "." && strings.HasPrefix(d.Name(), "."):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case d.IsDir():
			return s.buckets.root.MkdirAll(path.Join(bucket, name), 0o755)
		case !d.Type().IsRegular():
			return nil
		}
		to := path.Join(s.buckets.folder, bucket, name)
		if os.Link(path.Join(from.Name(), name), to) == nil {
			return nil
		}
		in, err := from.Open(name)
		if err != nil {
			return err
		}
		defer in.Close()
		out, err := s.buckets.root.Create(path.Join(bucket, name))
		if err != nil {
			return err
		}
		_, err = io.Copy(out, in)
		return errors.Join(err, out.Close())
	})
}
