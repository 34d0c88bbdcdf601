// Package dynamodb keeps collections of documents in tables of DynamoDB.
package dynamodb

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/fngen/fngen/fn/document"
	"github.com/fngen/fngen/internal/documents"
	"github.com/fngen/fngen/internal/uses"
	"github.com/fngen/fngen/internal/wait"
	"github.com/fngen/fngen/providers/aws/internal/api"
	"github.com/fngen/fngen/providers/aws/internal/item"
)

// Collection returns the collection that a parameter of a setup stands for. The
// name of its table is in the environment, as FNGEN_USE_USERS of the parameter
// users, with the key attribute behind a slash where that is not _id. It makes no
// call.
//
// A document is an item, whose field _rev is its revision. Get calls GetItem,
// Delete calls DeleteItem, and all else PutItem. Of items that others have written
// sets are arrays and bytes are base64, as in the events of the table.
func Collection(param string) (*document.Collection, error) {
	name, err := uses.Name(param)
	if err != nil {
		return nil, err
	}
	t := table{name, item.Key}
	if name, key, ok := strings.Cut(name, "/"); ok {
		t = table{name, key}
	}
	if t.name == "" || t.key == "" || t.key == documents.Revision {
		return nil, fmt.Errorf("%s is %q; it holds the name of a table, and perhaps a slash and its key attribute", uses.Variable(param), name)
	}
	return document.New(t), nil
}

// A table has one key attribute, a string.
type table struct{ name, key string }

var _ documents.Driver = table{}

// unmarked is the revision of an item without one, which others have written.
const unmarked = "-"

// Get implements documents.Driver.
func (t table) Get(ctx context.Context, key string) (documents.Document, string, error) {
	response, err := t.call(ctx, "GetItem", request{Key: t.keyOf(key), ConsistentRead: true}, nil)
	if err != nil {
		return nil, "", err
	}
	return t.found(response)
}

// found returns what a response of GetItem holds.
func (t table) found(response []byte) (documents.Document, string, error) {
	var answer struct{ Item json.RawMessage }
	if err := json.Unmarshal(response, &answer); err != nil {
		return nil, "", fmt.Errorf("dynamodb: decode response: %w", err)
	}
	if len(answer.Item) == 0 || string(answer.Item) == "null" {
		return nil, "", documents.ErrNotFound
	}
	d, err := item.Decode(answer.Item)
	if err != nil {
		return nil, "", fmt.Errorf("dynamodb: decode item%w", err)
	}
	revision, ok := d[documents.Revision].(string)
	if !ok || revision == "" {
		revision = unmarked
	}
	delete(d, documents.Revision)
	delete(d, t.key)
	return d, revision, nil
}

// Put implements documents.Driver.
func (t table) Put(ctx context.Context, key string, d documents.Document, when documents.Condition) (string, error) {
	if _, ok := d[t.key]; ok {
		return "", fmt.Errorf("dynamodb: the document has the field %q, which is the key of the table %s", t.key, t.name)
	}
	revision := rand.Text()
	r := request{Item: item.Encode(d)}
	r.Item[t.key], r.Item[documents.Revision] = item.Value(key), item.Value(revision)
	failed := documents.ErrConflict
	if when.Absent {
		failed = documents.ErrExists
	}
	if _, err := t.call(ctx, "PutItem", t.on(r, when), failed); err != nil {
		return "", err
	}
	return revision, nil
}

// Delete implements documents.Driver.
func (t table) Delete(ctx context.Context, key string, when documents.Condition) error {
	_, err := t.call(ctx, "DeleteItem", t.on(request{Key: t.keyOf(key)}, when), documents.ErrConflict)
	return err
}

func (t table) keyOf(key string) map[string]any { return map[string]any{t.key: item.Value(key)} }

// A request is one of GetItem, PutItem and DeleteItem.
//
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutItem.html
type request struct {
	TableName                 string
	Key                       map[string]any    `json:",omitempty"`
	Item                      map[string]any    `json:",omitempty"`
	ConsistentRead            bool              `json:",omitempty"`
	ConditionExpression       string            `json:",omitempty"`
	ExpressionAttributeNames  map[string]string `json:",omitempty"`
	ExpressionAttributeValues map[string]any    `json:",omitempty"`
}

// on returns the request with the condition.
func (t table) on(r request, when documents.Condition) request {
	switch {
	case when.Absent:
		r.ConditionExpression = "attribute_not_exists(#k)"
		r.ExpressionAttributeNames = map[string]string{"#k": t.key}
	case when.Revision == unmarked:
		r.ConditionExpression = "attribute_exists(#k) AND attribute_not_exists(#r)"
		r.ExpressionAttributeNames = map[string]string{"#k": t.key, "#r": documents.Revision}
	case when.Revision != "":
		r.ConditionExpression = "#r = :r"
		r.ExpressionAttributeNames = map[string]string{"#r": documents.Revision}
		r.ExpressionAttributeValues = map[string]any{":r": item.Value(when.Revision)}
	}
	return r
}

var service = api.Service{Name: "dynamodb", Variable: "DYNAMODB"}

// call makes a call until it is answered for good. failed is the error if the
// condition does not hold.
func (t table) call(ctx context.Context, operation string, r request, failed error) (response []byte, err error) {
	r.TableName = t.name
	body, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("dynamodb: encode request: %w", err)
	}
	err = wait.Repeat(ctx, func(ctx context.Context) (bool, error) {
		var status int
		status, response, err = service.Call(ctx, body, "Content-Type", "application/x-amz-json-1.0", "X-Amz-Target", "DynamoDB_20120810."+operation)
		if err != nil {
			return true, err
		}
		if status == http.StatusOK {
			return false, nil
		}
		code, _ := api.JSONCode(response)
		if code == "ConditionalCheckFailedException" && failed != nil {
			return false, failed
		}
		return api.Passing(status, code), api.JSONFailure(fmt.Sprintf("dynamodb: %s of the table %s", operation, t.name), status, response)
	})
	return response, err
}
