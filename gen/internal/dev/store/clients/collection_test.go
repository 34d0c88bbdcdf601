package clients_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/fngen/fngen/fn/document"
	"github.com/fngen/fngen/gen/internal/dev/store"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/internal/native"
	"github.com/fngen/fngen/internal/testkit/collection"
	"github.com/fngen/fngen/providers/aws/resource/dynamodb"
	"github.com/fngen/fngen/providers/aws/resource/secretsmanager"
	"github.com/fngen/fngen/providers/gcp/resource/firestore"
	"github.com/fngen/fngen/providers/openwhisk/resource/couchdb"
)

var collections = map[string]func(param string) (*document.Collection, error){
	"aws": dynamodb.Collection, "gcp": firestore.Collection, "openwhisk": couchdb.Collection,
}

// faults stand between a driver and the store. OpenWhisk's activations, whose
// credentials the driver adds, are theirs to have.
type faults struct {
	next http.Handler

	mu                     sync.Mutex
	lose, throttle, broken int
}

func (f *faults) LoseAnswer()    { f.set(1, 0, 0) }
func (f *faults) Throttle(n int) { f.set(0, n, 0) }
func (f *faults) Break(n int)    { f.set(0, 0, n) }

func (f *faults) set(lose, throttle, broken int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lose, f.throttle, f.broken = lose, throttle, broken
}

func (f *faults) take(n *int) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	*n--
	return *n >= 0
}

func (f *faults) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.SetBasicAuth("local", "local")
	isWrite := r.Method != http.MethodGet
	switch {
	case f.take(&f.throttle):
		w.WriteHeader(http.StatusTooManyRequests)
		fmt.Fprint(w, `{"__type":"ThrottlingException","error":{"code":429,"status":"RESOURCE_EXHAUSTED"}}`)
	case f.take(&f.broken):
		w.WriteHeader(http.StatusInternalServerError)
	case isWrite && f.take(&f.lose):
		f.next.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	default:
		f.next.ServeHTTP(w, r)
	}
}

// users is a use of a collection, with all rights.
var users = model.Use{Param: "users", Kind: model.UseDocument, Name: "users", Read: true, Write: true}

// driver returns the target's driver of the collection, in front of the store.
func driver(t *testing.T, w *world, target string, uses ...model.Use) (*document.Collection, *faults) {
	t.Helper()
	f := model.Function{Name: "shop", Trigger: model.HTTP{}}.Using(uses...)
	if err := w.Prepare([]model.Function{f}); err != nil {
		t.Fatal(err)
	}
	v := w.View(f, nil, nil, func(text string) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.refused = append(w.refused, text)
	})
	between := &faults{next: v}
	server := httptest.NewServer(between)
	t.Cleanup(server.Close)
	environment(t, v, server.URL)
	c, err := collections[target](uses[0].Param)
	if err != nil {
		t.Fatal(err)
	}
	return c, between
}

// Each of the drivers finds on this machine what it finds on its platform, with
// answers that are lost and calls that are refused for a while.
func TestCollections(t *testing.T) {
	for target := range collections {
		t.Run(target, func(t *testing.T) {
			w := open(t, target)
			c, between := driver(t, w, target, users)
			collection.Run(t, collection.Subject{Collection: c, Faults: between})
			collection.Race(t, c)
			if _, refused := w.take(); refused != nil {
				t.Errorf("refused: %q", refused)
			}
		})
	}
}

// Of writers at once none is lost.
func TestIncrement(t *testing.T) {
	for target := range collections {
		t.Run(target, func(t *testing.T) {
			w := open(t, target)
			c, _ := driver(t, w, target, users)
			collection.Increment(t, c)
			told, _ := w.take()
			if len(told) != 1001 {
				t.Errorf("%d writes are told, want 1001", len(told))
			}
		})
	}
}

