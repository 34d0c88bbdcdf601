package couchdb

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/fngen/fngen/fn/document"
	"github.com/fngen/fngen/internal/documents"
	"github.com/fngen/fngen/providers/openwhisk/internal/actionloop"
)

const rev = "1-0123456789abcdef0123456789abcdef"

// called returns the calls that use makes of a service with the answers, a status
// and a body each, of which the last stands for all that follow.
func called(t *testing.T, use func(*document.Collection), answers ...string) []string {
	t.Helper()
	var calls []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		answer := answers[min(len(calls), len(answers)-1)]
		call := r.Method + " " + r.RequestURI
		if user, password, ok := r.BasicAuth(); ok {
			call += " by " + user + ":" + password
		}
		if len(body) > 0 {
			call += " " + string(body)
		}
		calls = append(calls, call)
		var status int
		_, _ = fmt.Sscan(answer, &status)
		w.WriteHeader(status)
		fmt.Fprint(w, answer[4:])
	}))
	defer server.Close()
	t.Setenv("FNGEN_USE_USERS", server.URL+"/acme/")
	c, err := Collection("users")
	if err != nil {
		t.Fatal(err)
	}
	use(c)
	return calls
}

// activation is the context of one with the parameters.
func activation(t *testing.T, parameters string) context.Context {
	t.Helper()
	r, err := actionloop.Decode([]byte(`{"value":` + parameters + `}`))
	if err != nil {
		t.Fatal(err)
	}
	return r.Context(t.Context())
}

// What goes to CouchDB: one document, at a revision, as the user of the activation.
func TestCalls(t *testing.T) {
	ctx := activation(t, `{"FNGEN_USE_USERS":"alice:s3:cret"}`)
	calls := called(t, func(c *document.Collection) {
		_, _ = c.Get(ctx, "a b+%?é", new(any))
		_, _ = c.Create(ctx, "a", map[string]any{"n": 1e21})
		_, _ = c.Put(ctx, "a", struct{}{})
		_, _ = c.Replace(ctx, "a", struct{}{}, rev)
		_, _ = c.Replace(ctx, "a", struct{}{}, "1-x")
		_ = c.Delete(ctx, "a", rev)
		_ = c.Delete(ctx, "a", "")
		_, _ = c.Get(t.Context(), "a", new(any))
	}, `200 {"_rev":"`+rev+`","rev":"`+rev+`"}`)
	want := []string{
		"GET /acme/a%20b%2B%25%3F%C3%A9 by alice:s3:cret",
		`PUT /acme/a by alice:s3:cret {"n":1e+21}`,
		"GET /acme/a by alice:s3:cret", "PUT /acme/a?rev=" + rev + " by alice:s3:cret {}",
		"PUT /acme/a?rev=" + rev + " by alice:s3:cret {}",
		"DELETE /acme/a?rev=" + rev + " by alice:s3:cret",
		"GET /acme/a by alice:s3:cret", "DELETE /acme/a?rev=" + rev + " by alice:s3:cret",
		"GET /acme/a",
	}
	if !slices.Equal(calls, want) {
		t.Errorf("calls\n%s\nwant\n%s", strings.Join(calls, "\n"), strings.Join(want, "\n"))
	}
}

// A write that is not at a revision is made again while others are faster, ten
// times.
func TestUnconditional(t *testing.T) {
	const conflict = `409 {"error":"conflict","reason":"Document update conflict."}`
	found := `200 {"_rev":"` + rev + `"}`
	calls := called(t, func(c *document.Collection) {
		if revision, err := c.Put(t.Context(), "a", struct{}{}); err != nil || revision != "7-x" {
			t.Errorf("%q, %v", revision, err)
		}
	}, found, conflict, found, conflict, `404 {"error":"not_found","reason":"deleted"}`, `201 {"ok":true,"rev":"7-x"}`)
	if len(calls) != 6 || !strings.HasPrefix(calls[5], "PUT /acme/a {}") {
		t.Errorf("calls %q", calls)
	}
	var answers []string
	for range 20 {
		answers = append(answers, found, conflict)
	}
	calls = called(t, func(c *document.Collection) {
		if err := c.Delete(t.Context(), "a", ""); err == nil || !strings.Contains(err.Error(), "others changed the document 10 times") {
			t.Error(err)
		}
	}, answers...)
	if len(calls) != 20 {
		t.Errorf("%d calls", len(calls))
	}
}

