// Package ledger books entries: a request writes a document, and the change of
// the document announces it on a topic. What was written is announced, and
// nothing is that was not, although no transaction spans the two.
//
// It imports no cloud. The collection is a table of DynamoDB, a collection of
// Firestore or a database of CouchDB, and in the tests it is in memory.
package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/document"
)

//go:generate go tool -modfile=fngen.mod fngen generate

// An Entry moves an amount from one account to another. Its id is the client's,
// so that a request that is sent again books nothing twice.
type Entry struct {
	ID       string `json:"id"`
	From     string `json:"from"`
	To       string `json:"to"`
	Cents    int64  `json:"cents"`
	Reversed bool   `json:"reversed,omitempty"`
}

// A Clerk writes entries.
type Clerk struct {
	entries *document.Collection
}

// NewClerk opens the desk.
//
//fn:setup
//fn:use entries document:entries
func NewClerk(_ context.Context, entries *document.Collection) (*Clerk, error) {
	return &Clerk{entries}, nil
}

// Book writes an entry once, however often the request comes.
//
//fn:http POST /entries auth=public
func (c *Clerk) Book(ctx context.Context, entry Entry) (Entry, error) {
	if entry.ID == "" || entry.From == "" || entry.To == "" || entry.Cents <= 0 || entry.Reversed {
		return Entry{}, fn.BadInput(errors.New("an entry has an id, two accounts and an amount above 0"))
	}
	_, err := c.entries.Create(ctx, entry.ID, entry)
	if !errors.Is(err, document.ErrExists) {
		return entry, err
	}
	var booked Entry
	if _, err := c.entries.Get(ctx, entry.ID, &booked); err != nil {
		return Entry{}, err
	}
	if booked.Reversed = false; booked != entry {
		return Entry{}, fn.BadInput(fmt.Errorf("entry %s is another one already", entry.ID))
	}
	return entry, nil
}

// Reverse takes an entry back: it reads it, changes it and writes it if nobody
// else has meanwhile; else it begins anew.
//
//fn:http POST /entries/{id}/reversal auth=public
func (c *Clerk) Reverse(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	for {
		var entry Entry
		revision, err := c.entries.Get(r.Context(), id, &entry)
		if err == nil && !entry.Reversed {
			entry.Reversed = true
			_, err = c.entries.Replace(r.Context(), id, entry, revision)
		}
		switch {
		case errors.Is(err, document.ErrConflict):
			continue
		case errors.Is(err, document.ErrNotFound):
			http.Error(w, "no such entry", http.StatusNotFound)
		case err != nil:
			http.Error(w, "try again", http.StatusServiceUnavailable)
		default:
			w.WriteHeader(http.StatusNoContent)
		}
		return
	}
}

// A Herald reads entries, and has no right to write any.
type Herald struct {
	entries *document.Collection
}

// NewHerald opens what Announce reads.
//
//fn:setup
//fn:use entries document:entries read
func NewHerald(_ context.Context, entries *document.Collection) (*Herald, error) {
	return &Herald{entries}, nil
}

// Announce tells of each entry that was booked or reversed. Where the platform's
// change has no image of the document it reads it.
//
//fn:document entries created updated
//fn:sink topic:bookings type=com.example.entry
//fn:allow filter-paid "entries are hardly ever deleted"
func (h *Herald) Announce(ctx context.Context, change fn.Change) (*Entry, error) {
	var entry Entry
	if !change.Partial {
		if err := json.Unmarshal(change.After, &entry); err != nil {
			return nil, fn.BadInput(err)
		}
		return &entry, nil
	}
	_, err := h.entries.Get(ctx, change.ID(), &entry)
	if errors.Is(err, document.ErrNotFound) {
		return nil, nil // it is gone again
	}
	return &entry, err
}

// Journal notes what was announced.
//
//fn:topic bookings
//fn:allow topic-json "an entry is the same in any order of its members"
func Journal(ctx context.Context, entry Entry) error {
	slog.InfoContext(ctx, "entry", "id", entry.ID, "cents", entry.Cents, "reversed", entry.Reversed)
	return nil
}
