package openwhisk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/emit"
	"github.com/fngen/fngen/internal/portable"
	"github.com/fngen/fngen/internal/run"
	"github.com/fngen/fngen/providers/openwhisk/internal/actionloop"
)

// CouchDB is a collection of documents whose changes the feed
// /cloudant/changes delivers. It tells the database, the document's id and its
// revision, but no document: both images are null, and the change is partial. With
// Read the image after is read at the revision of the change; where that fails,
// which is logged, or CouchDB does not have it any more, the change is partial.
//
// A first revision is taken for a creation, any other for an update. The
// changes of CouchDB hold a document's latest revision only, so that a document
// that is created and soon updated may be seen as one update, and one that is
// created again after its deletion is an update. Design documents are passed
// over.
//
// The event's id is database/document/revision, each path-escaped, and so the
// same for every delivery of the change.
type CouchDB struct {
	Collection   string           // the name in the directive
	Created      bool             // handle creations; none of the three means all
	Updated      bool             // handle updates
	Deleted      bool             // handle deletions
	Retries      int              // tries in the process after the first
	NoDeadLetter bool             // deadletter none
	DeadLetter   *emit.DeadLetter // takes what failed for good; nil leaves it to the log

	// Read returns the document of an id at a revision, nil if it is not there any
	// more; nil reads none. It is couchdb.Revision of a parameter of the setup.
	Read func(ctx context.Context, id, revision string) (map[string]any, error)
}

var _ Source = CouchDB{}

func (CouchDB) read(line []byte) (*actionloop.Request, error) { return actionloop.Decode(line) }

func (c CouchDB) policy() run.Policy { return policy(c.Retries, c.NoDeadLetter, c.DeadLetter) }

func (c CouchDB) decode(r *actionloop.Request) ([]run.Record, error) {
	r.Identify()
	for _, member := range []string{"id", "changes"} {
		if _, ok := r.Value[member]; !ok {
			return nil, fmt.Errorf("document collection %s is fed by CouchDB, but the activation has no parameter %s; its parameters: %s", c.Collection, member, r.Value.Names())
		}
	}
	change, err := decodeCouchDB(r.Value)
	record := run.Record{Native: &documentChange{
		actionloop.Activation{Request: r, Trigger: portable.Document, Name: "CouchDB activation"}, change,
	}}
	if err == nil {
		record.Skip = strings.HasPrefix(change.id, "_design/") ||
			!portable.DocumentFilter{Created: c.Created, Updated: c.Updated, Deleted: c.Deleted}.Fits(change.kind())
		var after any
		if !record.Skip && !change.deleted && c.Read != nil {
			after = c.after(r, change)
		}
		record.Event, err = c.event(r, change, after)
	}
	if err != nil {
		record.Err = fmt.Errorf("decode %s: %w", record.Native, err)
	}
	return []run.Record{record}, nil
}

// documentChange is the activation that tells a change; nil if it does not
// decode.
type documentChange struct {
	actionloop.Activation
	*couchDBChange
}

// String implements run.Native.
func (c *documentChange) String() string {
	if c.couchDBChange == nil {
		return c.Activation.String()
	}
	return "CouchDB change " + c.eventID()
}

// Delivery implements run.Native.
func (c *documentChange) Delivery() fn.Delivery {
	d := c.Activation.Delivery()
	if c.couchDBChange != nil {
		d.NativeID = c.eventID()
		d.Attributes["dbname"] = c.database
		d.Attributes["rev"] = c.revision
	}
	return d
}

// after reads the document at the change's revision within a part of the time that
// there is; nil if it cannot.
func (c CouchDB) after(r *actionloop.Request, change *couchDBChange) any {
	const most = 10 * time.Second
	part := most
	if !r.Deadline.IsZero() {
		part = min(most, time.Until(r.Deadline)/4)
	}
	ctx, cancel := context.WithTimeout(r.Context(context.Background()), part)
	defer cancel()
	document, err := c.Read(ctx, change.id, change.revision)
	if err != nil {
		slog.WarnContext(ctx, "the document of a change is not read, so that the change is partial", "change", change.eventID(), "error", err.Error())
	}
	if err != nil || document == nil {
		return nil
	}
	return document
}

func (c CouchDB) event(r *actionloop.Request, change *couchDBChange, after any) (event.Event, error) {
	key := url.PathEscape(change.id)
	return portable.DocumentChange{
		Source:       portable.Path("namespaces", r.Namespace, "couchdb", change.database),
		ID:           change.eventID(),
		Change:       change.kind(),
		Collection:   c.Collection,
		Key:          key,
		After:        after,
		Partial:      after == nil,
		PartitionKey: key,
	}.Event()
}

// A couchDBChange is one change as the feed writes it.
type couchDBChange struct {
	database, id, revision string
	deleted                bool
}

func decodeCouchDB(v actionloop.Value) (*couchDBChange, error) {
	var (
		c    couchDBChange
		revs []struct {
			Rev string `json:"rev"`
		}
	)
	for _, member := range []struct {
		name string
		into any
	}{{"dbname", &c.database}, {"id", &c.id}, {"changes", &revs}, {"deleted", &c.deleted}} {
		raw, ok := v[member.name]
		if !ok {
			continue
		}
		if err := json.Unmarshal(raw, member.into); err != nil {
			return nil, fmt.Errorf("%s: %w", member.name, err)
		}
	}
	if len(revs) > 0 {
		c.revision = revs[0].Rev // the winner, if the feed tells of conflicts too
	}
	switch {
	case c.database == "":
		return nil, errors.New("missing dbname: the feed does not tell the database; set dbname as the action's parameter")
	case c.id == "":
		return nil, errors.New("missing id")
	case c.revision == "":
		return nil, errors.New("missing changes[0].rev")
	}
	return &c, nil
}

// eventID joins what identifies the change; escaping makes it unambiguous.
func (c *couchDBChange) eventID() string {
	return strings.TrimPrefix(portable.Path(c.database, c.id, c.revision), "/")
}

func (c *couchDBChange) kind() portable.ChangeKind {
	switch {
	case c.deleted:
		return portable.Deleted
	case strings.HasPrefix(c.revision, "1-"):
		return portable.Created
	}
	return portable.Updated
}
