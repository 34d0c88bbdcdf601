package aws

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/emit"
	"github.com/fngen/fngen/internal/portable"
	"github.com/fngen/fngen/internal/run"
)

// S3 feeds a function with the changes of a bucket's objects, by the bucket's
// own notifications or by an EventBridge rule. The event is the same either
// way, but for its etag and the precision of its time.
//
// A change that the fields do not ask for is acknowledged without a call.
type S3 struct {
	Bucket           string           // the name in the directive
	Created, Deleted bool             // which changes; neither means both
	Prefix, Suffix   string           // of the decoded key
	NoDeadLetter     bool             // what can never succeed is logged whole and given up
	DeadLetter       *emit.DeadLetter // takes what can never succeed; nil leaves it to the platform
}

var _ Source = S3{}

const (
	s3EventSource = "aws:s3" // marks the records of a notification
	s3BusSource   = "aws.s3" // marks the events of an EventBridge rule
	s3TestEvent   = "s3:TestEvent"
)

func (s S3) policy() run.Policy {
	return run.Policy{NoDeadLetter: s.NoDeadLetter, DeadLetter: s.DeadLetter}
}

func (s S3) encode(records []run.Record, results []run.Result) ([]byte, error) {
	return answerWhole(records, results)
}

func (s S3) decode(payload []byte) ([]run.Record, error) {
	var envelope struct {
		Records []json.RawMessage
		Event   string
		busEvent
	}
	declared := fmt.Sprintf("S3 bucket %q", s.Bucket)
	if err := json.Unmarshal(payload, &envelope); isOfAnotherType(err) {
		return nil, mismatch(declared, payload)
	} else if err != nil {
		return nil, fmt.Errorf("decode S3 notification of bucket %q: %w", s.Bucket, err)
	}
	switch {
	case envelope.Records != nil:
		return s.notifications(declared, envelope.Records, payload)
	case envelope.Event == s3TestEvent:
		return nil, nil
	case envelope.Source == s3BusSource && envelope.DetailType != "":
		return []run.Record{s.fromBus(&envelope.busEvent, payload)}, nil
	}
	return nil, mismatch(declared, payload)
}

func (s S3) notifications(declared string, raws []json.RawMessage, payload []byte) ([]run.Record, error) {
	records := make([]run.Record, len(raws))
	for i, raw := range raws {
		var n s3Notification
		err := json.Unmarshal(raw, &n)
		if i == 0 && n.EventSource != s3EventSource && (n.EventSource != "" || err == nil) {
			return nil, mismatch(declared, payload)
		}
		var change portable.ObjectChange
		if err == nil {
			change, err = n.change()
		}
		records[i] = s.record(fmt.Sprintf("S3 record %d", i+1), change, err)
		records[i].Describe = describeNotification(raw)
	}
	return records, nil
}

func (s S3) fromBus(e *busEvent, payload []byte) run.Record {
	change, err := changeFromBus(e)
	r := s.record("S3 event "+e.ID, change, err)
	r.Describe = e.describeObject(payload)
	return r
}

// record makes the record of a change, or of the reason why there is none.
func (s S3) record(name string, c portable.ObjectChange, err error) run.Record {
	r := run.Record{Name: name}
	if err == nil {
		c.Source = "arn:aws:s3:::" + c.Native
		c.Object.Bucket = s.Bucket
		r.Event, err = c.Event()
	}
	if err != nil {
		r.Err = fmt.Errorf("decode %s: %w", name, err)
		return r
	}
	filter := portable.ObjectFilter{Created: s.Created, Deleted: s.Deleted, Prefix: s.Prefix, Suffix: s.Suffix}
	r.Skip = !filter.Fits(c.Deleted, c.Object.Key)
	return r
}

// s3Notification is a record of a bucket's notification.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
type s3Notification struct {
	EventSource string `json:"eventSource"`
	EventName   string `json:"eventName"`
	EventTime   string `json:"eventTime"`
	S3          struct {
		Bucket struct {
			Name string `json:"name"`
		} `json:"bucket"`
		Object struct {
			Key       string `json:"key"` // form-encoded
			Size      int64  `json:"size"`
			ETag      string `json:"eTag"`
			VersionID string `json:"versionId"`
			Sequencer string `json:"sequencer"`
		} `json:"object"`
	} `json:"s3"`
}

func (n *s3Notification) change() (portable.ObjectChange, error) {
	var c portable.ObjectChange
	if n.EventSource != s3EventSource {
		return c, fmt.Errorf("eventSource is %q, not %s", n.EventSource, s3EventSource)
	}
	switch kind, _, _ := strings.Cut(strings.TrimPrefix(n.EventName, "s3:"), ":"); kind {
	case "ObjectCreated":
	case "ObjectRemoved":
		c.Deleted = true
	default:
		return c, fmt.Errorf("declared ObjectCreated and ObjectRemoved, received %q", n.EventName)
	}
	if n.S3.Bucket.Name == "" {
		return c, errors.New("missing bucket name")
	}
	var err error
	if c.Time, err = parseTime("eventTime", n.EventTime); err != nil {
		return c, err
	}
	o := n.S3.Object
	key, err := url.QueryUnescape(o.Key)
	if err != nil {
		return c, fmt.Errorf("object key: %w", err)
	}
	c.Native = n.S3.Bucket.Name
	c.Object = fn.Object{Key: key, Size: o.Size, ETag: o.ETag, Version: o.VersionID, Sequencer: o.Sequencer}
	return c, nil
}
