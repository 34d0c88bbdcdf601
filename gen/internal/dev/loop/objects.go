package loop

import (
	"path/filepath"
	"slices"

	"github.com/fngen/fngen/gen/internal/dev/program"
	"github.com/fngen/fngen/gen/internal/dev/store"
	"github.com/fngen/fngen/internal/native"
)

// objectsFolder is where the buckets are, each a folder, in the application's.
const objectsFolder = program.Folder + "/objects"

func bucketFolder(bucket string) string { return objectsFolder + "/" + bucket + "/" }

// openStore opens what functions use.
func (s *session) openStore() (*store.Store, error) {
	return store.New(store.Options{Target: s.target, Folder: filepath.Join(s.root, filepath.FromSlash(objectsFolder)), Told: s.written})
}

// written tells the functions that are fed by it what was written. Nobody keeps
// what none listens to.
func (s *session) written(w store.Write) error {
	if !s.Hears(w.Kind(), w.Name, w.Occurrence) {
		return nil
	}
	return s.Broker.Send(w.Kind(), w.Name, w.Occurrence)
}

// changeObjects tells the functions of the buckets what has happened to files.
func (s *session) changeObjects() {
	if err := s.store.Changed(); err != nil {
		s.remark("%s: %v", objectsFolder, err)
	}
}

// Send has something happen. What happens to a document is how it is then.
func (s *session) Send(kind, name string, o native.Occurrence) error {
	if c, ok := o.(native.Change); ok && slices.Contains(s.store.Collections(), name) {
		o = s.store.Happened(name, c)
	}
	return s.Broker.Send(kind, name, o)
}

// Collections implements [page.Session].
func (s *session) Collections() []string { return s.store.Collections() }

// Documents implements [page.Session].
func (s *session) Documents(collection string, most int) ([]store.Document, int) {
	return s.store.Documents(collection, most)
}

// Put implements [page.Session].
func (s *session) Put(collection, key string, object []byte) error {
	return s.store.Put(collection, key, object)
}
