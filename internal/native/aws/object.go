package aws

import (
	"cmp"
	"net/url"
	"strings"

	"github.com/fngen/fngen/internal/native"
)

// What every object has.
const (
	etag      = "d41d8cd98f00b204e9800998ecf8427e"
	version   = "096fKKXTRTtl3on89fVO.nfljtsv6qko"
	sequencer = "0055AED6DCD90281E5"
)

// s3 is a record of a bucket's notification.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
func s3(c call) ([]byte, native.Entry, error) {
	o := c.Occurrence.(native.Object)
	name, size, tag := "ObjectCreated:Put", any(o.Size), any(cmp.Or(o.ETag, etag))
	principal, address, lifecycle := "AWS:AROAEXAMPLEID:sender", "192.0.2.1", native.Omit
	byRule := func() { principal, address = "s3.amazonaws.com", "s3.amazonaws.com" }
	switch {
	case o.Expired:
		name, size, tag = "LifecycleExpiration:Delete", native.Omit, native.Omit
		byRule()
	case o.Deleted:
		name, size, tag = "ObjectRemoved:DeleteMarkerCreated", native.Omit, native.Omit
	case o.Other:
		name = "LifecycleTransition"
		byRule()
		lifecycle = native.JSON("transitionEventData", native.JSON("destinationStorageClass", "GLACIER"))
	}
	key := strings.ReplaceAll(url.QueryEscape(o.Key), "%2F", "/")
	if o.Damaged {
		key = "%"
	}
	entry := native.Entry{ID: strings.ToUpper(native.Digest(c.Number, "request", c.Resource)[:16])}
	return native.JSON(
		"eventVersion", "2.3",
		"eventSource", "aws:s3",
		"awsRegion", c.Region,
		"eventTime", stamp(c.Time),
		"eventName", name,
		"userIdentity", native.JSON("principalId", principal),
		"requestParameters", native.JSON("sourceIPAddress", address),
		"responseElements", native.JSON("x-amz-request-id", entry.ID, "x-amz-id-2", native.Digest(c.Number, "id-2", c.Resource)),
		"s3", native.JSON(
			"s3SchemaVersion", "1.0",
			"configurationId", "fngen",
			"bucket", native.JSON(
				"name", c.Resource,
				"ownerIdentity", native.JSON("principalId", "A3NL1KOZZKExample"),
				"arn", "arn:aws:s3:::"+c.Resource,
			),
			"object", native.JSON("key", key, "size", size, "eTag", tag, "versionId", version, "sequencer", sequencer),
		),
		"lifecycleEventData", lifecycle,
	), entry, nil
}

// s3OnBus is the event of an object that an EventBridge rule delivers.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
func s3OnBus(c call) ([]byte, native.Entry, error) {
	o := c.Occurrence.(native.Object)
	kind, reason, deletion := "Object Created", any("PutObject"), native.Omit
	size, tag := any(o.Size), any(cmp.Or(o.ETag, etag))
	switch {
	case o.Deleted:
		kind, reason, deletion = "Object Deleted", "DeleteObject", "Delete Marker Created"
		if o.Expired {
			reason = "Lifecycle Expiration"
		}
		size, tag = native.Omit, native.Omit
	case o.Other:
		kind, reason = "Object Storage Class Changed", native.Omit
	}
	bucket := native.JSON("name", c.Resource)
	if o.Damaged {
		bucket = native.JSON()
	}
	return c.onBus(kind, "aws.s3", native.Array([]string{"arn:aws:s3:::" + c.Resource}), native.JSON(
		"version", "0",
		"bucket", bucket,
		"object", native.JSON("key", o.Key, "size", size, "etag", tag, "version-id", version, "sequencer", sequencer),
		"request-id", strings.ToUpper(native.Digest(c.Number, "request", c.Resource)[:16]),
		"requester", c.Account,
		"source-ip-address", "192.0.2.1",
		"reason", reason,
		"deletion-type", deletion,
	))
}
