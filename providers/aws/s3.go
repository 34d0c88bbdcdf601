package aws

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"strings"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/emit"
	"github.com/fngen/fngen/internal/jsonscan"
	"github.com/fngen/fngen/internal/portable"
	"github.com/fngen/fngen/internal/run"
)

// S3 feeds a function with the changes of a bucket's objects, by the bucket's
// own notifications or by an EventBridge rule. The event is the same either
// way, but for its etag and the precision of its time. What a lifecycle rule of the
// bucket deletes is deleted as well.
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
	d := declared{"S3 bucket", s.Bucket}
	p, err := readS3(d, payload)
	switch {
	case err != nil:
		return nil, err
	case p.isNotification:
		return s.records(d, p.notifications, payload)
	case p.event == s3TestEvent:
		return nil, nil
	case p.bus.Source == s3BusSource && p.bus.DetailType != "":
		e := &objectEvent{p.bus}
		e.raw = bytes.Clone(payload)
		change, err := e.change()
		return []run.Record{s.record(e, change, err)}, nil
	}
	return nil, mismatch(d.String(), payload)
}

func (s S3) records(d declared, notifications []s3Notification, payload []byte) ([]run.Record, error) {
	if len(notifications) > 0 && isForeign(notifications[0].eventSource, s3EventSource, notifications[0].err) {
		return nil, mismatch(d.String(), payload)
	}
	records := make([]run.Record, len(notifications))
	for i := range notifications {
		n := &notifications[i]
		change, err := n.change()
		n.number = i + 1
		records[i] = s.record(n, change, err)
	}
	return records, nil
}

// record has the event of a change, or the reason why there is none.
func (s S3) record(native run.Native, c portable.ObjectChange, err error) run.Record {
	r := run.Record{Native: native}
	if err == nil {
		c.Source = "arn:aws:s3:::" + c.Native
		c.Object.Bucket = s.Bucket
		r.Event, err = c.Event()
	}
	if err != nil {
		r.Err = fmt.Errorf("decode %s: %w", r.String(), err)
		return r
	}
	filter := portable.ObjectFilter{Created: s.Created, Deleted: s.Deleted, Prefix: s.Prefix, Suffix: s.Suffix}
	r.Skip = !filter.Fits(c.Deleted, c.Object.Key)
	return r
}

// s3Payload is what a bucket's notification may be, or an EventBridge rule's.
type s3Payload struct {
	isNotification bool
	notifications  []s3Notification
	event          string // of a test
	bus            busEvent
}

// readS3 reads a payload.
func readS3(d declared, payload []byte) (s3Payload, error) {
	var p s3Payload
	list := recordList{
		begin: func() { p.isNotification, p.notifications = true, make([]s3Notification, 0, 1) },
		record: func(j *jsonscan.Reader) error {
			p.notifications = append(p.notifications, s3Notification{})
			return p.notifications[len(p.notifications)-1].read(j)
		},
		other: func(j *jsonscan.Reader, name string) error {
			if name == "Event" {
				return readString(j, &p.event)
			}
			return p.bus.read(j, name)
		},
	}
	return p, list.read(d, payload)
}

// s3Notification is a record of a bucket's notification. Its strings are parts
// of the payload.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
type s3Notification struct {
	number                            int    // in the payload, from 1
	text                              string // the record
	eventSource, eventName, eventTime string
	bucket                            string
	key                               string // form-encoded
	size                              int64
	eTag, versionID, sequencer        string

	partial // why the record does not decode; what does is there
}

// read reads a record.
func (n *s3Notification) read(j *jsonscan.Reader) error {
	start := j.Offset()
	err := n.object(j, "record", n.member)
	n.text = j.Since(start)
	return err
}

func (n *s3Notification) member(j *jsonscan.Reader, name string) error {
	switch name {
	case "eventSource":
		return readString(j, &n.eventSource)
	case "eventName":
		return readString(j, &n.eventName)
	case "eventTime":
		return readString(j, &n.eventTime)
	case "s3":
		return n.object(j, name, func(j *jsonscan.Reader, name string) error {
			switch name {
			case "bucket":
				return n.object(j, name, n.bucketMember)
			case "object":
				return n.object(j, name, n.objectMember)
			}
			return j.Skip()
		})
	}
	return j.Skip()
}

func (n *s3Notification) bucketMember(j *jsonscan.Reader, name string) error {
	if name == "name" {
		return readString(j, &n.bucket)
	}
	return j.Skip()
}

func (n *s3Notification) objectMember(j *jsonscan.Reader, name string) error {
	switch name {
	case "key":
		return readString(j, &n.key)
	case "size":
		n.size = 0
		return j.Int(&n.size)
	case "eTag":
		return readString(j, &n.eTag)
	case "versionId":
		return readString(j, &n.versionID)
	case "sequencer":
		return readString(j, &n.sequencer)
	}
	return j.Skip()
}

