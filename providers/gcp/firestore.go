package gcp

import (
	"errors"
	"fmt"
	"strings"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn/emit"
	"github.com/fngen/fngen/internal/portable"
	"github.com/fngen/fngen/internal/run"
)

// Firestore is the source of document triggers: Eventarc's events of the
// documents directly in one collection at the root of a Firestore database.
//
// Eventarc sends them as protocol buffers and refuses to send JSON. An image
// that is too large to be sent is left out; the change is partial then.
// The events' .withAuthContext variants are taken too; who made the change is
// in the delivery's attributes ce-authtype and ce-authid.
type Firestore struct {
	Collection                string           // the name in the directive
	Created, Updated, Deleted bool             // which changes; none of them means all
	Before                    bool             // the directive asks for the image before
	NoDeadLetter              bool             // deadletter none
	DeadLetter                *emit.DeadLetter // takes what can never succeed; nil leaves it to the platform
}

var _ Source = Firestore{}

const (
	documentTypes    = "google.cloud.firestore.document.v1."
	firestoreService = "//firestore.googleapis.com/"
)

func (s Firestore) declared() string { return fmt.Sprintf("%s %q", portable.Document, s.Collection) }
func (s Firestore) policy() run.Policy {
	return run.Policy{NoDeadLetter: s.NoDeadLetter, DeadLetter: s.DeadLetter}
}

func (s Firestore) decode(a *arrival) error {
	if err := a.open(""); err != nil {
		return err
	}
	record := a.begin(portable.Document)
	native, err := a.cloudEvent()
	if err != nil {
		record.Err = err
		return nil
	}
	if !strings.HasPrefix(native.Type(), documentTypes) {
		return foreignDocument(native.Type())
	}
	record.Event, record.Skip, record.Err = s.event(native)
	return nil
}

func foreignDocument(eventType string) error {
	return fmt.Errorf("received a CloudEvent of type %q, want %screated, updated, deleted or written", eventType, documentTypes)
}

// event returns the portable event of Firestore's own, and reports whether the
// directive does not ask for it.
func (s Firestore) event(native event.Event) (e event.Event, skip bool, err error) {
	if t, _, _ := strings.Cut(native.DataContentType(), ";"); !strings.EqualFold(strings.TrimSpace(t), "application/protobuf") {
		return event.Event{}, false, fmt.Errorf("decode document: content type %q is not application/protobuf", native.DataContentType())
	}
	before, after, err := decodeImages(native.Data())
	if err != nil {
		return event.Event{}, false, fmt.Errorf("decode document: %w", err)
	}
	change, err := documentChange(native.Type(), before, after)
	if err != nil {
		return event.Event{}, false, err
	}
	filter := portable.DocumentFilter{Created: s.Created, Updated: s.Updated, Deleted: s.Deleted}
	if !filter.Fits(change.Change) {
		return event.Event{}, true, nil
	}
	change.Collection, change.ID, change.Time = s.Collection, native.ID(), native.Time()
	if change.Source, err = databaseSource(native.Source()); err != nil {
		return event.Event{}, false, err
	}
	if change.Key, err = documentKey(native.Subject(), before, after); err != nil {
		return event.Event{}, false, err
	}
	change.WithBefore = s.Before
	change.PartitionKey = change.Key // the changes of one document have an order
	e, err = change.Event()
	return e, false, err
}

// documentChange returns what happened, and the images that the kind of change
// has. An event of the type written tells its kind by them.
func documentChange(eventType string, before, after *document) (c portable.DocumentChange, err error) {
	kind := strings.TrimSuffix(strings.TrimPrefix(eventType, documentTypes), ".withAuthContext")
	switch {
	case kind == "created", kind == "written" && before == nil && after != nil:
		c.Change, before = portable.Created, nil
		c.Partial = after == nil
	case kind == "deleted", kind == "written" && before != nil && after == nil:
		c.Change, after = portable.Deleted, nil
		c.Partial = before == nil
	case kind == "updated", kind == "written" && before != nil:
		c.Change = portable.Updated
		c.Partial = before == nil || after == nil
	case kind == "written":
		return c, errors.New("decode document: an event of the type written has no image that tells what happened")
	default:
		return c, foreignDocument(eventType)
	}
	if before != nil {
		c.Before = before.fields
	}
	if after != nil {
		c.After = after.fields
	}
	return c, nil
}

// databaseSource returns the source of a Firestore event, which is that of the
// portable event: //firestore.googleapis.com/projects/P/databases/D.
func databaseSource(source string) (string, error) {
	name, ok := strings.CutPrefix(source, firestoreService)
	parts := strings.Split(name, "/")
	if !ok || len(parts) != 4 || parts[0] != "projects" || parts[1] == "" || parts[2] != "databases" || parts[3] == "" {
		return "", fmt.Errorf("the source %.200q is not %sprojects/P/databases/D", source, firestoreService)
	}
	return source, nil
}

// documentKey returns the path of the document below its collection, which the
// images name, or else the subject documents/COLLECTION/KEY.
func documentKey(subject string, before, after *document) (string, error) {
	path, ok := strings.CutPrefix(subject, "documents/")
	switch {
	case after != nil:
		path = after.path
	case before != nil:
		path = before.path
	case !ok:
		return "", fmt.Errorf("the subject %.200q is not documents/PATH", subject)
	}
	segments := strings.Split(path, "/")
	if len(segments)%2 != 0 {
		return "", fmt.Errorf("the path %.200q is not that of a document", path)
	}
	for _, s := range segments {
		if s == "" {
			return "", fmt.Errorf("the path %.200q has an empty segment", path)
		}
	}
	return portable.Path(segments[1:]...)[1:], nil
}
