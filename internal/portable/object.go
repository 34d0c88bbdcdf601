package portable

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
)

// An ObjectChange is an object that was created or deleted.
type ObjectChange struct {
	Source  string // a URI-reference
	Time    time.Time
	Native  string // the bucket's name on the platform
	Deleted bool
	Object  fn.Object // its Bucket is the logical name
}

// Event returns the change as an event. Its id is a hash of what identifies
// the occurrence, so that one occurrence has one id however it travelled.
func (c ObjectChange) Event() (event.Event, error) {
	eventType := fn.TypeObjectCreated
	if c.Deleted {
		eventType = fn.TypeObjectDeleted
	}
	o := c.Object
	if o.Key == "" {
		return event.Event{}, fmt.Errorf("the object has no key")
	}
	id := Hash(eventType, c.Native, o.Key, o.Version, o.Sequencer)
	ctx, err := attributes(eventType, c.Source, id, o.Key, c.Time)
	if err != nil {
		return event.Event{}, err
	}
	data := struct {
		Bucket      string `json:"bucket"`
		Key         string `json:"key"`
		Size        *int64 `json:"size,omitempty"` // absent on delete
		ETag        string `json:"etag,omitempty"`
		ContentType string `json:"contenttype,omitempty"`
		Version     string `json:"version,omitempty"`
		Sequencer   string `json:"sequencer,omitempty"`
	}{o.Bucket, o.Key, &o.Size, o.ETag, o.ContentType, o.Version, o.Sequencer}
	if c.Deleted {
		data.Size = nil
	}
	return jsonEvent(ctx, data)
}

// An ObjectFilter is the part of an object directive that adapters check again.
type ObjectFilter struct {
	Created, Deleted bool // which changes; neither means both
	Prefix, Suffix   string
}

// Fits reports whether the directive asks for the change.
func (f ObjectFilter) Fits(deleted bool, key string) bool {
	asked := f.Created == f.Deleted || f.Deleted == deleted
	return asked && strings.HasPrefix(key, f.Prefix) && strings.HasSuffix(key, f.Suffix)
}

// Hash returns 32 hex digits of SHA-256 over the parts, each with its length
// in front.
func Hash(parts ...string) string {
	var b []byte
	for _, p := range parts {
		b = binary.BigEndian.AppendUint64(b, uint64(len(p)))
		b = append(b, p...)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}
