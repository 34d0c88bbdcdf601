package gcp_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/fngen/fngen/providers/internal/conformance"
)

// eventByEventarc is an event as Eventarc delivers it, in binary mode.
func eventByEventarc(o conformance.Occurrence, i int) (delivery, conformance.Reason) {
	e := o.Records[i].Event
	if e.Native {
		return delivery{}, conformance.NoNativeEvent
	}
	return delivery{
		sent: sending{method: "POST", path: "/", header: binaryMode(e.Attributes), body: e.Data},
		arrival: conformance.Arrival{
			NativeID: e.Attributes["id"], Raw: e.Data,
			Opaque: slices.ContainsFunc([]string{"version", "no name", "only Go takes"}, func(s string) bool { return strings.HasSuffix(o.Name, s) }), // it is not even an event
		},
	}, ""
}

// eventByPubSub is an event in the attributes and the data of a message.
func eventByPubSub(o conformance.Occurrence, i int) (delivery, conformance.Reason) {
	e := o.Records[i].Event
	if e.Native {
		return delivery{}, conformance.NoNativeEvent
	}
	attributes := map[string]string{}
	for name, value := range e.Attributes {
		if name == "datacontenttype" {
			attributes["content-type"] = value
			continue
		}
		attributes["ce-"+name] = value
	}
	return push(i, base64.StdEncoding.EncodeToString(e.Data), attributes, ""), ""
}

// eventInBody is an event that is the data of a message.
func eventInBody(o conformance.Occurrence, i int) (delivery, conformance.Reason) {
	e := o.Records[i].Event
	if e.Native {
		return delivery{}, conformance.NoNativeEvent
	}
	data := base64.StdEncoding.EncodeToString([]byte(e.Structured))
	return push(i, data, map[string]string{"content-type": "application/cloudevents+json; charset=utf-8"}, ""), ""
}

// object returns the attributes and the data of Cloud Storage's event.
func object(o conformance.Occurrence, i int) (attributes map[string]string, data []byte, a conformance.Arrival) {
	c := o.Records[i].Object
	kind := "finalized"
	portable := "dev.fngen.object.created.v1"
	switch {
	case c.Expired:
		kind, portable = "archived", "dev.fngen.object.deleted.v1"
	case c.Deleted:
		kind, portable = "deleted", "dev.fngen.object.deleted.v1"
	case c.Other:
		kind = "metadataUpdated"
	}
	id := fmt.Sprintf("78%d", i)
	attributes = map[string]string{
		"specversion": "1.0", "id": id, "type": "google.cloud.storage.object.v1." + kind, "time": publishTime,
		"source": "//storage.googleapis.com/projects/_/buckets/acme-uploads", "subject": "objects/" + c.Key,
		"datacontenttype": "application/json", "bucket": "acme-uploads",
	}
	// Integers are strings in the JSON of protocol buffers.
	data = fmt.Appendf(nil, `{"kind":"storage#object","bucket":"acme-uploads","name":%s,"generation":"1587627537231057","size":"%d",`+
		`"etag":"CNHZkbuF/ugCEAE=","contentType":"image/png","timeCreated":%q}`, quote(c.Key), c.Size, publishTime)
	if c.Damaged {
		data = []byte(`{"bucket":`)
	}
	a = conformance.Arrival{
		Source: "//storage.googleapis.com/projects/_/buckets/acme-uploads",
		ID:     conformance.ObjectID(portable, "acme-uploads", c.Key, "1587627537231057", ""),
		Time:   published, NativeID: id,
		Members: []conformance.Member{{Name: "etag", Value: "CNHZkbuF/ugCEAE="}, {Name: "contenttype", Value: "image/png"}, {Name: "version", Value: "1587627537231057"}},
	}
	return attributes, data, a
}

// objectByEventarc is an event of Cloud Storage as Eventarc delivers it.
func objectByEventarc(o conformance.Occurrence, i int) (delivery, conformance.Reason) {
	attributes, data, a := object(o, i)
	a.Raw = data
	return delivery{sent: sending{method: "POST", path: "/", header: binaryMode(attributes), body: data}, arrival: a}, ""
}

// objectByPubSub is one in a push, which happens when an attribute cannot be a
// header.
func objectByPubSub(o conformance.Occurrence, i int) (delivery, conformance.Reason) {
	attributes, data, a := object(o, i)
	ce := map[string]string{"content-type": attributes["datacontenttype"]}
	delete(attributes, "datacontenttype")
	for name, value := range attributes {
		ce["ce-"+name] = value
	}
	d := push(i, base64.StdEncoding.EncodeToString(data), ce, "")
	a.Raw, a.NativeID, a.Attempt = d.arrival.Raw, d.arrival.NativeID, d.arrival.Attempt
	d.arrival = a
	return d, ""
}

// documentByEventarc is a change of Firestore as Eventarc delivers it.
func documentByEventarc(o conformance.Occurrence, i int) (delivery, conformance.Reason) {
	c := o.Records[i].Change
	if len(c.Key) > 1 {
		return delivery{}, conformance.OneKey
	}
	if strings.Contains(c.Key[0], "/") {
		return delivery{}, conformance.KeyAlphabet
	}
	body, reason := documentEventData(*c)
	if reason != "" {
		return delivery{}, reason
	}
	kind := [...]string{"created", "updated", "deleted"}[c.Kind]
	id := fmt.Sprintf("fs-%d", i+1)
	const source = "//firestore.googleapis.com/projects/acme/databases/(default)"
	h := binaryMode(map[string]string{
		"specversion": "1.0", "id": id, "type": "google.cloud.firestore.document.v1." + kind, "source": source,
		"subject": "documents/orders/" + c.Key[0], "time": publishTime, "document": "orders/" + c.Key[0],
		"datacontenttype": "application/protobuf",
	})
	h["Ce-Source"] = []string{source}
	return delivery{
		sent:    sending{method: http.MethodPost, path: "/", header: h, body: body},
		arrival: conformance.Arrival{Source: source, ID: id, NativeID: id, Time: published, Raw: body},
	}, ""
}
