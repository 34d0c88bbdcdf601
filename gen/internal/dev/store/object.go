package store

import (
	"cmp"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path"
	"time"
)

// An object is one that is read. Its file is to be closed.
type object struct {
	*os.File
	file
}

// open opens the object.
func (b *buckets) open(bucket, key string) (object, error) {
	o, err := b.stat(bucket, key)
	if err != nil {
		return o, err
	}
	o.File, err = b.root.Open(bucket + "/" + key)
	if err != nil {
		return o, isMissing(err)
	}
	return o, nil
}

// stat returns what is known of the object.
func (b *buckets) stat(bucket, key string) (object, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.statLocked(bucket, key)
}

func (b *buckets) statLocked(bucket, key string) (object, error) {
	if checkKey(key) != nil {
		return object{}, errNotFound
	}
	name := bucket + "/" + key
	info, err := b.root.Stat(name)
	switch {
	case err != nil:
		return object{}, isMissing(err)
	case !info.Mode().IsRegular():
		return object{}, errNotFound
	}
	is, ok := b.known[name]
	if ok && is.isOf(info) {
		return object{file: is}, nil
	}
	if is, err = b.look(name); err != nil {
		return object{}, isMissing(err)
	}
	if before, ok := b.known[name]; ok && before.size == is.size && before.time.Equal(is.time) {
		b.known[name] = is // what is new is known when it is told
	}
	return object{file: is}, nil
}

// isMissing returns errNotFound for a file that is not there, and where a step of
// its path is no folder.
func isMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) || isNotFolder(err) {
		return errNotFound
	}
	return err
}

// A condition is what must hold for what is done to an object.
type condition struct {
	absent     bool
	generation int64 // of Cloud Storage; 0 for any
}

func (b *buckets) holds(bucket, key string, c condition) (was object, there bool, err error) {
	was, err = b.statLocked(bucket, key)
	there = err == nil
	switch {
	case err != nil && !errors.Is(err, errNotFound):
		return was, false, err
	case c.absent && there, c.generation != 0 && (!there || was.generation != c.generation):
		return was, there, because(errConflict, "at least one of the pre-conditions you specified did not hold")
	}
	return was, there, nil
}

// place puts the file that was uploaded in its place, and tells of it. On Google
// what it replaces is deleted.
func (v *View) place(bucket, key string, from *spool, a *about, when condition) (file, error) {
	b := v.store.buckets
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := checkKey(key); err != nil {
		v.refused(err.Error())
		return file{}, err
	}
	name := bucket + "/" + key
	_, there, err := b.holds(bucket, key, when)
	if err == nil {
		from.f.Close() // without which some systems do not rename it
		err = cmp.Or(b.root.MkdirAll(path.Dir(name), 0o755), b.root.Rename(from.name, name))
	}
	if errors.Is(err, errConflict) {
		return file{}, err
	}
	if err != nil { // a step of the key is an object, for instance, or leads elsewhere
		err = because(errBad, "the object %.100s cannot be a file on this machine: %v", name, err)
		v.refused(err.Error())
		return file{}, err
	}
	info, err := b.root.Stat(name)
	if err != nil {
		return file{}, err
	}
	b.number = max(b.number+1, time.Now().UnixMicro())
	a.generation = b.number
	if a.headers["Content-Type"] == "" {
		a.headers["Content-Type"] = typeOf(key)
	}
	is := file{info.Size(), info.ModTime(), a}
	b.known[name] = is
	w, err := b.tell(name, is, there)
	if err == nil {
		v.wrote(w)
	}
	return is, err
}

// remove deletes the object, and tells of it.
func (v *View) remove(bucket, key string, when condition) error {
	b := v.store.buckets
	b.mu.Lock()
	defer b.mu.Unlock()
	_, there, err := b.holds(bucket, key, when)
	if err != nil {
		return err
	}
	if !there {
		return errNotFound
	}
	name := bucket + "/" + key
	if err := b.root.Remove(name); err != nil {
		return isMissing(err)
	}
	for dir := path.Dir(name); dir != bucket && b.root.Remove(dir) == nil; { // of folders, those that are empty
		dir = path.Dir(dir)
	}
	delete(b.known, name)
	w, err := b.tellGone(name)
	if err == nil {
		v.wrote(w)
	}
	return err
}

// serve writes the object, or the part of it that is asked for.
func (o object) serve(w http.ResponseWriter, r *http.Request) {
	for name, value := range o.headers {
		w.Header().Set(name, value)
	}
	w.Header().Set("Etag", `"`+o.etag+`"`)
	http.ServeContent(w, r, "", o.time, o.File)
}

// copy makes an object of another one, with what is known of that if headers are
// nil.
func (v *View) copy(from, fromKey, bucket, key string, headers, meta map[string]string, when condition) (file, error) {
	o, err := v.store.buckets.open(from, fromKey)
	if err != nil {
		return file{}, err
	}
	defer o.Close()
	s, err := v.store.buckets.spooled(o.File)
	if err != nil {
		return file{}, err
	}
	defer s.done()
	if headers == nil {
		headers, meta = o.headers, o.meta
	}
	return v.place(bucket, key, s, s.about(headers, meta), when)
}
