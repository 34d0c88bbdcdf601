// Package firestore keeps collections of documents in Firestore.
package firestore

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/fngen/fngen/fn/document"
	"github.com/fngen/fngen/internal/documents"
	"github.com/fngen/fngen/internal/sinks"
	"github.com/fngen/fngen/internal/uses"
	"github.com/fngen/fngen/internal/wait"
	"github.com/fngen/fngen/providers/gcp/internal/api"
)

// Collection returns the collection that a parameter of a setup stands for. Its
// name, projects/PROJECT/databases/DATABASE/documents/COLLECTION, is in the
// environment, as FNGEN_USE_USERS of the parameter users. It makes no call.
//
// A document's revision is the time of its last change, so that a write of what is
// there already keeps it, and is no event. Of documents that others have written
// timestamps are RFC 3339 and bytes are base64, as in the events of the
// collection.
func Collection(param string) (*document.Collection, error) {
	name, err := uses.Name(param)
	if err != nil {
		return nil, err
	}
	if !isCollection(name) {
		return nil, fmt.Errorf("%s is %q; it holds projects/PROJECT/databases/DATABASE/documents/COLLECTION", uses.Variable(param), name)
	}
	database, _, _ := strings.Cut(name, "/documents/")
	return document.New(collection{database, name}), nil
}

// isCollection reports whether the name is that of a collection at the root.
func isCollection(name string) bool {
	parts := strings.Split(name, "/")
	return len(parts) == 6 && parts[0] == "projects" && parts[2] == "databases" && parts[4] == "documents" && !slices.Contains(parts, "")
}

type collection struct{ database, name string }

var _ documents.Driver = collection{}

type object = map[string]any

// Get implements documents.Driver. A call for a batch of one tells a document that
// is not there from a database that is not.
//
// https://cloud.google.com/firestore/docs/reference/rest/v1/projects.databases.documents/batchGet
func (c collection) Get(ctx context.Context, key string) (documents.Document, string, error) {
	response, err := c.call(ctx, "batchGet", object{"documents": []string{c.name + "/" + key}}, documents.Condition{})
	if err != nil {
		return nil, "", err
	}
	return found(response)
}

// found returns what a response of batchGet holds.
func found(response []byte) (documents.Document, string, error) {
	var answers []struct {
		Missing string
		Found   *struct {
			Fields     map[string]any
			UpdateTime string
		}
	}
	d := json.NewDecoder(bytes.NewReader(response))
	d.UseNumber()
	if err := d.Decode(&answers); err != nil {
		return nil, "", fmt.Errorf("firestore: decode response: %w", err)
	}
	for _, a := range answers {
		switch {
		case a.Found != nil && a.Found.UpdateTime != "":
			fields, err := fieldsOf(a.Found.Fields)
			if err != nil {
				return nil, "", fmt.Errorf("firestore: decode document%w", err)
			}
			return fields, a.Found.UpdateTime, nil
		case a.Missing != "":
			return nil, "", documents.ErrNotFound
		}
	}
	return nil, "", errors.New("firestore: the response holds no document, and does not say that there is none")
}

// Put implements documents.Driver.
func (c collection) Put(ctx context.Context, key string, d documents.Document, when documents.Condition) (string, error) {
	return c.commit(ctx, object{"update": object{"name": c.name + "/" + key, "fields": encode(d)}}, when)
}

// Delete implements documents.Driver.
func (c collection) Delete(ctx context.Context, key string, when documents.Condition) error {
	_, err := c.commit(ctx, object{"delete": c.name + "/" + key}, when)
	return err
}

// commit makes one write, and returns the time of the change.
//
// https://cloud.google.com/firestore/docs/reference/rest/v1/projects.databases.documents/commit
func (c collection) commit(ctx context.Context, write object, when documents.Condition) (string, error) {
	switch {
	case when.Absent:
		write["currentDocument"] = object{"exists": false}
	case when.Revision != "":
		if _, err := time.Parse(time.RFC3339Nano, when.Revision); err != nil {
			return "", documents.ErrConflict // no document was ever at that
		}
		write["currentDocument"] = object{"updateTime": when.Revision}
	}
	response, err := c.call(ctx, "commit", object{"writes": []any{write}}, when)
	if err != nil {
		return "", err
	}
	return updated(response)
}

// updated returns the time of the change that a response of commit tells; there is
// none of a deletion.
func updated(response []byte) (string, error) {
	var answer struct {
		CommitTime   string
		WriteResults []struct{ UpdateTime string }
	}
	if err := json.Unmarshal(response, &answer); err != nil {
		return "", fmt.Errorf("firestore: decode response: %w", err)
	}
	if len(answer.WriteResults) == 1 && answer.WriteResults[0].UpdateTime != "" {
		return answer.WriteResults[0].UpdateTime, nil
	}
	return answer.CommitTime, nil
}

var service = api.Service{Name: "firestore", Emulator: "FIRESTORE_EMULATOR_HOST"}

// call makes a call until it is answered for good.
func (c collection) call(ctx context.Context, method string, in object, when documents.Condition) (response []byte, err error) {
	body, err := json.Marshal(in)
	if err != nil {
		return nil, fmt.Errorf("firestore: encode request: %w", err)
	}
	err = wait.Repeat(ctx, func(ctx context.Context) (bool, error) {
		var status int
		status, response, err = service.Post(ctx, c.database+"/documents:"+method, body)
		if err != nil {
			return true, fmt.Errorf("firestore: %w", err)
		}
		if status == http.StatusOK {
			return false, nil
		}
		return c.failure(method, status, response, when)
	})
	return response, err
}

// failure returns the error that a response tells, and whether it may pass.
//
// https://cloud.google.com/firestore/docs/reference/rpc/google.rpc#google.rpc.Code
func (c collection) failure(method string, status int, response []byte, when documents.Condition) (passing bool, err error) {
	type answer struct {
		Error struct{ Status, Message string }
	}
	var said answer
	if json.Unmarshal(response, &said) != nil { // a call that streams says it in an array
		var all []answer
		if json.Unmarshal(response, &all) == nil && len(all) > 0 {
			said = all[0]
		}
	}
	switch code := said.Error.Status; {
	case code == "ALREADY_EXISTS" && when.Absent:
		return false, documents.ErrExists
	case code == "FAILED_PRECONDITION" && when.Revision != "",
		code == "NOT_FOUND" && when.Revision != "" && strings.HasPrefix(said.Error.Message, "No document to "):
		return false, documents.ErrConflict
	default:
		passing = status >= http.StatusInternalServerError || status == http.StatusTooManyRequests || status == http.StatusUnauthorized || code == "ABORTED"
		return passing, fmt.Errorf("firestore: %s in %s: status %d %s: %s", method, c.name, status, code, sinks.Words(said.Error.Message))
	}
}
