package store

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/internal/documents"
	"github.com/fngen/fngen/internal/native"
)

var couchRefusals = refusals{
	errNotFound: {http.StatusNotFound, "not_found"}, errConflict: {http.StatusConflict, "conflict"}, errDenied: {http.StatusUnauthorized, "unauthorized"},
	errUnknown: {http.StatusMethodNotAllowed, "method_not_allowed"}, errBusy: {http.StatusServiceUnavailable, "service_unavailable"},
	errTooLarge: {http.StatusRequestEntityTooLarge, "document_too_large"},
}

// couchDB serves GET, PUT and DELETE of a document, with revisions. The path is
// what is below the server's, escaped.
//
// https://docs.couchdb.org/en/stable/api/document/common.html
func (v *View) couchDB(w http.ResponseWriter, r *http.Request, path string) {
	status, answer, err := v.couch(w, r, path)
	if err != nil {
		is := couchRefusals.of(err, refusal{http.StatusBadRequest, "bad_request"})
		status, answer = is.status, native.JSON("error", is.word, "reason", err.Error())
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(answer, '\n')) // the caller may be gone
}

// revisionGrammar is that of a document's revision.
var revisionGrammar = regexp.MustCompile(`^([1-9][0-9]{0,17})-[0-9a-f]{1,64}$`)

func (v *View) couch(w http.ResponseWriter, r *http.Request, path string) (int, json.RawMessage, error) {
	database, rest, _ := strings.Cut(path, "/")
	name, err := url.PathUnescape(database)
	if err != nil {
		return 0, nil, because(errBad, "%v", err)
	}
	if user, password, ok := r.BasicAuth(); !ok || user != couchUser || password != couchPassword || !v.has(model.UseDocument, name) {
		return 0, nil, because(errDenied, "you are not authorized to access this db")
	}
	key, err := url.PathUnescape(rest)
	query := r.URL.Query()
	asked := query.Get("rev")
	for parameter := range query {
		if parameter != "rev" {
			err = v.unknown("CouchDB", r.Method+" with "+parameter)
		}
	}
	switch {
	case err != nil:
		return 0, nil, err
	case rest == "" || strings.Contains(rest, "/") || strings.HasPrefix(key, "_") || r.Method != http.MethodGet && r.Method != http.MethodPut && r.Method != http.MethodDelete:
		return 0, nil, v.unknown("CouchDB", r.Method+" "+path)
	case asked != "" && !revisionGrammar.MatchString(asked):
		return 0, nil, because(errBad, "Invalid rev format")
	}
	if r.Method == http.MethodGet {
		answer, err := v.couchGet(name, key, asked)
		return http.StatusOK, answer, err
	}
	one := writing{name: name, key: key, keeps: true, revision: nextRevision}
	if r.Method == http.MethodPut {
		body, err := readJSON(w, r)
		if err != nil {
			return 0, nil, err
		}
		var given string
		if one.fields, given, err = parseCouch(body); err != nil {
			return 0, nil, err
		}
		if asked == "" {
			asked = given
		}
	}
	one.when = func(d *document) error {
		switch {
		case one.fields == nil && (d == nil || d.fields == nil):
			return because(errNotFound, "missing")
		case asked == "" && (d == nil || one.fields != nil && d.fields == nil): // it is new
		case d == nil || asked != d.revision:
			return because(errConflict, "Document update conflict.")
		}
		return nil
	}
	d, err := v.write(one)
	if err != nil {
		return 0, nil, err
	}
	status := http.StatusCreated
	if one.fields == nil {
		status = http.StatusOK
	}
	return status, native.JSON("ok", true, "id", key, "rev", d.revision), nil
}

// couchGet returns the document, at the revision if one is asked for.
func (v *View) couchGet(name, key, asked string) (json.RawMessage, error) {
	d, err := v.store.get(name, key)
	if err != nil {
		return nil, err
	}
	if d != nil && asked != "" && asked != d.revision {
		versions := d.before
		d = nil
		for _, version := range versions {
			if version.revision == asked {
				d = version
			}
		}
	}
	switch {
	case d == nil:
		return nil, because(errNotFound, "missing")
	case d.fields == nil && asked == "":
		return nil, because(errNotFound, "deleted")
	}
	document, _ := Plain(d.fields).(map[string]any)
	if d.fields == nil {
		document = map[string]any{"_deleted": true}
	}
	document["_id"], document[documents.Revision] = key, d.revision
	return documents.JSON(document)
}

// parseCouch reads a document that is to be kept, and the revision in it.
func parseCouch(body []byte) (fields native.Map, revision string, err error) {
	if fields, err = native.Document(body); err != nil {
		return nil, "", because(errBad, "%v", err)
	}
	if fields == nil || bytes.TrimSpace(body)[0] != '{' {
		return nil, "", because(errBad, "Document must be a JSON object")
	}
	if is, ok := fields[documents.Revision]; ok {
		if revision, ok = is.(string); !ok || !revisionGrammar.MatchString(revision) {
			return nil, "", because(errBad, "Invalid rev format")
		}
	}
	delete(fields, documents.Revision)
	delete(fields, "_id") // which the path has
	for name := range fields {
		if strings.HasPrefix(name, "_") {
			return nil, "", because(errBad, "Bad special document member: %s", model.Clip(name))
		}
	}
	return fields, revision, nil
}

// nextRevision is a document's next one: a number that counts, and what makes it
// one of its own.
func nextRevision(was *document, _ time.Time) string {
	n := 0
	if was != nil {
		count, _, _ := strings.Cut(was.revision, "-")
		n, _ = strconv.Atoi(count) // which it begins with
	}
	var random [16]byte
	_, _ = rand.Read(random[:]) // which does not fail
	return fmt.Sprintf("%d-%s", n+1, hex.EncodeToString(random[:]))
}
