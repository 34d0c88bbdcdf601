// Package store is what functions use on a developer's machine: collections of
// documents in memory, buckets in a folder, and secrets, behind as much of their
// platform's protocols as fngen's drivers and gocloud.dev's clients call. All
// functions of a run share one, and what they write is told.
package store

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/internal/native"
)

// Options say what a store is made for.
type Options struct {
	Target string
	Folder string // of the buckets, each a folder in it; it is made if it is not there

	// Told is told of each write when nobody can see it yet, or, of an object, when
	// it is there: one after the other, in the order of the writes. An error has the
	// write fail as one that comes too fast, so that it is made again. Nil is told
	// nothing.
	Told func(Write) error
}

// A Write is a change that was written.
type Write struct {
	Name       string            // of the collection or bucket, as directives have it
	Occurrence native.Occurrence // a [native.Change] or a [native.Object]
}

// Kind is the kind of triggers that the write is for: document or object.
func (w Write) Kind() string {
	if _, ok := w.Occurrence.(native.Change); ok {
		return "document"
	}
	return "object"
}

// String returns what was written, as people read it: document users/7 created.
func (w Write) String() string {
	switch o := w.Occurrence.(type) {
	case native.Change:
		return "document " + w.Name + "/" + o.Key[0] + " " + o.Kind.String()
	case native.Object:
		verb := "created"
		if o.Deleted {
			verb = "deleted"
		}
		return "object " + w.Name + "/" + o.Key + " " + verb
	}
	return w.Name
}

// A Store has what the functions of one run use.
type Store struct {
	o       Options
	buckets *buckets

	mu          sync.Mutex
	collections map[string]*collection
	size        int       // of all documents, in bytes
	last        time.Time // of the last write
}

// New returns a store without collections. Close ends it.
func New(o Options) (*Store, error) {
	s := &Store{o: o, collections: map[string]*collection{}}
	var err error
	s.buckets, err = openBuckets(o.Target, o.Folder, s.told)
	return s, err
}

// Close leaves the buckets as they are, without what was being uploaded.
func (s *Store) Close() error { return s.buckets.close() }

// Prepare makes the collections and buckets that the functions use, and that
// feed them. What is there stays.
func (s *Store) Prepare(functions []model.Function) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var failed error
	for _, f := range functions {
		switch t := f.Trigger.(type) {
		case model.Document:
			key := defaultKey
			if len(f.Feed.Keys) > 0 {
				key = f.Feed.Keys[0]
			}
			s.make(t.Collection, key)
		case model.Object:
			failed = errors.Join(failed, s.buckets.make(t.Bucket))
		}
	}
	for _, f := range functions {
		for _, u := range f.Uses {
			switch u.Kind {
			case model.UseDocument:
				s.make(u.Name, defaultKey)
			case model.UseObject:
				failed = errors.Join(failed, s.buckets.make(u.Name))
			}
		}
	}
	return failed
}

func (s *Store) told(w Write) error {
	if s.o.Told == nil {
		return nil
	}
	return s.o.Told(w)
}

// A View is the store as one function sees it, with the rights of its uses.
type View struct {
	store    *Store
	function model.Function
	secrets  map[string]string // by parameter
	wrote    func(Write)
	refused  func(string)
}

// View returns the store as the function sees it, with the values of its secrets
// by their parameters. wrote is told what it writes, and refused what it asks for
// in vain, with the way out; either may be nil.
func (s *Store) View(f model.Function, secrets map[string]string, wrote func(Write), refused func(string)) *View {
	if wrote == nil {
		wrote = func(Write) {}
	}
	if refused == nil {
		refused = func(string) {}
	}
	return &View{s, f, secrets, wrote, refused}
}

// Errors that each service says in its own way. Those of conditions are
// [errExists] and [errConflict].
var (
	errNotFound = errors.New("there is none")
	errDenied   = errors.New("the function has no right to it")
	errUnknown  = errors.New("not served on this machine")
	errBad      = errors.New("the request is not understood")
	errBusy     = errors.New("too much waits on this machine")
	errExists   = errors.New("it exists already")
	errConflict = errors.New("it is not as the condition says")
	errTooLarge = errors.New("it is too large")
)

// A failure is one of those errors, with the words in which a service says it.
type failure struct {
	is   error
	text string
}

func (f failure) Error() string { return f.text }
func (f failure) Unwrap() error { return f.is }

