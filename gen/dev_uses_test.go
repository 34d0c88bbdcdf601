package gen_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fngen/fngen/gen"
)

// ledger is an application that uses services: what is written into a collection
// is an event of the function that listens to that.
const ledger = `
-- ledger.go --
package shop

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/document"
)

type Entry struct {
	Amount int
	Seen   bool
}

type Ledger struct{ entries *document.Collection }

//fn:setup
//fn:use entries document:entries loop=ok
func New(ctx context.Context, entries *document.Collection) (*Ledger, error) {
	return &Ledger{entries}, nil
}

//fn:http PUT /entries/{key} auth=public
func (l *Ledger) Put(w http.ResponseWriter, r *http.Request) {
	_, err := l.entries.Create(r.Context(), r.PathValue("key"), Entry{Amount: 7})
	switch {
	case errors.Is(err, document.ErrExists):
		w.WriteHeader(409)
	case err != nil:
		http.Error(w, err.Error(), 500)
	}
}

//fn:http GET /entries/{key} auth=public
func (l *Ledger) Get(w http.ResponseWriter, r *http.Request) {
	var e Entry
	if _, err := l.entries.Get(r.Context(), r.PathValue("key"), &e); err != nil {
		http.Error(w, err.Error(), 404)
		return
	}
	fmt.Fprintf(w, "%+v", e)
}

// Announce tells of new entries.
//
//fn:document entries created
//fn:sink topic:announced type=com.example.announced
func (l *Ledger) Announce(ctx context.Context, c fn.Change) (string, error) {
	fmt.Printf("entry %s is %s, partial=%t\n", c.ID(), c.After, c.Partial)
	return c.ID(), nil
}

// Mark changes an entry that was announced.
//
//fn:topic announced
func (l *Ledger) Mark(ctx context.Context, id string) error {
	var e Entry
	revision, err := l.entries.Get(ctx, id, &e)
	if err != nil {
		return err
	}
	e.Seen = true
	_, err = l.entries.Replace(ctx, id, e, revision)
	return err
}
`

// albums is an application with a bucket and a secret.
const albums = `
-- album.go --
package shop

import (
	"context"
	"fmt"

	"gocloud.dev/blob"

	"github.com/fngen/fngen/fn"
)

type Album struct {
	pictures *blob.Bucket
	small    *blob.Bucket
	key      string
}

//fn:setup
//fn:use pictures object:pictures read prefix=in/
//fn:use small object:pictures write prefix=out/
//fn:use key secret:stripe-api
func New(ctx context.Context, pictures, small *blob.Bucket, key string) (*Album, error) {
	there, err := small.Exists(ctx, "empty.png")
	if err == nil && !there {
		err = small.WriteAll(ctx, "empty.png", nil, nil)
	}
	return &Album{pictures, small, key}, err
}

//fn:object pictures created prefix=in/
//fn:targets aws,gcp
func (a *Album) Shrink(ctx context.Context, picture fn.Object) error {
	name := picture.Key[len("in/"):]
	data, err := a.pictures.ReadAll(ctx, name)
	if err != nil {
		return err
	}
	fmt.Println("the key has", len(a.key), "bytes")
	return a.small.WriteAll(ctx, name, data[:1], nil)
}

//fn:object pictures created prefix=out/
//fn:targets aws,gcp
func Shrunk(ctx context.Context, picture fn.Object) error {
	fmt.Println("shrunk to", picture.Size)
	return nil
}
`

// form sends the form of the page with the fields, and returns the page.
func (d *dev) form(t *testing.T, name string, fields ...string) (*http.Response, string) {
	t.Helper()
	values := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		values.Set(fields[i], fields[i+1])
	}
	resp, err := http.PostForm(d.url("/_fngen/"+name), values)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

// All functions of a run share a store, and what one writes arrives at those that
// listen, on every platform; the page writes and shows documents.
func TestDevDocuments(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	for _, target := range gen.Targets() {
		t.Run(target, func(t *testing.T) {
			d := startDevOf(t, target, ledger+settings)
			if resp, body := d.ask(t, "PUT", "/entries/e-1", ""); resp.StatusCode != 200 {
				t.Errorf("%s %s", resp.Status, body)
			}
			if resp, body := d.ask(t, "PUT", "/entries/e-1", ""); resp.StatusCode != 409 {
				t.Errorf("%s %s", resp.Status, body)
			}
			d.want(t, `"function":"put"`, `"writes":["document entries/e-1 created"]`)
			d.want(t, `"kind":"delivered"`, `"function":"announce"`, `entry e-1 is {\"Amount\":7,\"Seen\":false}, partial=false`, `"emissions":["topic announced"]`)
			d.want(t, `"kind":"delivered"`, `"function":"mark"`, `"writes":["document entries/e-1 updated"]`)
			if resp, body := d.ask(t, "GET", "/entries/e-1", ""); resp.StatusCode != 200 || body != "{Amount:7 Seen:true}" {
				t.Errorf("%s %s", resp.Status, body)
			}
			resp, body := d.form(t, "put", "collection", "entries", "key", "e-2", "text", `{"Amount":3}`)
			if resp.StatusCode != 200 || !strings.Contains(body, "document entries/e-2 is written") {
				t.Errorf("%s %s", resp.Status, body)
			}
			d.want(t, `"function":"announce"`, `entry e-2 is {\"Amount\":3}`)
			d.want(t, `"function":"mark"`, `"document entries/e-2 updated"`)
			if _, body := d.ask(t, "GET", "/_fngen/", ""); !strings.Contains(body, "<b>entries</b>") || !strings.Contains(body, "2 documents") {
				t.Errorf("the page has no collection: %s", body)
			}
			if notes := d.notes(`"kind":"unheard"`); len(notes) > 0 {
				t.Errorf("%s", notes)
			}
			d.stop(t)
		})
	}
}

