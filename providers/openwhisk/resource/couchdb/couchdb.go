// Package couchdb keeps collections of documents in databases of CouchDB.
package couchdb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"github.com/fngen/fngen/fn/document"
	"github.com/fngen/fngen/internal/documents"
	"github.com/fngen/fngen/internal/uses"
)

// Collection returns the collection that a parameter of a setup stands for. The
// URL of its database, https://HOST:PORT/DATABASE, is in the environment, as
// FNGEN_USE_USERS of the parameter users. User and password, with a colon
// between, come with each activation, as a parameter of the same name that is
// bound to the action; they are in no payload and no log, and there are none
// before the first activation. It makes no call.
//
// CouchDB writes at a revision alone: a Put, and a Delete without a revision, read
// it first, and do so again if somebody is faster, ten times at most. Fields of
// the document whose names begin with _ are CouchDB's.
func Collection(param string) (*document.Collection, error) {
	d, err := open(param)
	if err != nil {
		return nil, err
	}
	return document.New(d), nil
}

// Revision returns a function that reads the document of the id at a revision, nil
// if CouchDB does not have it any more, for the field Read of openwhisk.CouchDB.
func Revision(param string) func(ctx context.Context, id, revision string) (map[string]any, error) {
	return func(ctx context.Context, id, revision string) (map[string]any, error) {
		d, err := open(param)
		if err != nil {
			return nil, err
		}
		document, _, err := d.get(ctx, id, revision)
		if errors.Is(err, documents.ErrNotFound) {
			return nil, nil
		}
		return document, err
	}
}

// A database is known by its URL, and by the name of the parameter that holds user
// and password.
type database struct{ url, credentials string }

var _ documents.Driver = database{}

func open(param string) (database, error) {
	address, err := uses.Name(param)
	if err != nil {
		return database{}, err
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") == "" || u.RawQuery != "" || u.Fragment != "" {
		return database{}, fmt.Errorf("%s is no URL of a database, https://HOST:PORT/DATABASE without user and password", uses.Variable(param))
	}
	return database{strings.TrimRight(address, "/"), uses.Variable(param)}, nil
}

// Get implements documents.Driver.
func (d database) Get(ctx context.Context, key string) (documents.Document, string, error) {
	return d.get(ctx, key, "")
}

// get reads the document at a revision; "" is the one that it is at.
func (d database) get(ctx context.Context, key, revision string) (documents.Document, string, error) {
	response, err := d.call(ctx, http.MethodGet, key, revision, nil)
	if err != nil {
		return nil, "", err
	}
	return found(response)
}

// found returns the document of a response.
func found(response []byte) (documents.Document, string, error) {
	document, err := documents.Parse(response)
	if err != nil {
		return nil, "", fmt.Errorf("couchdb: decode document: %w", err)
	}
	revision, _ := document[documents.Revision].(string)
	if revision == "" {
		return nil, "", errors.New("couchdb: decode document: it has no _rev")
	}
	maps.DeleteFunc(document, func(name string, _ any) bool { return strings.HasPrefix(name, "_") })
	spell(document)
	return document, revision, nil
}

// spell puts the numbers in a value into their one spelling.
func spell(v any) any {
	switch v := v.(type) {
	case json.Number:
		n, _ := documents.Number(string(v)) // what others have written may be no double
		return n
	case []any:
		for i := range v {
			v[i] = spell(v[i])
		}
	case documents.Document:
		for name := range v {
			v[name] = spell(v[name])
		}
	}
	return v
}

// isRevision reports whether the text is a revision of CouchDB's: a number above 0
// and 32 hexadecimal digits. What is none is no document's.
func isRevision(s string) bool {
	const digits = "0123456789"
	number, hash, _ := strings.Cut(s, "-")
	return number != "" && number[0] != '0' && strings.Trim(number, digits) == "" && len(hash) == 32 && strings.Trim(hash, digits+"abcdef") == ""
}

// Put implements documents.Driver.
func (d database) Put(ctx context.Context, key string, document documents.Document, when documents.Condition) (next string, err error) {
	body, err := documents.JSON(document)
	if err != nil {
		return "", err
	}
	put := func(revision string) error {
		response, err := d.call(ctx, http.MethodPut, key, revision, body)
		if err == nil {
			next, err = written(response)
		}
		return err
	}
	switch {
	case when.Absent:
		if err = put(""); errors.Is(err, documents.ErrConflict) {
			err = documents.ErrExists
		}
	case when.Revision == "":
		err = d.unconditional(ctx, key, put)
	case !isRevision(when.Revision):
		err = documents.ErrConflict
	default:
		err = put(when.Revision)
	}
	return next, err
}

// written returns the revision that a response to a write tells.
func written(response []byte) (string, error) {
	var answer struct{ Rev string }
	if err := json.Unmarshal(response, &answer); err != nil || answer.Rev == "" {
		return "", errors.New("couchdb: the response to a write tells no revision")
	}
	return answer.Rev, nil
}

// Delete implements documents.Driver.
func (d database) Delete(ctx context.Context, key string, when documents.Condition) error {
	remove := func(revision string) error {
		if revision == "" {
			return nil // there is nothing
		}
		_, err := d.call(ctx, http.MethodDelete, key, revision, nil)
		if errors.Is(err, documents.ErrNotFound) {
			err = documents.ErrConflict
		}
		return err
	}
	switch {
	case when.Revision == "":
		return d.unconditional(ctx, key, remove)
	case !isRevision(when.Revision):
		return documents.ErrConflict
	}
	return remove(when.Revision)
}

// unconditional writes at the revision that the document is at, "" if it is not
// there, and does so again while others are faster.
func (d database) unconditional(ctx context.Context, key string, write func(revision string) error) error {
	const tries = 10
	for range tries {
		_, revision, err := d.Get(ctx, key)
		if err != nil && !errors.Is(err, documents.ErrNotFound) {
			return err
		}
		if err = write(revision); !errors.Is(err, documents.ErrConflict) {
			return err
		}
	}
	return fmt.Errorf("couchdb: others changed the document %d times before it was written", tries)
}

// address returns the URL of the document. A plus is a space to CouchDB, in paths
// too.
func (d database) address(key, revision string) string {
	address := d.url + "/" + strings.ReplaceAll(url.QueryEscape(key), "+", "%20")
	if revision != "" {
		address += "?rev=" + url.QueryEscape(revision)
	}
	return address
}
