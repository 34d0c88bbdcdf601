package portable

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/jsonscan"
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
	ctx, err := attributes(eventType, c.Source, id, o.Key, c.Time, event.ApplicationJSON)
	if err != nil {
		return event.Event{}, err
	}
	return event.Event{Context: ctx, DataEncoded: c.data()}, nil
}

// data returns the object as JSON, without a size if it was
// deleted.
func (c *ObjectChange) data() []byte {
	o := &c.Object
	b := make([]byte, 0, 128+len(o.Bucket)+len(o.Key)+len(o.ETag)+len(o.ContentType)+len(o.Version)+len(o.Sequencer))
	b = jsonscan.AppendString(append(b, `{"bucket":`...), o.Bucket)
	b = jsonscan.AppendString(append(b, `,"key":`...), o.Key)
	if !c.Deleted {
		b = strconv.AppendInt(append(b, `,"size":`...), o.Size, 10)
	}
	for _, m := range [...]struct{ name, value string }{
		{`,"etag":`, o.ETag}, {`,"contenttype":`, o.ContentType}, {`,"version":`, o.Version}, {`,"sequencer":`, o.Sequencer},
	} {
		if m.value != "" {
			b = jsonscan.AppendString(append(b, m.name...), m.value)
		}
	}
	return append(b, '}')
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
	var space [512]byte
	b := space[:0]
	for _, p := range parts {
		b = binary.BigEndian.AppendUint64(b, uint64(len(p)))
		b = append(b, p...)
	}
	sum := sha256.Sum256(b)
	var digits [32]byte
	hex.Encode(digits[:], sum[:16])
	return string(digits[:])
}