// An object that a function writes is one of its bucket's folder, and an event as
// one that is put there; so is one that a setup writes before anything is served.
func TestDevObjects(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	t.Setenv("FNGEN_SECRET_KEY", "s3cret")
	var d *dev
	for _, target := range []string{"gcp", "aws"} {
		d = startDevOf(t, target, albums)
		d.want(t, `"kind":"remarked"`, "the secret stripe-api is FNGEN_SECRET_KEY of the environment")
		d.want(t, `"function":"shrunk"`, `"fate":"acknowledged"`, "shrunk to 0")
		in := filepath.Join(d.dir, ".fngen", "objects", "pictures", "in")
		if err := os.MkdirAll(in, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(in, "a.png"), []byte("picture"), 0o644); err != nil {
			t.Fatal(err)
		}
		d.want(t, `"function":"shrink"`, `"fate":"acknowledged"`, `the key has 6 bytes`, `"writes":["object pictures/out/a.png created"]`)
		d.want(t, `"function":"shrunk"`, `"fate":"acknowledged"`, "shrunk to 1")
		if got, err := os.ReadFile(filepath.Join(d.dir, ".fngen", "objects", "pictures", "out", "a.png")); string(got) != "p" {
			t.Errorf("%s: %q, %v", target, got, err)
		}
		d.stop(t)
		for _, text := range []string{"shrunk to 0", "shrunk to 1"} {
			if n := len(d.notes(`"kind":"delivered"`, `"function":"shrunk"`, text)); n != 1 {
				t.Errorf("%s: the object of %s was told %d times", target, text, n)
			}
		}
		if notes := d.notes("s3cret"); len(notes) > 0 {
			t.Errorf("%s: the secret is told: %s", target, notes)
		}
	}

	// What lies in the folder is there for one event, too, and stays as it is.
	p, err := gen.Open(t.Context(), gen.Options{Dir: d.dir, Targets: []string{"aws"}, Local: true})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	event := []byte(`{"specversion":"1.0","id":"1","source":"/","type":"dev.fngen.object.created.v1","data":{"key":"in/a.png"}}`)
	list, _, err := p.Invoke(t.Context(), gen.InvokeOptions{Function: "shrink", Event: event})
	if err != nil || len(list) != 1 || list[0].Fate != "acknowledged" || len(list[0].Writes) != 1 || list[0].Writes[0] != "object pictures/out/a.png created, 1 bytes" {
		t.Errorf("%+v, %v", list, err)
	}
	left, err := filepath.Glob(filepath.Join(d.dir, ".fngen", "objects-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("%q are left, %v", left, err)
	}

	t.Setenv("FNGEN_SECRET_KEY", "")
	os.Unsetenv("FNGEN_SECRET_KEY")
	if _, _, err := p.Invoke(t.Context(), gen.InvokeOptions{Function: "shrink"}); err == nil || !strings.Contains(err.Error(), "shrink: the secret stripe-api, which is not known here; set FNGEN_SECRET_KEY in the environment, or write FNGEN_SECRET_KEY=… into .fngen/secrets.env") {
		t.Error(err)
	}
}

// settings say where OpenWhisk's database is, once it is deployed.
const settings = `
-- fngen.yaml --
resources:
  entries: {openwhisk: {url: "https://couch.example"}}
`

// What a function does with what it uses is the same for the meaning of an event on
// every platform.
func TestInvokeUses(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	d := startDevOf(t, "aws", ledger+settings)
	d.stop(t)
	p, err := gen.Open(context.Background(), gen.Options{Dir: d.dir, Targets: gen.Targets(), Local: true})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	list, differences, err := p.Invoke(t.Context(), gen.InvokeOptions{Function: "put", Event: []byte("PUT /entries/e-1 HTTP/1.1\r\nHost: shop.example\r\n\r\n")})
	if err != nil || len(differences) > 0 || len(list) != 3 {
		t.Fatalf("%d, %q, %v", len(list), differences, err)
	}
	for _, i := range list {
		if i.Status != 200 || len(i.Writes) != 1 || i.Writes[0] != `document entries/e-1 created {"Amount":7,"Seen":false}` {
			t.Errorf("%s: %d, %q, %q", i.Target, i.Status, i.Writes, i.Logs)
		}
	}
	event, _ := json.Marshal(map[string]any{"specversion": "1.0", "id": "1", "source": "/", "type": "dev.fngen.document.created.v1",
		"data": map[string]any{"key": "e-1", "after": map[string]any{"Amount": 1}}})
	list, differences, err = p.Invoke(t.Context(), gen.InvokeOptions{Function: "announce", Event: event})
	if err != nil || len(differences) > 0 {
		t.Fatalf("%q, %v", differences, err)
	}
	for _, i := range list {
		if log := strings.Join(i.Logs, "\n"); !strings.Contains(log, `entry e-1 is {"Amount":1}, partial=false`) || len(i.Emissions) != 1 {
			t.Errorf("%s: %s", i.Target, log)
		}
	}
}
