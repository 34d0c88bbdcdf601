package document

import (
	"context"
	"strconv"
	"sync"

	"github.com/fngen/fngen/internal/documents"
)

// Memory returns an empty collection in memory, for tests. It refuses what the
// platforms' collections refuse, and nothing else.
func Memory() *Collection { return New(&memory{kept: map[string]kept{}}) }

type memory struct {
	mu     sync.Mutex
	writes int
	kept   map[string]kept // by key
}

type kept struct {
	text     []byte
	revision string
}

// holds returns what is said where the condition does not hold.
func (m *memory) holds(key string, when documents.Condition) error {
	there, ok := m.kept[key]
	switch {
	case when.Absent && ok:
		return ErrExists
	case when.Revision != "" && (!ok || there.revision != when.Revision):
		return ErrConflict
	}
	return nil
}

// Get implements documents.Driver.
func (m *memory) Get(_ context.Context, key string) (documents.Document, string, error) {
	m.mu.Lock()
	there, ok := m.kept[key]
	m.mu.Unlock()
	if !ok {
		return nil, "", ErrNotFound
	}
	d, err := documents.Parse(there.text)
	return d, there.revision, err
}

// Put implements documents.Driver.
func (m *memory) Put(_ context.Context, key string, d documents.Document, when documents.Condition) (string, error) {
	text, err := documents.JSON(d)
	if err != nil {
		return "", err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.holds(key, when); err != nil {
		return "", err
	}
	m.writes++
	next := strconv.Itoa(m.writes)
	m.kept[key] = kept{text, next}
	return next, nil
}

// Delete implements documents.Driver.
func (m *memory) Delete(_ context.Context, key string, when documents.Condition) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.holds(key, when); err != nil {
		return err
	}
	delete(m.kept, key)
	return nil
}