// Each write is told once, in the order of the writes, with what was there and what
// is.
func TestChanges(t *testing.T) {
	for target := range collections {
		t.Run(target, func(t *testing.T) {
			w := open(t, target)
			c, _ := driver(t, w, target, users)
			ctx := t.Context()
			revision, err := c.Create(ctx, "a b", map[string]int{"n": 1})
			for _, err := range []error{
				err,
				second(c.Replace(ctx, "a b", map[string]int{"n": 2}, revision)),
				second(c.Put(ctx, "a b", map[string]float64{"n": 2.5})),
				c.Delete(ctx, "a b", ""),
				c.Delete(ctx, "a b", ""),
				second(c.Put(ctx, "a b", struct{}{})),
			} {
				if err != nil {
					t.Error(err)
				}
			}
			if _, err := c.Replace(ctx, "a b", struct{}{}, revision); !errors.Is(err, document.ErrConflict) {
				t.Errorf("the first revision: %v", err)
			}
			want := []string{"document users/a b created", "document users/a b updated", "document users/a b updated", "document users/a b deleted", "document users/a b created"}
			if target == "openwhisk" { // CouchDB goes on from what was deleted
				want[4] = "document users/a b updated"
			}
			if told, _ := w.take(); !slices.Equal(told, want) {
				t.Errorf("told %q, want %q", told, want)
			}
			if target == "gcp" { // a write that changes nothing is none there
				before, err := c.Get(ctx, "a b", &struct{}{})
				after, again := c.Put(ctx, "a b", struct{}{})
				if told, _ := w.take(); err != nil || again != nil || before != after || told != nil {
					t.Errorf("%s, %v; %s, %v; told %q", before, err, after, again, told)
				}
			}
		})
	}
}

// What cannot be told is not written, and is written when it can be.
func TestUntold(t *testing.T) {
	for target := range collections {
		t.Run(target, func(t *testing.T) {
			w := open(t, target)
			c, _ := driver(t, w, target, users)
			w.fail = errors.New("50000 events wait")
			done := make(chan error)
			go func() { done <- second(c.Create(t.Context(), "a", struct{}{})) }()
			if list, n := w.Documents("users", 9); n > 0 {
				t.Errorf("%v is there", list)
			}
			w.mu.Lock()
			w.fail = nil
			w.mu.Unlock()
			if err := <-done; err != nil {
				t.Error(err)
			}
			if told, _ := w.take(); len(told) != 1 {
				t.Errorf("told %q", told)
			}
		})
	}
}

// What people write is there for functions, and is refused as what those write is;
// they see documents without what the service adds.
func TestPut(t *testing.T) {
	for target := range collections {
		t.Run(target, func(t *testing.T) {
			w := open(t, target)
			c, _ := driver(t, w, target, users)
			const text = `{"a":[1,{"b":2.5}],"big":9007199254740993,"c":1e+21,"d":null}`
			if err := w.Put("users", "7", []byte(text)); err != nil {
				t.Fatal(err)
			}
			var got json.RawMessage
			revision, err := c.Get(t.Context(), "7", &got)
			if string(got) != text || err != nil {
				t.Errorf("%s, %v", got, err)
			}
			if _, err := c.Replace(t.Context(), "7", map[string]int{"x": 1}, revision); err != nil {
				t.Error(err)
			}
			want := []store.Document{{Key: "7", JSON: `{"x":1}`}}
			if list, n := w.Documents("users", 1); n != 1 || !slices.Equal(list, want) {
				t.Errorf("%d: %v", n, list)
			}
			for key, text := range map[string]string{"a/b": `{}`, "a": `[1]`, "b": `{"_x":1}`, "c": `{`} {
				if err := w.Put("users", key, []byte(text)); err == nil {
					t.Errorf("%s %s was written", key, text)
				}
			}
			if err := w.Put("none", "a", []byte(`{}`)); err == nil || !strings.Contains(err.Error(), "no function has a collection none") {
				t.Error(err)
			}
		})
	}
}

// A function has the rights to documents that its directives give it. On
// OpenWhisk the database's user has all.
func TestDocumentRights(t *testing.T) {
	for _, target := range []string{"aws", "gcp"} {
		t.Run(target, func(t *testing.T) {
			w := open(t, target)
			read, write := users, users
			read.Write, write.Read = false, false
			reader, _ := driver(t, w, target, read)
			err := second(reader.Put(t.Context(), "a", struct{}{}))
			if _, refused := w.take(); err == nil || len(refused) != 1 || !strings.HasPrefix(refused[0], `shop may not write "a" of document:users, as //fn:use says`) {
				t.Errorf("%v, said %q", err, refused)
			}
			writer, _ := driver(t, w, target, write)
			if _, err := writer.Put(t.Context(), "a", struct{}{}); err != nil {
				t.Error(err)
			}
			if _, err := writer.Get(t.Context(), "a", &struct{}{}); err == nil || errors.Is(err, document.ErrNotFound) {
				t.Errorf("read: %v", err)
			}
		})
	}
}