// What is said of a failure holds no password, and says what is missing.
func TestFailures(t *testing.T) {
	ctx := activation(t, `{"FNGEN_USE_USERS":"alice:s3cret"}`)
	for name, test := range map[string]struct {
		ctx    context.Context
		answer string
		want   string
		calls  int
	}{
		"no user":         {t.Context(), `401 {"error":"unauthorized","reason":"You are not authorized to access this db."}`, "the activation has none; bind the parameter FNGEN_USE_USERS to the action", 1},
		"another user":    {ctx, `401 {"error":"unauthorized","reason":"Name or password is incorrect."}`, "status 401 unauthorized: Name or password", 1},
		"no database":     {ctx, `404 {"error":"not_found","reason":"Database does not exist."}`, "status 404 not_found: Database does not exist.", 1},
		"not today":       {ctx, `503 http://alice:s3cret@host/`, "status 503", 7},
		"no revision":     {ctx, `200 {}`, "it has no _rev", 1},
		"no JSON":         {ctx, `200 <html>`, "decode document", 1},
		"not an object":   {ctx, `200 [1]`, "is no JSON object", 1},
		"as it should be": {ctx, `200 {"_id":"a","_rev":"1-x","_attachments":{},"v":1.0}`, "", 1},
	} {
		calls := called(t, func(c *document.Collection) {
			var got json.RawMessage
			_, err := c.Get(test.ctx, "a", &got)
			if (err == nil) != (test.want == "") || err != nil && (!strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "s3cret")) {
				t.Errorf("%s: %v, want %s", name, err, test.want)
			}
			if err == nil && string(got) != `{"v":1}` {
				t.Errorf("%s: %s", name, got)
			}
		}, test.answer)
		if len(calls) != test.calls {
			t.Errorf("%s: %d calls", name, len(calls))
		}
	}
}

// Opening makes no call, and says what is missing and nothing of the address.
func TestCollection(t *testing.T) {
	for value, want := range map[string]string{
		"": "FNGEN_USE_USERS is not set", "https://host": "is no URL of a database", "https://host/": "is no URL of a database", "ftp://host/db": "is no URL of a database",
		"https://alice:s3cret@host/db": "without user and password", "https://host/db?s3cret": "is no URL of a database", "host/s3cret": "is no URL of a database", "https://host/db#x": "is no URL",
	} {
		t.Setenv("FNGEN_USE_USERS", value)
		c, err := Collection("users")
		if c != nil || err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: %v, want %s", value, err, want)
		}
		if _, err := Revision("users")(t.Context(), "a", rev); err == nil {
			t.Errorf("%q: a revision is read", value)
		}
	}
}

// FuzzResponses: of whatever is answered there is a document or an error.
func FuzzResponses(f *testing.F) {
	for _, seed := range []string{`{"_id":"a","_rev":"1-x","n":1.50,"l":[{"m":1e21}]}`, `{}`, `null`, `{"_rev":1}`, `{"ok":true,"rev":"1-x"}`, `{"_rev":"1-x","n":1e999}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, response []byte) {
		if next, err := written(response); (err == nil) != (next != "") {
			t.Errorf("%q, %v", next, err)
		}
		d, revision, err := found(response)
		if err != nil {
			if d != nil || revision != "" {
				t.Errorf("%v, %q with %v", d, revision, err)
			}
			return
		}
		if text, err := documents.JSON(d); err != nil || !json.Valid(text) || revision == "" {
			t.Errorf("%s, %q, %v", text, revision, err)
		}
	})
}

// A revision that is none of CouchDB's is no document's, and is not asked for.
func TestIsRevision(t *testing.T) {
	const hash = "7051cbe5c8faecd085a3fa619e6e6337"
	for text, want := range map[string]bool{
		"1-" + hash: true, "120-" + hash: true, "1-" + hash[1:]: false, "1-0" + hash: false, "0-" + hash: false, "01-" + hash: false, "-" + hash: false,
		hash: false, "1" + hash: false, "1x2-" + hash: false, "1-" + hash[:31] + "g": false, "1-" + hash[:31] + "A": false, "1-" + hash[:15] + "-" + hash[16:]: false,
		"": false, "1-": false,
	} {
		if got := isRevision(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
