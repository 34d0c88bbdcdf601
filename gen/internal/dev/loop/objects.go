package loop

import (
	"fmt"
	"path/filepath"
	"slices"
	"sync"

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

// mostEarly is how many writes wait for the first build.
const mostEarly = 10_000

// early is what was written before the first build is served, by setups for
// instance.
type early struct {
	mu     sync.Mutex
	over   bool // the first build is served
	writes []store.Write
}

// written tells the functions that are fed by it what was written, those of the
// first build when it is served. Nobody keeps what none listens to.
func (s *session) written(w store.Write) error {
	s.early.mu.Lock()
	defer s.early.mu.Unlock()
	if s.early.over {
		return s.spread(w)
	}
	if len(s.early.writes) == mostEarly {
		return fmt.Errorf("%d writes wait for the first build, which is the most", mostEarly)
	}
	s.early.writes = append(s.early.writes, w)
	return nil
}

// tellEarly tells what was written before the functions listened.
func (s *session) tellEarly() {
	s.early.mu.Lock()
	defer s.early.mu.Unlock()
	for _, w := range s.early.writes {
		if err := s.spread(w); err != nil {
			s.remark("%v: %v", w, err)
		}
	}
	s.early.over, s.early.writes = true, nil
}

func (s *session) spread(w store.Write) error {
	if !s.Hears(w.Kind(), w.Name, w.Occurrence) {
		return nil
	}
	return s.Broker.Send(w.Kind(), w.Name, w.Occurrence)
}

// changeObjects tells the functions of the buckets what has happened to files.
func (s *session) changeObjects() {
	if err := s.Store.Changed(); err != nil {
		s.remark("%s: %v", objectsFolder, err)
	}
}

// Send has something happen. What happens to a document is how it is then.
func (s *session) Send(kind, name string, o native.Occurrence) error {
	if c, ok := o.(native.Change); ok && slices.Contains(s.Store.Collections(), name) {
		o = s.Store.Happened(name, c)
	}
	return s.Broker.Send(kind, name, o)
}
