package store

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/internal/native"
)

var firestoreRefusals = refusals{
	errNotFound: {http.StatusNotFound, "NOT_FOUND"}, errExists: {http.StatusConflict, "ALREADY_EXISTS"},
	errConflict: {http.StatusBadRequest, "FAILED_PRECONDITION"}, errDenied: {http.StatusForbidden, "PERMISSION_DENIED"},
	errUnknown: {http.StatusBadRequest, "UNIMPLEMENTED"}, errBusy: {http.StatusTooManyRequests, "RESOURCE_EXHAUSTED"},
}

func writeGoogle(w http.ResponseWriter, answer json.RawMessage, err error) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	if err != nil {
		is := firestoreRefusals.of(err, refusal{http.StatusBadRequest, "INVALID_ARGUMENT"})
		answer = native.JSON("error", native.JSON("code", is.status, "message", err.Error(), "status", is.word))
		w.WriteHeader(is.status)
	}
	_, _ = w.Write(answer) // the caller may be gone
}

// firestore serves documents:batchGet and documents:commit, of one document each.
// The path is what is below the database's documents, escaped.
//
// https://cloud.google.com/firestore/docs/reference/rest/v1/projects.databases.documents
func (v *View) firestore(w http.ResponseWriter, r *http.Request, path string) {
	body, err := readJSON(w, r)
	var answer json.RawMessage
	switch operation := r.Method + " documents" + path; {
	case err != nil:
	case operation == "POST documents:batchGet":
		answer, err = v.batchGet(body)
	case operation == "POST documents:commit":
		answer, err = v.commit(body)
	default:
		err = v.unknown("Firestore", operation)
	}
	writeGoogle(w, answer, err)
}

// splitDocument returns collection and key of a document's name.
func splitDocument(name string) (collection, key string, err error) {
	parts := strings.Split(name, "/")
	if len(parts) != 7 || parts[0] != "projects" || parts[2] != "databases" || parts[4] != "documents" || parts[5] == "" || parts[6] == "" {
		return "", "", because(errBad, "%q is no name of a document in a collection", model.Clip(name))
	}
	return parts[5], parts[6], nil
}

func (v *View) batchGet(body []byte) (json.RawMessage, error) {
	var request struct {
		Documents                    []string
		Mask, Transaction, ReadTime  json.RawMessage
		NewTransaction, ReadSelector json.RawMessage
	}
	if err := json.Unmarshal(body, &request); err != nil {
		return nil, because(errBad, "%v", err)
	}
	if request.Mask != nil || request.Transaction != nil || request.ReadTime != nil || request.NewTransaction != nil {
		return nil, v.unknown("Firestore", "batchGet with a mask, transaction or time")
	}
	found := []json.RawMessage{}
	for _, name := range request.Documents {
		collection, key, err := splitDocument(name)
		if err == nil {
			err = v.may(model.UseDocument, collection, key, false)
		}
		if err != nil {
			return nil, err
		}
		d, err := v.store.get(collection, key)
		if err != nil && !errors.Is(err, errNotFound) {
			return nil, err
		}
		now := time.Now().UTC().Format(time.RFC3339Nano)
		if d == nil {
			found = append(found, native.JSON("missing", name, "readTime", now))
			continue
		}
		found = append(found, native.JSON("found", native.JSON("name", name, "fields", values(d.fields), "createTime", d.created.Format(time.RFC3339Nano), "updateTime", d.revision), "readTime", now))
	}
	return native.Array(found), nil
}

// A fireWrite is a write of documents:commit.
type fireWrite struct {
	Update *struct {
		Name   string
		Fields map[string]json.RawMessage
	}
	Delete          string
	CurrentDocument *struct {
		Exists     *bool
		UpdateTime *string
	}
	UpdateMask, Transform, Verify json.RawMessage
	UpdateTransforms              json.RawMessage
}

func (v *View) commit(body []byte) (json.RawMessage, error) {
	one, name, isUnknown, err := parseCommit(body)
	if isUnknown {
		return nil, v.unknown("Firestore", "commit of anything but one update or delete of a whole document")
	}
	if err != nil {
		return nil, err
	}
	collection, key, err := splitDocument(name)
	if err == nil {
		err = v.may(model.UseDocument, collection, key, true)
	}
	if err != nil {
		return nil, err
	}
	one.name, one.key, one.revision, one.isSame = collection, key, updateTime, true
	d, err := v.write(one)
	if err != nil {
		return nil, err
	}
	now := time.Now().UTC().Format(time.RFC3339Nano)
	result := native.JSON()
	if d != nil {
		result = native.JSON("updateTime", d.revision)
	}
	return native.JSON("writeResults", native.Array([]json.RawMessage{result}), "commitTime", now), nil
}

// parseCommit reads the one write of a commit.
func parseCommit(body []byte) (one writing, name string, isUnknown bool, err error) {
	var request struct {
		Writes      []fireWrite
		Transaction json.RawMessage
	}
	if err := json.Unmarshal(body, &request); err != nil {
		return one, "", false, because(errBad, "%v", err)
	}
	if len(request.Writes) != 1 || request.Transaction != nil {
		return one, "", true, nil
	}
	w := request.Writes[0]
	if w.UpdateMask != nil || w.Transform != nil || w.Verify != nil || w.UpdateTransforms != nil || (w.Update == nil) == (w.Delete == "") {
		return one, "", true, nil
	}
	name = w.Delete
	if w.Update != nil {
		name = w.Update.Name
		if one.fields, err = byName(w.Update.Fields, 0, parseValue); err != nil {
			return one, "", false, err
		}
	}
	one.when, err = preconditionOf(w)
	return one, name, false, err
}

// preconditionOf returns what must hold for the write.
//
// https://cloud.google.com/firestore/docs/reference/rest/v1/Precondition
func preconditionOf(w fireWrite) (func(*document) error, error) {
	if w.CurrentDocument == nil {
		return nil, nil
	}
	if exists := w.CurrentDocument.Exists; exists != nil {
		return func(d *document) error {
			switch {
			case *exists && d == nil:
				return because(errNotFound, "No document to update")
			case !*exists && d != nil:
				return because(errExists, "Document already exists")
			}
			return nil
		}, nil
	}
	if w.CurrentDocument.UpdateTime == nil {
		return nil, nil
	}
	at, err := time.Parse(time.RFC3339, *w.CurrentDocument.UpdateTime)
	if err != nil {
		return nil, because(errBad, "the precondition's updateTime: %v", err)
	}
	return func(d *document) error {
		if d != nil {
			if is, _ := time.Parse(time.RFC3339, d.revision); is.Equal(at) {
				return nil
			}
		}
		return because(errConflict, "the stored version does not match the required base version")
	}, nil
}

// updateTime is a document's next revision.
func updateTime(_ *document, now time.Time) string { return now.Format(time.RFC3339Nano) }
