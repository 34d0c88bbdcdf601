package store

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/fngen/fngen/internal/documents"
	"github.com/fngen/fngen/internal/native"
)

// How much of documents there is at most.
const (
	maxDocument  = 1 << 20   // bytes of one, about: no service takes more
	maxDocuments = 256 << 20 // bytes of all
	maxVersions  = 16        // of a document, that are kept for CouchDB's triggers
)

// defaultKey is the key attribute of DynamoDB's tables.
const defaultKey = "_id"

// A collection has documents by key, and on CouchDB what is left of those that
// are deleted.
type collection struct {
	key       string // the attribute of DynamoDB that has it
	documents map[string]*document
}

// A document is one version. Nothing changes its fields.
type document struct {
	fields   native.Map // nil of one that is deleted
	size     int
	revision string // of Firestore and CouchDB
	created  time.Time
	before   []*document // the versions before it, of CouchDB
}

// make makes the collection if it is not there.
func (s *Store) make(name, key string) {
	if s.collections[name] == nil {
		s.collections[name] = &collection{key, map[string]*document{}}
	}
}

// keyOf returns the key attribute of the table.
func (s *Store) keyOf(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.collections[name]; c != nil {
		return c.key
	}
	return defaultKey
}

// get returns the document; nil for none, or one that is deleted.
func (s *Store) get(name, key string) (*document, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.collections[name]
	if c == nil {
		return nil, errNotFound
	}
	return c.documents[key], nil
}

// A writing is how one document is written.
type writing struct {
	name, key string
	fields    native.Map // nil to delete it
	// when is asked whether it may be done to what is there; nil for always. Nil is
	// given to it where nothing is.
	when func(*document) error
	// revision returns the one after what is there, which may be nil; nil where
	// documents have none of their own.
	revision func(was *document, now time.Time) string
	// isSame reports that it changes nothing where the fields are the same, and is
	// no change.
	isSame bool
	silent bool // nobody is told
	keeps  bool // versions, and what is left of what is deleted
}

// write does it, and returns the document as it is then. Whoever reads sees all of
// it or nothing.
func (v *View) write(w writing) (*document, error) {
	d, told, err := v.store.write(w)
	if err == nil && told != nil {
		v.wrote(*told)
	}
	return d, err
}

func (s *Store) write(w writing) (*document, *Write, error) {
	size := len(w.key) + sizeOf(w.fields)
	if size > maxDocument {
		return nil, nil, because(errTooLarge, "the document has %d bytes, more than %d", size, maxDocument)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.collections[w.name]
	if c == nil {
		return nil, nil, errNotFound
	}
	was := c.documents[w.key]
	if w.when != nil {
		if err := w.when(was); err != nil {
			return nil, nil, err
		}
	}
	var before native.Map
	if was != nil {
		before = was.fields
	}
	change := native.Change{Key: []string{w.key}, Before: before, After: w.fields}
	switch {
	case before == nil && w.fields == nil, w.isSame && before != nil && w.fields != nil && reflect.DeepEqual(before, w.fields):
		return was, nil, nil
	case w.fields == nil:
		change.Kind = native.Deleted
	case before != nil || was != nil: // CouchDB goes on with what is left of a document
		change.Kind = native.Updated
	}
	if s.size+size > maxDocuments {
		return nil, nil, because(errBusy, "the collections have %d MB, which is the most", maxDocuments>>20)
	}
	// No two writes have one time, which is the revision on Firestore.
	now := time.Now().UTC().Truncate(time.Microsecond)
	if !now.After(s.last) {
		now = s.last.Add(time.Microsecond)
	}
	d := &document{fields: w.fields, size: size, created: now}
	if before != nil {
		d.created = was.created
	}
	if w.revision != nil {
		d.revision = w.revision(was, now)
		change.Revision = d.revision
	}
	told := Write{w.name, change}
	if !w.silent {
		if err := busy(s.told(told)); err != nil {
			return nil, nil, err
		}
	}
	s.last = now
	if w.keeps && was != nil {
		d.before = append(slices.Clone(was.before), &document{fields: was.fields, size: was.size, revision: was.revision})
		for len(d.before) > maxVersions {
			s.size -= d.before[0].size
			d.before = d.before[1:]
		}
	} else if was != nil {
		s.size -= was.size
	}
	if d.fields == nil && !w.keeps {
		delete(c.documents, w.key)
		return nil, &told, nil
	}
	s.size += d.size
	c.documents[w.key] = d
	return d, &told, nil
}

// sizeOf is about how many bytes the value has, as services count.
func sizeOf(v native.Value) int {
	n := 8
	switch v := v.(type) {
	case string:
		n += len(v)
	case native.Number:
		n += len(v)
	case native.Bytes:
		n += len(v)
	case native.Reference:
		n += len(v)
	case native.List:
		for _, e := range v {
			n += sizeOf(e)
		}
	case native.Set:
		for _, e := range v {
			n += sizeOf(e)
		}
	case native.Map:
		for name, e := range v {
			n += len(name) + sizeOf(e)
		}
	}
	return n
}

// A Document is one that is kept, as people read it.
type Document struct {
	Key  string
	JSON string
}

// Collections returns the names of the collections, sorted.
func (s *Store) Collections() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.collections))
}