// change returns the change that the record tells.
func (n *s3Notification) change() (portable.ObjectChange, error) {
	var c portable.ObjectChange
	if n.err != nil {
		return c, n.err
	}
	if n.eventSource != s3EventSource {
		return c, fmt.Errorf("eventSource is %q, not %s", n.eventSource, s3EventSource)
	}
	switch kind, _, _ := strings.Cut(strings.TrimPrefix(n.eventName, "s3:"), ":"); kind {
	case "ObjectCreated":
	case "ObjectRemoved", "LifecycleExpiration":
		c.Deleted = true
	default:
		return c, fmt.Errorf("declared ObjectCreated, ObjectRemoved and LifecycleExpiration, received %q", n.eventName)
	}
	if n.bucket == "" {
		return c, errors.New("missing bucket name")
	}
	var err error
	if c.Time, err = parseTime("eventTime", n.eventTime); err != nil {
		return c, err
	}
	key, err := url.QueryUnescape(n.key)
	if err != nil {
		return c, fmt.Errorf("object key: %w", err)
	}
	c.Native = n.bucket
	c.Object = fn.Object{Key: key, Size: n.size, ETag: n.eTag, Version: n.versionID, Sequencer: n.sequencer}
	return c, nil
}

// String implements run.Native.
func (n *s3Notification) String() string { return fmt.Sprintf("S3 record %d", n.number) }

// Raw implements run.Native.
func (n *s3Notification) Raw() []byte { return []byte(n.text) }

// Delivery implements run.Native. S3 has no id for a record; the id is that of
// the request which changed the object.
func (n *s3Notification) Delivery() fn.Delivery {
	var more struct {
		EventName         string            `json:"eventName"`
		Region            string            `json:"awsRegion"`
		UserIdentity      map[string]string `json:"userIdentity"`
		RequestParameters map[string]string `json:"requestParameters"`
		ResponseElements  map[string]string `json:"responseElements"`
		S3                struct {
			ConfigurationID string `json:"configurationId"`
		} `json:"s3"`
	}
	_ = json.Unmarshal(n.Raw(), &more) // what decodes is enough
	attributes := map[string]string{}
	for _, m := range []map[string]string{more.UserIdentity, more.RequestParameters, more.ResponseElements} {
		maps.Copy(attributes, m)
	}
	setAll(attributes, "eventName", more.EventName, "awsRegion", more.Region, "configurationId", more.S3.ConfigurationID)
	return fn.Delivery{
		Provider:   provider,
		Trigger:    portable.Object,
		NativeID:   more.ResponseElements["x-amz-request-id"],
		Attributes: attributes,
	}
}

// objectEvent is an EventBridge event of S3.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
type objectEvent struct{ busEvent }

// change returns the change that the event tells.
func (e *objectEvent) change() (portable.ObjectChange, error) {
	var c portable.ObjectChange
	switch e.DetailType {
	case "Object Created":
	case "Object Deleted":
		c.Deleted = true
	default:
		return c, fmt.Errorf("declared Object Created and Object Deleted, received %q", e.DetailType)
	}
	if !e.hasDetail() {
		return c, errNoDetail
	}
	o := &c.Object // its key is as it is
	if err := (jsonscan.Fields{
		"bucket": jsonscan.Fields{"name": &c.Native},
		"object": jsonscan.Fields{"key": &o.Key, "size": &o.Size, "etag": &o.ETag, "version-id": &o.Version, "sequencer": &o.Sequencer},
	}).Read(e.Detail); err != nil {
		return c, fmt.Errorf("detail: %w", err)
	}
	if c.Native == "" {
		return c, errors.New("missing bucket name")
	}
	var err error
	c.Time, err = parseTime("time", e.Time)
	return c, err
}

// String implements run.Native.
func (e *objectEvent) String() string { return "S3 event " + e.ID }

// Raw implements run.Native.
func (e *objectEvent) Raw() []byte { return e.raw }

// Delivery implements run.Native.
func (e *objectEvent) Delivery() fn.Delivery {
	var detail struct {
		RequestID    string `json:"request-id"`
		Requester    string `json:"requester"`
		SourceIP     string `json:"source-ip-address"`
		Reason       string `json:"reason"`
		DeletionType string `json:"deletion-type"`
	}
	_ = json.Unmarshal(e.Detail, &detail) // what decodes is enough
	attributes := e.attributes()
	setAll(attributes, "request-id", detail.RequestID, "requester", detail.Requester,
		"source-ip-address", detail.SourceIP, "reason", detail.Reason, "deletion-type", detail.DeletionType)
	return fn.Delivery{Provider: provider, Trigger: portable.Object, NativeID: e.ID, Attributes: attributes}
}