// The secrets of a function are there for it, and for no other.
func TestSecrets(t *testing.T) {
	key := model.Use{Param: "key", Kind: model.UseSecret, Name: "stripe/api", Read: true}
	missing := model.Use{Param: "missing", Kind: model.UseSecret, Name: "none", Read: true}
	w := open(t, "aws")
	w.use(t, key, missing)
	if got, err := secretsmanager.Value("key"); got != "value of stripe/api" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := secretsmanager.Value("missing"); got != "" || err == nil {
		t.Errorf("%q, %v", got, err)
	}
	t.Setenv("FNGEN_USE_OTHER", "other")
	if got, err := secretsmanager.Value("other"); got != "" || err == nil || !strings.Contains(err.Error(), "AccessDenied") {
		t.Errorf("%q, %v", got, err)
	}
	g := open(t, "gcp")
	g.use(t, key)
	if env := g.View(model.Function{}.Using(key), map[string]string{"key": "value of stripe/api"}, nil, nil).Environment("127.0.0.1:1"); !slices.Contains(env, "FNGEN_USE_KEY=value of stripe/api") {
		t.Errorf("%q", env)
	}
}

// What is not served is refused as the service refuses it, and said with what to
// do.
func TestUnknown(t *testing.T) {
	for _, c := range []struct{ target, method, path, header, body, want string }{
		{"aws", "POST", "/dynamodb/", "DynamoDB_20120810.Query", `{}`, "UnknownOperationException"},
		{"aws", "POST", "/dynamodb/", "DynamoDB_20120810.PutItem", `{"TableName":"users","Item":{"_id":{"S":"a"}},"ConditionExpression":"size(#a) > :b"}`, "UnknownOperationException"},
		{"aws", "POST", "/secretsmanager/", "secretsmanager.PutSecretValue", `{}`, "UnknownOperationException"},
		{"aws", "GET", "/s3/", "", "", "NotImplemented"},
		{"aws", "PUT", "/s3/pictures/a?acl", "", "", "NotImplemented"},
		{"gcp", "POST", "/v1/projects/local/databases/(default)/documents:runQuery", "", "{}", "UNIMPLEMENTED"},
		{"gcp", "POST", "/v1/projects/local/databases/(default)/documents:commit", "", `{"writes":[{},{}]}`, "UNIMPLEMENTED"},
		{"gcp", "GET", "/storage/v1/b?alt=json", "", "", "notImplemented"},
		{"openwhisk", "POST", "/couchdb/users/_find", "", "{}", "method_not_allowed"},
		{"openwhisk", "GET", "/couchdb/users/a?conflicts=true", "", "", "method_not_allowed"},
	} {
		w := open(t, c.target)
		url := w.use(t, users, pictures)
		r, err := http.NewRequestWithContext(t.Context(), c.method, url+c.path, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Amz-Target", c.header)
		r.SetBasicAuth("local", "local")
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		_, refused := w.take()
		if resp.StatusCode < 400 || !bytes.Contains(body, []byte(c.want)) || len(refused) != 1 || !strings.Contains(refused[0], "which is not served on this machine") {
			t.Errorf("%s %s %s: %s %s, said %q", c.method, c.path, c.header, resp.Status, body, refused)
		}
	}
	w := open(t, "openwhisk")
	url := w.use(t, users)
	if resp, err := http.Get(url + "/couchdb/users/a"); err != nil || resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("without credentials: %v, %v", resp, err)
	}
}

// A change on OpenWhisk names the revision that the store has, which is there to be
// read for a while after the next one.
func TestRevisions(t *testing.T) {
	w := open(t, "openwhisk")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	var told []native.Change
	var err error
	w.Store, err = store.New(store.Options{Target: "openwhisk", Folder: t.TempDir(), Told: func(one store.Write) error {
		told = append(told, one.Occurrence.(native.Change))
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	url := w.use(t, users)
	for _, text := range []string{`{"n":1}`, `{"n":2}`} {
		if err := w.Put("users", "a", []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	for i, c := range told {
		r, _ := http.NewRequestWithContext(t.Context(), "GET", url+"/couchdb/users/a?rev="+c.Revision, nil)
		r.SetBasicAuth("local", "local")
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if want := fmt.Sprintf(`{"_id":"a","_rev":"%s","n":%d}`, c.Revision, i+1); strings.TrimSpace(string(body)) != want || !strings.HasPrefix(c.Revision, fmt.Sprint(i+1, "-")) {
			t.Errorf("%s, want %s", body, want)
		}
	}
}
