package firestore

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
	"time"

	"github.com/fngen/fngen/fn/document"
	"github.com/fngen/fngen/internal/documents"
)

const users = "projects/acme/databases/(default)/documents/users"

// called returns the calls that use makes of a service with the answers, a status
// and a body each, of which the last stands for all that follow.
func called(t *testing.T, use func(*document.Collection), answers ...string) []string {
	t.Helper()
	var calls []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		answer := answers[min(len(calls), len(answers)-1)]
		calls = append(calls, strings.TrimPrefix(r.URL.Path, "/v1/projects/acme/databases/(default)/")+" "+string(body))
		var status int
		_, _ = fmt.Sscan(answer, &status)
		w.WriteHeader(status)
		fmt.Fprint(w, answer[4:])
	}))
	defer server.Close()
	t.Setenv("FIRESTORE_EMULATOR_HOST", server.URL)
	t.Setenv("FNGEN_USE_USERS", users)
	c, err := Collection("users")
	if err != nil {
		t.Fatal(err)
	}
	use(c)
	return calls
}

// What goes to Firestore: one document with one precondition.
func TestCalls(t *testing.T) {
	calls := called(t, func(c *document.Collection) {
		_, _ = c.Get(t.Context(), "a?", new(any))
		_, _ = c.Create(t.Context(), "a", map[string]any{"d": 1e21, "n": 1, "l": []any{nil, true, "x", map[string]any{}}})
		_, _ = c.Put(t.Context(), "a", struct{}{})
		_, _ = c.Replace(t.Context(), "a", struct{}{}, "2026-01-02T03:04:05.678Z")
		_, _ = c.Replace(t.Context(), "a", struct{}{}, "no time")
		_ = c.Delete(t.Context(), "a", "2026-01-02T03:04:05.678Z")
		_ = c.Delete(t.Context(), "a", "")
	}, `200 {"writeResults":[{"updateTime":"2026-01-02T03:04:05.678Z"}]}`)
	want := []string{
		`documents:batchGet {"documents":["` + users + `/a?"]}`,
		`documents:commit {"writes":[{"currentDocument":{"exists":false},"update":{"fields":{"d":{"doubleValue":1e+21},"l":{"arrayValue":{"values":[{"nullValue":null},{"booleanValue":true},{"stringValue":"x"},{"mapValue":{"fields":{}}}]}},"n":{"integerValue":"1"}},"name":"` + users + `/a"}}]}`,
		`documents:commit {"writes":[{"update":{"fields":{},"name":"` + users + `/a"}}]}`,
		`documents:commit {"writes":[{"currentDocument":{"updateTime":"2026-01-02T03:04:05.678Z"},"update":{"fields":{},"name":"` + users + `/a"}}]}`,
		`documents:commit {"writes":[{"currentDocument":{"updateTime":"2026-01-02T03:04:05.678Z"},"delete":"` + users + `/a"}]}`,
		`documents:commit {"writes":[{"delete":"` + users + `/a"}]}`,
	}
	if !slices.Equal(calls, want) {
		t.Errorf("calls\n%s\nwant\n%s", strings.Join(calls, "\n"), strings.Join(want, "\n"))
	}
}