func because(is error, format string, args ...any) error {
	return failure{is, fmt.Sprintf(format, args...)}
}

// A refusal is how a service says an error: by a status, and in a word.
type refusal struct {
	status int
	word   string
}

// refusals are those of a service by the errors that it says.
type refusals map[error]refusal

// of returns that of the error, or the other one for what has none of its own.
func (r refusals) of(err error, other refusal) refusal {
	for is, refusal := range r {
		if errors.Is(err, is) {
			return refusal
		}
	}
	return other
}

// may returns an error unless the function's directives give it the right to the
// key. Handlers with an SDK of their own may do what operators have allowed
// beside it, which is not known here.
func (v *View) may(kind model.UseKind, name, key string, write bool) error {
	has := false
	for _, u := range v.function.Uses {
		if u.Kind != kind || u.Name != name {
			continue
		}
		has = true
		isFor := strings.HasPrefix(key, u.Prefix)
		if u.AsName || isFor && (write && u.Write || !write && u.Read) {
			return nil
		}
	}
	right := "read"
	if write {
		right = "write"
	}
	resource := string(kind) + ":" + name
	text := fmt.Sprintf("%s may not %s %s: its setup has no //fn:use of it", v.function.Name, right, resource)
	if has {
		text = fmt.Sprintf("%s may not %s %q of %s, as //fn:use says; give it the right there, or use another key", v.function.Name, right, model.Clip(key), resource)
	}
	v.refused(text)
	return because(errDenied, "%s", text)
}

// unknown says what is called in vain, and returns the error for it.
func (v *View) unknown(service, operation string) error {
	text := fmt.Sprintf("%s calls %s of %s, which is not served on this machine; only what collections and buckets of //fn:use call is: "+
		"try the rest against the service, or an emulator of it, which the function's environment names in fngen.yaml", v.function.Name, model.Clip(operation), service)
	v.refused(text)
	return because(errUnknown, "%s", text)
}

// has reports whether the function uses the resource.
func (v *View) has(kind model.UseKind, name string) bool {
	return slices.ContainsFunc(v.function.Uses, func(u model.Use) bool { return u.Kind == kind && u.Name == name })
}

// ServeHTTP serves the services of the target. It looks at the path as it is
// escaped, since keys may look like steps in it.
func (v *View) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch service, rest := v.service(r); service {
	case "dynamodb":
		v.dynamoDB(w, r)
	case "secretsmanager":
		v.secretsManager(w, r)
	case "s3":
		v.s3(w, r, rest)
	case "firestore":
		v.firestore(w, r, rest)
	case "storage":
		v.storageJSON(w, r, rest)
	case "upload":
		v.storageUpload(w, r, rest)
	case "xml":
		v.storageXML(w, r, rest)
	case "couchdb":
		v.couchDB(w, r, rest)
	default:
		http.Error(w, v.unknown("no service", r.Method+" "+r.URL.Path).Error(), http.StatusNotImplemented)
	}
}

// Serves reports whether the request is for a service that functions use.
func (v *View) Serves(r *http.Request) bool {
	service, _ := v.service(r)
	return service != ""
}

// service returns whose the request is, and the rest of the escaped path; "" for
// nobody's.
func (v *View) service(r *http.Request) (service, rest string) {
	path := strings.TrimPrefix(r.URL.EscapedPath(), "/")
	first, below, _ := strings.Cut(path, "/")
	switch v.store.o.Target {
	case "aws":
		if slices.Contains([]string{"dynamodb", "s3", "secretsmanager"}, first) {
			return first, below
		}
	case "openwhisk":
		if first == "couchdb" {
			return first, below
		}
	case "gcp":
		// A bucket may be called as the first step of another service's paths; only
		// its objects are read with a plain GET.
		isCall := r.Method != http.MethodGet && r.Method != http.MethodHead || r.URL.Query().Has("alt")
		if database, rest, ok := strings.Cut(path, "/documents"); ok && isCall && strings.HasPrefix(database, "v1/projects/") {
			return "firestore", rest
		}
		if rest, ok := strings.CutPrefix(path, "storage/v1/"); ok && isCall {
			return "storage", rest
		}
		if rest, ok := strings.CutPrefix(path, "upload/storage/v1/"); ok && isCall {
			return "upload", rest
		}
		if !isCall && v.has(model.UseObject, first) {
			return "xml", path
		}
	}
	return "", ""
}
