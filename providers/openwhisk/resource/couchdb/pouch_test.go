package couchdb_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/fngen/fngen/fn/document"
	"github.com/fngen/fngen/internal/testkit/collection"
	"github.com/fngen/fngen/internal/testkit/couch"
	"github.com/fngen/fngen/providers/openwhisk/resource/couchdb"
)

func throttled(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(http.StatusTooManyRequests)
	_, _ = w.Write([]byte(`{"error":"too_many_requests","reason":"You've exceeded your rate limit allowance."}`))
}

// admin makes a call beside the collection, as others do.
func admin(t testing.TB, method, url, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusCreated {
		t.Fatalf("%s %s: %s", method, url, resp.Status)
	}
}

// open creates a database and returns its collection.
func open(t testing.TB, server, name string) *document.Collection {
	t.Helper()
	admin(t, http.MethodPut, server+"/"+name, "")
	t.Setenv("FNGEN_USE_USERS", server+"/"+name)
	c, err := couchdb.Collection("users")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A database of CouchDB does what every collection does. The server is written
// in JavaScript, whose numbers are doubles; CouchDB's are not.
func TestTable(t *testing.T) {
	p := collection.Before(t, couch.Start(t), throttled)
	collection.Run(t, collection.Subject{Collection: open(t, p.URL, "table"), Faults: p, Apart: func(row string) string {
		if row == collection.BigIntegers {
			return "express-pouchdb cuts integers above 2^53"
		}
		return ""
	}})
	collection.Race(t, open(t, p.URL, "race"))
	collection.Increment(t, open(t, p.URL, "increment"))

	t.Run("documents of others", func(t *testing.T) {
		c := open(t, p.URL, "theirs")
		admin(t, http.MethodPut, p.URL+"/theirs/a", `{"n":1.50,"l":[{"m":1e2}]}`)
		var got json.RawMessage
		revision, err := c.Get(t.Context(), "a", &got)
		if want := `{"l":[{"m":100}],"n":1.5}`; err != nil || string(got) != want {
			t.Fatalf("%s, %v, want %s", got, err, want)
		}
		if _, err := c.Replace(t.Context(), "a", struct{}{}, revision); err != nil {
			t.Error(err)
		}
		if d, err := couchdb.Revision("users")(t.Context(), "a", revision); err != nil || d["n"] != json.Number("1.5") {
			t.Errorf("the revision that was replaced: %v, %v", d, err)
		}
	})
	t.Run("no database", func(t *testing.T) {
		t.Setenv("FNGEN_USE_USERS", p.URL+"/nowhere")
		c, err := couchdb.Collection("users")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Get(t.Context(), "a", new(any)); err == nil || !strings.Contains(err.Error(), "status 404 not_found") {
			t.Errorf("a database that is not there: %v", err)
		}
		if err := c.Delete(t.Context(), "a", ""); err == nil {
			t.Error("nothing is deleted from a database that is not there")
		}
	})
}
