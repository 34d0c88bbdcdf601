package aws

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/portable"
)

// changeFromBus returns the change that an EventBridge event of S3 tells.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
func changeFromBus(e *busEvent) (portable.ObjectChange, error) {
	var c portable.ObjectChange
	switch e.DetailType {
	case "Object Created":
	case "Object Deleted":
		c.Deleted = true
	default:
		return c, fmt.Errorf("declared Object Created and Object Deleted, received %q", e.DetailType)
	}
	var detail struct {
		Bucket struct {
			Name string `json:"name"`
		} `json:"bucket"`
		Object struct {
			Key       string `json:"key"` // as it is
			Size      int64  `json:"size"`
			ETag      string `json:"etag"`
			VersionID string `json:"version-id"`
			Sequencer string `json:"sequencer"`
		} `json:"object"`
	}
	if err := json.Unmarshal(e.Detail, &detail); err != nil {
		return c, fmt.Errorf("detail: %w", err)
	}
	if detail.Bucket.Name == "" {
		return c, errors.New("missing bucket name")
	}
	var err error
	if c.Time, err = parseTime("time", e.Time); err != nil {
		return c, err
	}
	o := detail.Object
	c.Native = detail.Bucket.Name
	c.Object = fn.Object{Key: o.Key, Size: o.Size, ETag: o.ETag, Version: o.VersionID, Sequencer: o.Sequencer}
	return c, nil
}

// describeObject returns the delivery of an EventBridge event of S3.
func (e *busEvent) describeObject(payload []byte) func() (fn.Delivery, []byte) {
	return func() (fn.Delivery, []byte) {
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
		return fn.Delivery{Provider: provider, Trigger: portable.Object, NativeID: e.ID, Attributes: attributes}, payload
	}
}
