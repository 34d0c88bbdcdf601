package loop

import (
	"errors"
	"io/fs"
	"maps"
	"mime"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fngen/fngen/gen/internal/dev/program"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/internal/native"
)

// objectsFolder is where the buckets are, each a folder, in the application's.
const objectsFolder = program.Folder + "/objects"

func bucketFolder(bucket string) string { return objectsFolder + "/" + bucket + "/" }

// objects are the files of the buckets, as they were when they were last looked
// at. A file whose name begins with a dot is none.
type objects struct {
	folder string
	known  map[string]object // by path below the folder, with slashes
}

type object struct {
	size int64
	time time.Time
}

// openObjects makes the folder. What is there already has not happened now.
func openObjects(root string) (*objects, error) {
	o := &objects{folder: filepath.Join(root, filepath.FromSlash(objectsFolder))}
	if err := os.MkdirAll(o.folder, 0o755); err != nil {
		return nil, err
	}
	var err error
	o.known, err = o.read()
	return o, err
}

// prepare makes the folders of the buckets that feed functions.
func (o *objects) prepare(functions []model.Function) error {
	var failed error
	for _, f := range functions {
		if t, ok := f.Trigger.(model.Object); ok {
			failed = errors.Join(failed, os.MkdirAll(filepath.Join(o.folder, t.Bucket), 0o755))
		}
	}
	return failed
}

func (o *objects) read() (map[string]object, error) {
	found := map[string]object{}
	err := filepath.WalkDir(o.folder, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				return nil // it is gone since
			}
			return err
		}
		if strings.HasPrefix(d.Name(), ".") {
			if d.IsDir() {
				return filepath.SkipDir
			}
			return nil
		}
		info, err := d.Info()
		if err != nil || !info.Mode().IsRegular() {
			return nil // it is gone since, or no file
		}
		rel, err := filepath.Rel(o.folder, name)
		if err == nil && strings.Contains(filepath.ToSlash(rel), "/") {
			found[filepath.ToSlash(rel)] = object{info.Size(), info.ModTime()}
		}
		return err
	})
	return found, err
}

// An objectChange is what has happened to one object.
type objectChange struct {
	bucket string
	object native.Object
}

// changes returns what has happened since it was last asked.
func (o *objects) changes() ([]objectChange, error) {
	found, err := o.read()
	if err != nil {
		return nil, err
	}
	var out []objectChange
	add := func(name string, of object, isDeleted bool) {
		bucket, key, _ := strings.Cut(name, "/")
		out = append(out, objectChange{bucket, native.Object{Key: key, Size: of.size, Deleted: isDeleted, ContentType: contentType(key)}})
	}
	for _, name := range slices.Sorted(maps.Keys(o.known)) {
		if _, ok := found[name]; !ok {
			add(name, object{}, true)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(found)) {
		if was, ok := o.known[name]; !ok || was.size != found[name].size || !was.time.Equal(found[name].time) {
			add(name, found[name], false)
		}
	}
	o.known = found
	return out, nil
}

// contentType is that of an object, by its name.
func contentType(key string) string {
	if t := mime.TypeByExtension(path.Ext(key)); t != "" {
		return t
	}
	return "application/octet-stream"
}

// changeObjects tells the functions of the buckets what has happened there.
func (s *session) changeObjects() {
	changes, err := s.objects.changes()
	if err != nil {
		s.remark("%v", err)
	}
	for _, c := range changes {
		if err := s.Object(c.bucket, c.object); err != nil {
			s.remark("%s%s: %v", bucketFolder(c.bucket), c.object.Key, err)
		}
	}
}
