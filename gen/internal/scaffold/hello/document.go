package hello

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"

	"github.com/fngen/fngen/fn"
)

// A Customer is a document of the collection.
type Customer struct {
	Name string `json:"name"`
}

// Customers follows what happens to customers. CouchDB, which is OpenWhisk's,
// tells the key of a change and not the document: the change is partial then.
//
//fn:document customers created updated deleted
func Customers(ctx context.Context, change fn.Change) error {
	var customer *Customer // nil if there is none, or if it is not known
	if err := json.Unmarshal(change.After, &customer); err != nil {
		return fn.BadInput(fmt.Errorf("customer %s: %w", change.Key, err))
	}
	slog.InfoContext(ctx, "customer", "key", change.Key, "partial", change.Partial, "now", customer)
	return nil
}
