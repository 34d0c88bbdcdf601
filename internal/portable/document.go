package portable

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/documents"
)

// A DocumentChange is a document that was created, updated or deleted.
type DocumentChange struct {
	Source       string // a URI-reference
	ID           string // the platform's id of the change
	Time         time.Time
	Change       ChangeKind
	Collection   string // the logical name
	Key          string // path-escaped segments
	Before       any    // as [EncodeDocument] takes it; nil for none
	WithBefore   bool   // the directive asks for Before; else it is null, on every platform
	After        any
	Partial      bool // the platform knows no images
	PartitionKey string
}

// A ChangeKind is what happened to a document.
type ChangeKind uint8

const (
	Created ChangeKind = iota
	Updated
	Deleted
)

// Event returns the change as an event.
func (c DocumentChange) Event() (event.Event, error) {
	if c.ID == "" || c.Key == "" {
		return event.Event{}, errors.New("the change has no id or no key")
	}
	eventType := [...]string{fn.TypeDocumentCreated, fn.TypeDocumentUpdated, fn.TypeDocumentDeleted}[c.Change]
	ctx, err := attributes(eventType, c.Source, c.ID, c.Collection+"/"+c.Key, c.Time, event.ApplicationJSON,
		"partitionkey", c.PartitionKey)
	if err != nil {
		return event.Event{}, err
	}
	if !c.WithBefore {
		c.Before = nil
	}
	change := fn.Change{Collection: c.Collection, Key: c.Key, Partial: c.Partial}
	if change.Before, err = EncodeDocument(c.Before); err != nil {
		return event.Event{}, fmt.Errorf("image before: %w", err)
	}
	if change.After, err = EncodeDocument(c.After); err != nil {
		return event.Event{}, fmt.Errorf("image after: %w", err)
	}
	return jsonEvent(ctx, change)
}

// EncodeDocument encodes a document as plain JSON with sorted keys. It is made
// of map[string]any, []any, string, bool, nil and json.Number, whose token is
// kept verbatim.
func EncodeDocument(document any) (json.RawMessage, error) { return documents.JSON(document) }

// A DocumentFilter is the part of a document directive that adapters check
// again.
type DocumentFilter struct {
	Created, Updated, Deleted bool // which changes; none of them means all
}

// Fits reports whether the directive asks for the change.
func (f DocumentFilter) Fits(c ChangeKind) bool {
	asked := [...]bool{f.Created, f.Updated, f.Deleted}
	return asked == [...]bool{false, false, false} || asked[c]
}
