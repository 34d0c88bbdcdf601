package aws

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"strings"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/jsonscan"
	"github.com/fngen/fngen/internal/portable"
)

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
				return last(j, &p.event)
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
		return last(j, &n.eventSource)
	case "eventName":
		return last(j, &n.eventName)
	case "eventTime":
		return last(j, &n.eventTime)
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
		return last(j, &n.bucket)
	}
	return j.Skip()
}

func (n *s3Notification) objectMember(j *jsonscan.Reader, name string) error {
	switch name {
	case "key":
		return last(j, &n.key)
	case "size":
		n.size = 0
		return j.Int(&n.size)
	case "eTag":
		return last(j, &n.eTag)
	case "versionId":
		return last(j, &n.versionID)
	case "sequencer":
		return last(j, &n.sequencer)
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
	case "ObjectRemoved":
		c.Deleted = true
	default:
		return c, fmt.Errorf("declared ObjectCreated and ObjectRemoved, received %q", n.eventName)
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
