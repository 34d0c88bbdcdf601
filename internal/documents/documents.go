// Package documents is what the collections of documents on all platforms share:
// the one encoder, which refuses the same everywhere, the one spelling of
// numbers, and what a platform's driver does.
package documents

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
)

// What a collection says of a document. All other errors may pass.
var (
	ErrNotFound = errors.New("there is no such document")
	ErrExists   = errors.New("the document exists already")
	ErrConflict = errors.New("the document is not at this revision")
)

// Revision is the field in which a document keeps its revision where the
// platform has none of its own. Triggers take it out of what they show.
const Revision = "_rev"

// A Document is made of map[string]any, []any, string, bool, nil and
// json.Number.
type Document = map[string]any

// A Condition is what must hold for a write; the zero Condition always does.
type Condition struct {
	Absent   bool   // there is no document
	Revision string // the document is at this revision; "" for any
}

// A Driver keeps the documents of one collection. It is safe for concurrent use,
// is given keys that [CheckKey] and documents that [Encode] has passed, and
// keeps and changes none of them.
type Driver interface {
	// Get returns the document as it is now, or ErrNotFound.
	Get(ctx context.Context, key string) (Document, string, error)

	// Put writes the document as a whole and returns its revision. Where the
	// condition does not hold it returns ErrExists if that is Absent, and else
	// ErrConflict.
	Put(ctx context.Context, key string, d Document, when Condition) (string, error)

	// Delete deletes the document, or returns ErrConflict where the condition,
	// which is never Absent, does not hold.
	Delete(ctx context.Context, key string, when Condition) error
}

// JSON returns a document, or a value of one, as plain JSON with sorted names,
// in which a number's token is kept verbatim.
func JSON(v any) (json.RawMessage, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// Parse reads what [JSON] has written.
func Parse(text []byte) (Document, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	document, ok := v.(Document)
	if !ok {
		return nil, errors.New("the document is no JSON object")
	}
	return document, nil
}