// A database that is not there is no document that is not there, and what may
// pass is tried again.
func TestFailures(t *testing.T) {
	const missing = `404 {"error":{"code":404,"status":"NOT_FOUND","message":"The database (default) does not exist for project acme Please visit https://console.cloud.google.com/x?y to add one."}}`
	for name, test := range map[string]struct {
		answers   []string
		get, want string
		calls     int
	}{
		"no database, get":     {[]string{`404 [` + missing[4:] + `]`}, "yes", "status 404 NOT_FOUND: The database (default) does not exist for project acme Please visit https://console.cloud.google.com to", 1},
		"no database, replace": {[]string{missing}, "", "status 404 NOT_FOUND: The database", 1},
		"denied":               {[]string{`403 {"error":{"status":"PERMISSION_DENIED","message":"Missing or insufficient permissions."}}`}, "", "firestore: commit in " + users + ": status 403 PERMISSION_DENIED", 1},
		"contention":           {[]string{`409 {"error":{"status":"ABORTED"}}`, `503 `, `401 {}`, `200 {"commitTime":"2026-01-02T03:04:05.678Z"}`}, "", "", 4},
		"no document":          {[]string{`200 [{"missing":"` + users + `/a","readTime":"2026-01-02T03:04:05.678Z"}]`}, "yes", documents.ErrNotFound.Error(), 1},
		"an empty answer":      {[]string{`200 [{"readTime":"2026-01-02T03:04:05.678Z"}]`}, "yes", "does not say that there is none", 1},
		"conflict":             {[]string{`404 {"error":{"status":"NOT_FOUND","message":"No document to update: ` + users + `/a"}}`}, "", documents.ErrConflict.Error(), 1},
	} {
		calls := called(t, func(c *document.Collection) {
			var err error
			if test.get != "" {
				_, err = c.Get(t.Context(), "a", new(any))
			} else {
				_, err = c.Replace(t.Context(), "a", struct{}{}, "2026-01-02T03:04:05.678Z")
			}
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("%s: %v, want %s", name, err, test.want)
			}
		}, test.answers...)
		if len(calls) != test.calls {
			t.Errorf("%s: %d calls", name, len(calls))
		}
	}
}

// Where nobody answers it is said of what.
func TestNoAnswer(t *testing.T) {
	called(t, func(c *document.Collection) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second/10)
		defer cancel()
		t.Setenv("FIRESTORE_EMULATOR_HOST", "127.0.0.1:1")
		if _, err := c.Put(ctx, "a", struct{}{}); err == nil || !strings.HasPrefix(err.Error(), `put document "a": firestore: http://127.0.0.1:1: `) {
			t.Error(err)
		}
	}, "200 {}")
}

// Opening makes no call, and says what is missing.
func TestCollection(t *testing.T) {
	for value, want := range map[string]string{"": "FNGEN_USE_USERS is not set", "users": "it holds projects/", users + "/a": "it holds projects/", "projects/p/databases/d/documents/": "it holds projects/",
		"projects//databases/d/documents/a": "it holds projects/", "projects/p/databases//documents/a": "it holds projects/", "projects/p/database/d/documents/a": "it holds projects/", "/projects/p/databases/d/documents/a": "it holds projects/"} {
		t.Setenv("FNGEN_USE_USERS", value)
		if c, err := Collection("users"); c != nil || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", value, err, want)
		}
	}
}

// Values that are none of Firestore's say where.
func TestBadValues(t *testing.T) {
	for value, want := range map[string]string{
		`{}`: ".v: the value has not one kind", `1`: ".v: the value has not one kind", `{"stringValue":"a","nullValue":null}`: ".v: the value has not one kind",
		`{"vectorValue":{}}`: `.v: the kind of value "vectorValue" is not known`, `{"integerValue":"9223372036854775808"}`: ".v: strconv.ParseInt", `{"doubleValue":"x"}`: `.v: no value of the kind "doubleValue"`,
		`{"arrayValue":{"values":[{"nullValue":null},{"bytesValue":"%"}]}}`: ".v[1]: illegal base64", `{"mapValue":{"fields":{"w":{"timestampValue":"soon"}}}}`: ".v.w: parsing time",
		`{"booleanValue":"true"}`: `.v: no value of the kind "booleanValue"`, `{"referenceValue":"x"}`: `.v: no value of the kind "referenceValue"`,
	} {
		_, _, err := found([]byte(`[{"found":{"updateTime":"t","fields":{"v":` + value + `}}}]`))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", value, err, want)
		}
	}
}

// FuzzResponses: of whatever is answered there is a document, none, or an error.
func FuzzResponses(f *testing.F) {
	for _, seed := range []string{`[]`, `{}`, `[{"missing":"x"}]`, `[{"found":{"updateTime":"t","fields":{"a":{"doubleValue":1.50},"b":{"arrayValue":{"values":[{"mapValue":{"fields":{"c":{"integerValue":"7"}}}}]}}}}}]`,
		`{"writeResults":[{"updateTime":"t"}],"commitTime":"u"}`, `[{"found":{"updateTime":"t","fields":{"g":{"geoPointValue":{"latitude":1e-7}}}}}]`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, response []byte) {
		_, _ = updated(response)
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
