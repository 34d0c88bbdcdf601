package gcp

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/emit"
	"github.com/fngen/fngen/internal/ce"
	"github.com/fngen/fngen/internal/jsonscan"
	"github.com/fngen/fngen/internal/portable"
	"github.com/fngen/fngen/internal/run"
)

// Storage is the source of object triggers: Eventarc's events of a Cloud
// Storage bucket. An object that is archived, which is what becomes of one that is
// removed from a bucket with versions, is deleted; when that version is removed
// later it is deleted again, in an event with the same id.
type Storage struct {
	Bucket           string           // the name in the directive
	Created, Deleted bool             // which changes; neither means both
	Prefix, Suffix   string           // of the keys asked for
	NoDeadLetter     bool             // deadletter none
	DeadLetter       *emit.DeadLetter // takes what can never succeed; nil leaves it to the platform
}

var _ Source = Storage{}

const (
	storageTypes    = "google.cloud.storage.object.v1."
	objectFinalized = storageTypes + "finalized"
	objectDeleted   = storageTypes + "deleted"
	objectArchived  = storageTypes + "archived"
)

func (s Storage) declared() string { return fmt.Sprintf("%s %q", portable.Object, s.Bucket) }
func (s Storage) policy() run.Policy {
	return run.Policy{NoDeadLetter: s.NoDeadLetter, DeadLetter: s.DeadLetter}
}

func (s Storage) decode(a *arrival) error {
	if err := a.open(""); err != nil {
		return err
	}
	record := a.begin(portable.Object)
	native, err := a.cloudEvent()
	if err != nil {
		record.Err = err
		return nil
	}
	if !strings.HasPrefix(native.Type(), storageTypes) {
		return foreignObject(native.Type())
	}
	record.Event, record.Skip, record.Err = s.event(native)
	return nil
}

func foreignObject(eventType string) error {
	return fmt.Errorf("received a CloudEvent of type %q, want %s, %s or %s", eventType, objectFinalized, objectDeleted, objectArchived)
}

// event returns the portable event of Cloud Storage's own, and reports whether
// the directive does not ask for it.
func (s Storage) event(native event.Event) (e event.Event, skip bool, err error) {
	deleted := native.Type() == objectDeleted || native.Type() == objectArchived
	if !deleted && native.Type() != objectFinalized {
		return event.Event{}, false, foreignObject(native.Type())
	}
	if t := native.DataContentType(); !ce.IsJSON(t) {
		return event.Event{}, false, fmt.Errorf("decode object: content type %q is not JSON", t)
	}
	// The integers are strings, as in every JSON of a protocol buffer.
	// StorageObjectData in https://github.com/googleapis/google-cloudevents.
	var object struct {
		Bucket, Name, ETag, ContentType string
		Size, Generation                json.Number // Size in bytes
	}
	if err := (jsonscan.Fields{
		"bucket": &object.Bucket, "name": &object.Name, "etag": &object.ETag, "contentType": &object.ContentType,
		"size": &object.Size, "generation": &object.Generation,
	}).Read(native.Data()); err != nil {
		return event.Event{}, false, fmt.Errorf("decode object: %w", err)
	}
	switch {
	case object.Bucket == "":
		return event.Event{}, false, errors.New("decode object: missing bucket")
	case object.Name == "":
		return event.Event{}, false, errors.New("decode object: missing name")
	}
	filter := portable.ObjectFilter{Created: s.Created, Deleted: s.Deleted, Prefix: s.Prefix, Suffix: s.Suffix}
	if !filter.Fits(deleted, object.Name) {
		return event.Event{}, true, nil
	}
	var size uint64
	if object.Size != "" {
		if size, err = strconv.ParseUint(object.Size.String(), 10, 63); err != nil {
			return event.Event{}, false, fmt.Errorf("decode object: size: %w", err)
		}
	}
	e, err = portable.ObjectChange{
		Source:  "//storage.googleapis.com" + portable.Path("projects", "_", "buckets", object.Bucket),
		Time:    native.Time(),
		Native:  object.Bucket,
		Deleted: deleted,
		Object: fn.Object{
			Bucket:      s.Bucket,
			Key:         object.Name,
			Size:        int64(size),
			ETag:        object.ETag,
			ContentType: object.ContentType,
			Version:     object.Generation.String(),
		},
	}.Event()
	return e, false, err
}
