package fn

import (
	"encoding/json"
	"net/url"
	"time"
)

// The types of the events that fngen's adapters make. What already is a
// CloudEvent keeps its own.
const (
	TypeHTTPRequest     = "dev.fngen.http.request.v1"
	TypeScheduleFired   = "dev.fngen.schedule.fired.v1"
	TypeMessageReceived = "dev.fngen.message.received.v1" // queue and topic
	TypeObjectCreated   = "dev.fngen.object.created.v1"
	TypeObjectDeleted   = "dev.fngen.object.deleted.v1"
	TypeDocumentCreated = "dev.fngen.document.created.v1"
	TypeDocumentUpdated = "dev.fngen.document.updated.v1"
	TypeDocumentDeleted = "dev.fngen.document.deleted.v1"
	TypeRecordReceived  = "dev.fngen.record.received.v1" // stream
)

// Object is the data of an object trigger's events.
type Object struct {
	Bucket      string `json:"bucket"`                // the name in the directive
	Key         string `json:"key"`                   // decoded
	Size        int64  `json:"size"`                  // bytes; 0 for a deleted object
	ETag        string `json:"etag,omitempty"`        // the platform's own
	ContentType string `json:"contenttype,omitempty"` // Google Cloud only
	Version     string `json:"version,omitempty"`     // S3 version id, Cloud Storage generation
	Sequencer   string `json:"sequencer,omitempty"`   // orders the events of one key on S3
}

// Change is the data of a document trigger's events.
type Change struct {
	Collection string          `json:"collection"` // the name in the directive
	Key        string          `json:"key"`        // path-escaped; of a table with a sort key both values, with a slash between
	Before     json.RawMessage `json:"before"`     // null if there was none, or if it is not known
	After      json.RawMessage `json:"after"`      // null if there is none, or if it is not known
	Partial    bool            `json:"partial"`    // the platform knows no images
}

// ID returns the key as a collection of fn/document has it, which no slash is in:
// the key without its escapes.
func (c Change) ID() string {
	if id, err := url.PathUnescape(c.Key); err == nil {
		return id
	}
	return c.Key
}

// Tick is the data of a schedule trigger's events.
type Tick struct {
	Name        string    `json:"name"`        // of the function
	Scheduled   time.Time `json:"scheduled"`   // UTC, whole seconds
	Approximate bool      `json:"approximate"` // Scheduled is the time of arrival
}