// Documents returns the first documents of the collection, sorted by key, and how
// many there are.
func (s *Store) Documents(name string, most int) (first []Document, all int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.collections[name]
	if c == nil {
		return nil, 0
	}
	for _, key := range slices.Sorted(maps.Keys(c.documents)) {
		d := c.documents[key]
		if d.fields == nil {
			continue
		}
		if all++; len(first) < most {
			first = append(first, Document{key, string(JSON(d.fields))})
		}
	}
	return first, all
}

// JSON returns the document as plain JSON, without what the service adds.
func JSON(fields native.Map) json.RawMessage {
	fields = maps.Clone(fields)
	delete(fields, documents.Revision)
	text, _ := documents.JSON(Plain(fields)) // which all encode
	return text
}

// Put writes the JSON object into the collection under the key, whatever is there,
// as a function that uses the collection does.
func (s *Store) Put(name, key string, object []byte) error {
	if err := documents.CheckKey(key); err != nil {
		return err
	}
	d, err := documents.Encode(json.RawMessage(object))
	if err != nil {
		return err
	}
	w := writing{name: name, key: key, fields: s.fieldsOf(d)}
	s.complete(&w)
	_, _, err = s.write(w)
	if errors.Is(err, errNotFound) {
		return fmt.Errorf("no function has a collection %s", name)
	}
	return err
}

// Happened has the collection be as it is after the change, which nobody is told,
// and returns the change as the service tells it.
func (s *Store) Happened(name string, c native.Change) native.Change {
	if len(c.Key) != 1 {
		return c
	}
	w := writing{name: name, key: c.Key[0], fields: c.After, silent: true}
	if c.Kind == native.Deleted {
		w.fields = nil
	}
	s.complete(&w)
	if d, _, err := s.write(w); err == nil && d != nil {
		c.Revision = d.revision
	}
	return c
}

// complete has the writing do what the target's service does beside it.
func (s *Store) complete(w *writing) {
	switch s.o.Target {
	case "aws":
		if w.fields != nil {
			w.fields = maps.Clone(w.fields)
			w.fields[documents.Revision] = rand.Text()
		}
	case "gcp":
		w.revision, w.isSame = updateTime, true
	case "openwhisk":
		w.revision, w.keeps = nextRevision, true
	}
}

// fieldsOf returns the document as the target's service keeps it.
func (s *Store) fieldsOf(d documents.Document) native.Map {
	fields := native.Map{}
	for name, v := range d {
		fields[name] = s.valueOf(v)
	}
	return fields
}

func (s *Store) valueOf(v any) native.Value {
	switch v := v.(type) {
	case json.Number:
		if _, err := strconv.ParseInt(string(v), 10, 64); err != nil && s.o.Target == "gcp" {
			double, _ := v.Float64() // of which the encoder has seen to
			return native.Double(double)
		}
		return native.Number(v)
	case []any:
		list := make(native.List, len(v))
		for i := range v {
			list[i] = s.valueOf(v[i])
		}
		return list
	case documents.Document:
		return s.fieldsOf(v)
	}
	return v
}

// Plain is the value as plain JSON has it.
func Plain(v native.Value) any {
	switch v := v.(type) {
	case native.Number:
		return json.Number(v)
	case native.Double:
		return documents.Double(float64(v))
	case native.Bytes:
		return []byte(v)
	case native.Timestamp:
		return time.Time(v).UTC().Format(time.RFC3339Nano)
	case native.Reference:
		return string(v)
	case native.Point:
		return map[string]any{"latitude": v.Latitude, "longitude": v.Longitude}
	case native.List:
		return elements(v)
	case native.Set:
		return elements(v)
	case native.Map:
		out := map[string]any{}
		for name, e := range v {
			out[name] = Plain(e)
		}
		return out
	}
	return v
}

func elements(list []native.Value) []any {
	out := make([]any, len(list))
	for i := range list {
		out[i] = Plain(list[i])
	}
	return out
}
