//go:build unix

package acceptance

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/fngen/fngen/internal/native"
	sender "github.com/fngen/fngen/internal/native/openwhisk"
	"github.com/fngen/fngen/internal/testkit/couch"
)

// ledgerAt unpacks an action of the ledger, whose database is at the address
// instead of the one in fngen.yaml, which the archive has.
func ledgerAt(t *testing.T, a *application, function, address string) (dir string) {
	t.Helper()
	dir = unpack(t, a.archive(t, "openwhisk/"+function))
	exec := filepath.Join(dir, "exec")
	script, err := os.ReadFile(exec)
	if err != nil {
		t.Fatal(err)
	}
	const there = "https://couchdb.example.com/entries"
	if !strings.Contains(string(script), there) {
		t.Fatalf("exec does not set %s:\n%.1000s", there, script)
	}
	if err := os.WriteFile(exec, []byte(strings.ReplaceAll(string(script), there, address)), 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// The ledger's actions keep entries in CouchDB, with the user and password that
// come with each activation and are in no log, and the changes that it has, which
// tell of no document, are announced with the document that the function reads.
func TestOpenWhiskLedger(t *testing.T) {
	a := ledgerApp(t)
	const password = "c0uch-s3cret"
	store, err := url.Parse(couch.Start(t))
	if err != nil {
		t.Fatal(err)
	}
	var strangers atomic.Int32
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		if user, given, _ := r.In.BasicAuth(); user != "ledger" || given != password {
			strangers.Add(1)
		}
		r.SetURL(store)
		r.Out.Header.Del("Authorization") // express-pouchdb has no users here
	}}
	server := httptest.NewServer(proxy)
	defer server.Close()
	couchdb := func(method, path string) string {
		r, err := http.NewRequestWithContext(t.Context(), method, store.String()+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := direct.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		var body json.RawMessage
		if err := json.NewDecoder(response.Body).Decode(&body); err != nil || response.StatusCode >= 300 {
			t.Fatalf("%s %s: %s %s %v", method, path, response.Status, body, err)
		}
		return string(body)
	}
	couchdb(http.MethodPut, "/entries")
	p := newPlatform(t, nil)
	var actions []*action
	starts := func(function string) *action {
		f := startUnpacked(t, ledgerAt(t, a, function, server.URL+"/entries"), "/guest/ledger/"+function, "__OW_API_HOST="+p.url)
		actions = append(actions, f)
		return f
	}
	// activate gives the action the value, with what is bound to it.
	activate := func(f *action, value map[string]any) string {
		value["FNGEN_USE_ENTRIES"] = "ledger:" + password
		return f.ask(activation(t, encode(t, value), patience))
	}
	serves := func(function string) func(target, body string) (int, string) {
		f := starts(function)
		return func(target, body string) (int, string) {
			payload := requested(t, sender.Platform{}, target, body)
			var line struct{ Value map[string]any }
			if err := json.Unmarshal(payload.Body, &line); err != nil {
				t.Fatal(err)
			}
			return clientGets(t, sender.Platform{}, payload, native.Answer{Body: []byte(activate(f, line.Value))})
		}
	}
	book := serves("book")
	l := ledger{
		book: func(body string) (int, string) { return book("/entries", body) },
		stored: func(id string) string {
			var document map[string]json.RawMessage
			if err := json.Unmarshal([]byte(couchdb(http.MethodGet, "/entries/"+id)), &document); err != nil {
				t.Fatal(err)
			}
			for name := range document {
				if strings.HasPrefix(name, "_") {
					delete(document, name)
				}
			}
			return encode(t, document)
		},
	}
	for i := range l.reverse {
		reverse := serves("reverse")
		l.reverse[i] = func(id string) int {
			status, _ := reverse("/entries/"+id+"/reversal", "")
			return status
		}
	}
	l.run(t)

	announce := starts("announce")
	var all struct {
		Rows []struct {
			ID    string
			Value struct{ Rev string }
		}
	}
	if err := json.Unmarshal([]byte(couchdb(http.MethodGet, "/entries/_all_docs")), &all); err != nil { // its _changes fails under this express
		t.Fatal(err)
	}
	for i, row := range all.Rows {
		if !strings.HasPrefix(row.Value.Rev, "2-") {
			t.Errorf("%s is at the revision %s, and was reversed once", row.ID, row.Value.Rev)
		}
		change := map[string]any{"seq": i + 1, "id": row.ID, "changes": []any{map[string]any{"rev": row.Value.Rev}}, "dbname": "entries"}
		if got := activate(announce, change); got != "{}\n" {
			t.Fatalf("the change of %s is answered with %q", row.ID, got)
		}
	}
	var got []json.RawMessage
	for _, f := range p.fired() {
		if f.trigger != "ledger.topic.bookings" {
			t.Errorf("fired %s", f.trigger)
		}
		var body struct {
			CloudEvent struct{ Data json.RawMessage }
		}
		if err := json.Unmarshal([]byte(f.body), &body); err != nil {
			t.Fatal(err)
		}
		got = append(got, body.CloudEvent.Data)
	}
	announced(t, got, ledgerEntries(true)...)
	if n := strangers.Load(); n > 0 {
		t.Errorf("%d calls without the user and password of the activation", n)
	}
	for _, f := range actions {
		if strings.Contains(f.log.String(), password) {
			t.Errorf("the log of %s holds the password", f.cmd.Path)
		}
	}
}
