package gcp

import (
	"cmp"
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/fngen/fngen/internal/native"
)

// event is a published CloudEvent, as Eventarc delivers it or in a message.
func (c call) event(e native.Event) (native.Payload, error) {
	if e.Native {
		return native.Payload{}, native.NoNativeEvent
	}
	e, err := e.Complete()
	if err != nil {
		return native.Payload{}, err
	}
	switch c.envelope {
	case PubSubStructured:
		data := base64.StdEncoding.EncodeToString([]byte(e.Structured))
		return c.push(data, map[string]string{"content-type": "application/cloudevents+json; charset=utf-8"}, ""), nil
	case PubSub:
		return c.eventInMessage(e.Attributes, e.Data), nil
	}
	return c.post(binaryMode(e.Attributes), e.Data, native.Entry{ID: e.Attributes["id"], Raw: e.Data}), nil
}

// eventInMessage is an event in the attributes and the data of a message, which
// is how Eventarc's own subscription brings one of which an attribute cannot be
// a header.
func (c call) eventInMessage(attributes map[string]string, data []byte) native.Payload {
	ce := map[string]string{}
	for name, value := range attributes {
		if name == "datacontenttype" {
			ce["content-type"] = value
			continue
		}
		ce["ce-"+name] = value
	}
	return c.push(base64.StdEncoding.EncodeToString(data), ce, "")
}

// What every object has.
const (
	generation  = "1587627537231057"
	etag        = "CNHZkbuF/ugCEAE="
	contentType = "image/png"
)

// object is an event of Cloud Storage. Integers are strings in the JSON of
// protocol buffers.
//
// https://github.com/googleapis/google-cloudevents/blob/main/proto/google/events/cloud/storage/v1/data.proto
func (c call) object(o native.Object) native.Payload {
	kind := "finalized"
	switch {
	case o.Expired:
		kind = "archived"
	case o.Deleted:
		kind = "deleted"
	case o.Other:
		kind = "metadataUpdated"
	}
	id, at := c.id(), stamp(c.Time)
	attributes := map[string]string{
		"specversion": "1.0", "id": id, "type": "google.cloud.storage.object.v1." + kind, "time": at,
		"source": "//storage.googleapis.com/projects/_/buckets/" + c.Resource, "subject": "objects/" + o.Key,
		"datacontenttype": "application/json", "bucket": c.Resource,
	}
	data := native.JSON(
		"kind", "storage#object",
		"id", c.Resource+"/"+o.Key+"/"+generation,
		"bucket", c.Resource,
		"name", o.Key,
		"generation", generation,
		"metageneration", "1",
		"contentType", cmp.Or(o.ContentType, contentType),
		"storageClass", "STANDARD",
		"size", strconv.FormatInt(o.Size, 10),
		"md5Hash", "1B2M2Y8AsgTpgAmY7PhCfg==",
		"crc32c", "AAAAAA==",
		"etag", cmp.Or(o.ETag, etag),
		"timeCreated", at,
		"updated", at,
		"timeStorageClassUpdated", at,
		"selfLink", "https://www.googleapis.com/storage/v1/b/"+c.Resource,
	)
	if o.Damaged {
		data = native.RawJSON(`{"bucket":`)
	}
	if c.envelope == PubSub {
		return c.eventInMessage(attributes, data)
	}
	return c.post(binaryMode(attributes), data, native.Entry{ID: id, Raw: data})
}

// change is an event of Firestore, by Eventarc, which sends these as protocol
// buffers.
func (c call) change(change native.Change) (native.Payload, error) {
	if len(change.Key) != 1 {
		return native.Payload{}, native.OneKey
	}
	key := change.Key[0]
	if strings.Contains(key, "/") {
		return native.Payload{}, native.KeyAlphabet
	}
	body, err := c.documentEventData(change)
	if err != nil {
		return native.Payload{}, err
	}
	id := native.UUID(c.Number, "change", c.Resource)
	return c.post(binaryMode(map[string]string{
		"specversion": "1.0", "id": id, "type": "google.cloud.firestore.document.v1." + change.Kind.String(),
		"source":  "//firestore.googleapis.com/projects/" + c.Project + "/databases/" + database,
		"subject": "documents/" + c.Resource + "/" + key, "time": stamp(c.Time),
		"dataschema": "https://github.com/googleapis/google-cloudevents/blob/main/proto/google/events/cloud/firestore/v1/data.proto",
		"project":    c.Project, "database": database, "namespace": database, "location": "eur3", "document": c.Resource + "/" + key,
		"datacontenttype": "application/protobuf",
	}), body, native.Entry{ID: id, Raw: body}), nil
}

const database = "(default)"
