// Package document keeps JSON documents by key, with one meaning on DynamoDB,
// Firestore, CouchDB and in memory.
//
// A setup asks for a collection with //fn:use, and a test gives it one in memory:
//
//	//fn:setup
//	//fn:use users document:users
//	func New(ctx context.Context, users *document.Collection) (*Shop, error)
//
// A document is what encoding/json makes of a value, and is a JSON object. What
// one of the platforms could not keep, or would give back as something else, is
// refused on all of them, and in memory too:
//
//   - more than 390,000 bytes of JSON, 408,000 as DynamoDB counts, 20,000
//     values, or 18 levels of objects and arrays
//   - an array directly in an array
//   - a field without a name, one at the top whose name begins with _, one whose
//     name begins and ends with __, and names that have more than 1,000 bytes
//     together, from the top down to a value
//   - a number that is neither an int64 nor a double of 1e-130 to 9.9e125 with
//     just these digits; NaN and infinities, which JSON does not have
//
// A key has 1 to 1,024 bytes of UTF-8 without a slash. It is not . or .. and does
// not begin with _.
//
// Reads see every write that has returned before. There are no queries, no
// increments, no batches and no transactions over several documents: a
// document's change is an event, by //fn:document, and [Collection.Replace]
// with the revision of [Collection.Get] changes what has not changed since.
//
// A call that a service throttles, or fails to answer, is made again within the
// time of the context. So a Create, Replace or Delete may fail with [ErrExists] or
// [ErrConflict] because of itself: it has been done, and its answer was lost.
package document

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	"github.com/fngen/fngen/internal/documents"
)

// The errors of a collection that are about a document; errors.Is finds them. Any
// other is about the call, which may be made again, or says why a key or document
// is refused.
var (
	ErrNotFound = documents.ErrNotFound // Get: there is none
	ErrExists   = documents.ErrExists   // Create: there is one
	ErrConflict = documents.ErrConflict // Replace, Delete: it has another revision, or is not there
)

// A Collection keeps documents by key. It is safe for concurrent use.
type Collection struct{ driver documents.Driver }

// New returns a collection that a driver keeps: one of fngen's providers.
func New(d documents.Driver) *Collection { return &Collection{d} }

// Get decodes the document into the value that into points to, in place of what
// is there, and returns its revision. Fields that the value does not have are
// passed over; a number that goes into an interface is a json.Number.
func (c *Collection) Get(ctx context.Context, key string, into any) (revision string, err error) {
	target := reflect.ValueOf(into)
	if target.Kind() != reflect.Pointer || target.IsNil() {
		return "", said("get", key, fmt.Errorf("cannot decode into %T, which is no pointer", into))
	}
	if err := check(ctx, key); err != nil {
		return "", said("get", key, err)
	}
	d, revision, err := c.driver.Get(ctx, key)
	if err != nil {
		return "", said("get", key, err)
	}
	text, err := documents.JSON(d)
	if err != nil {
		return "", said("get", key, err)
	}
	value := reflect.New(target.Type().Elem())
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(value.Interface()); err != nil {
		return "", said("get", key, err)
	}
	target.Elem().Set(value.Elem())
	return revision, nil
}

// Create writes a document that is not there yet, and returns its revision; or
// [ErrExists].
func (c *Collection) Create(ctx context.Context, key string, document any) (revision string, err error) {
	return c.put(ctx, "create", key, document, documents.Condition{Absent: true})
}

// Put writes a document, whether there is one or not, and returns its revision.
func (c *Collection) Put(ctx context.Context, key string, document any) (revision string, err error) {
	return c.put(ctx, "put", key, document, documents.Condition{})
}

// Replace writes the document in place of the one at the revision, which a call
// before has returned, and returns the new one; or [ErrConflict]. A document that
// is what is there already may keep its revision.
func (c *Collection) Replace(ctx context.Context, key string, document any, revision string) (next string, err error) {
	if revision == "" {
		return "", said("replace", key, errors.New("the revision is empty; Put replaces whatever is there"))
	}
	return c.put(ctx, "replace", key, document, documents.Condition{Revision: revision})
}

// Delete deletes the document at the revision, or returns [ErrConflict]. With the
// revision "" it deletes what is there, if anything is.
func (c *Collection) Delete(ctx context.Context, key, revision string) error {
	if err := check(ctx, key); err != nil {
		return said("delete", key, err)
	}
	return said("delete", key, c.driver.Delete(ctx, key, documents.Condition{Revision: revision}))
}

func (c *Collection) put(ctx context.Context, verb, key string, document any, when documents.Condition) (string, error) {
	if err := check(ctx, key); err != nil {
		return "", said(verb, key, err)
	}
	d, err := documents.Encode(document)
	if err != nil {
		return "", said(verb, key, err)
	}
	revision, err := c.driver.Put(ctx, key, d, when)
	if err != nil {
		return "", said(verb, key, err)
	}
	return revision, nil
}

func check(ctx context.Context, key string) error {
	if err := documents.CheckKey(key); err != nil {
		return err
	}
	return ctx.Err()
}

// said returns the error with what it is about, or nil for nil.
func said(verb, key string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s document %.100q: %w", verb, key, err)
}
