package aws_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/fngen/fngen/providers/internal/conformance"
)

// quoted returns s as a JSON string.
func quoted(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

// attributes returns the message's attributes; format takes a name and a value.
func attributes(m *conformance.Message, format string) string {
	var out []string
	for _, a := range []struct{ name, value string }{{"content-type", m.ContentType}, {"traceparent", m.TraceParent}, {"tracestate", m.TraceState}} {
		if a.value != "" {
			out = append(out, fmt.Sprintf(format, a.name, quoted(a.value)))
		}
	}
	return strings.Join(out, ",")
}

// sqsRecord is a message of a queue, delivered for the second time.
func sqsRecord(o conformance.Occurrence, i int) (string, conformance.Arrival, conformance.Reason) {
	m := o.Records[i].Message
	switch {
	case m.Binary != nil:
		return "", conformance.Arrival{}, conformance.NoBinaryMode
	case !utf8.Valid(m.Body):
		return "", conformance.Arrival{}, conformance.TextOnly
	case strings.ContainsFunc(m.Key, func(r rune) bool { return r <= ' ' || r > '~' }):
		return "", conformance.Arrival{}, conformance.GroupAlphabet
	}
	id, queue, group := fmt.Sprintf("m-%d", i+1), "orders", ""
	if o.Directive.FIFO {
		queue, group = "orders.fifo", `,"MessageGroupId":`+quoted(m.Key)
	}
	body := `"body":` + quoted(string(m.Body)) + ","
	if m.Damaged {
		body = ""
	}
	raw := fmt.Sprintf(`{"messageId":%q,"receiptHandle":"h",%s"attributes":{"ApproximateReceiveCount":"2","SentTimestamp":"%d"%s},`+
		`"messageAttributes":{%s},"eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs%s%s","awsRegion":"eu-west-1"}`,
		id, body, happened.UnixMilli(), group, attributes(m, `%q:{"dataType":"String","stringValue":%s}`), arn, queue)
	return raw, conformance.Arrival{Source: "arn:aws:sqs" + arn + queue, ID: id, NativeID: id, Time: happened, Attempt: 2}, ""
}

// snsRecord is a message of a topic.
func snsRecord(o conformance.Occurrence, i int) (string, conformance.Arrival, conformance.Reason) {
	m := o.Records[i].Message
	id := fmt.Sprintf("m-%d", i+1)
	body := `"Message":` + quoted(string(m.Body)) + ","
	if m.Damaged {
		body = ""
	}
	raw := fmt.Sprintf(`{"EventSource":"aws:sns","EventVersion":"1.0","EventSubscriptionArn":"arn:aws:sns%sprices:1","Sns":{"Type":"Notification",`+
		`"MessageId":%q,"TopicArn":"arn:aws:sns%sprices","Subject":null,%s"Timestamp":%q,"MessageAttributes":{%s}}}`,
		arn, id, arn, body, timestamp, attributes(m, `%q:{"Type":"String","Value":%s}`))
	return raw, conformance.Arrival{Source: "arn:aws:sns" + arn + "prices", ID: id, NativeID: id, Time: happened}, ""
}

// kinesisRecord is a record of a data stream.
func kinesisRecord(o conformance.Occurrence, i int) (string, conformance.Arrival, conformance.Reason) {
	m := o.Records[i].Message
	if m.Key == "" {
		return "", conformance.Arrival{}, conformance.EveryKey
	}
	data := base64.StdEncoding.EncodeToString(m.Body)
	if m.Damaged {
		data = "%"
	}
	const shard = "shardId-000000000006"
	sequence := fmt.Sprintf("4959033827149025660855969253836157109592157598913658889%d", i)
	raw := fmt.Sprintf(`{"eventID":"%s:%s","eventName":"aws:kinesis:record","eventVersion":"1.0","eventSource":"aws:kinesis",`+
		`"eventSourceARN":"arn:aws:kinesis%sstream/clicks","awsRegion":"eu-west-1","kinesis":{"kinesisSchemaVersion":"1.0","partitionKey":%s,`+
		`"sequenceNumber":%q,"data":%q,"approximateArrivalTimestamp":1772366400.123}}`, shard, sequence, arn, quoted(m.Key), sequence, data)
	return raw, conformance.Arrival{
		Source: "arn:aws:kinesis" + arn + "stream/clicks#" + shard, ID: shard + ":" + sequence, NativeID: sequence, Time: happened,
		Extensions: map[string]string{"sequence": sequence}, // as wide as any
	}, ""
}

// s3Record is an object's record in a bucket's notification.
func s3Record(o conformance.Occurrence, i int) (string, conformance.Arrival, conformance.Reason) {
	c := o.Records[i].Object
	name, details := "ObjectCreated:Put", fmt.Sprintf(`"size":%d,"eTag":"d41d8cd9","versionId":"v1",`, c.Size)
	switch {
	case c.Expired:
		name, details = "LifecycleExpiration:Delete", `"versionId":"v1",`
	case c.Deleted:
		name, details = "ObjectRemoved:DeleteMarkerCreated", `"versionId":"v1",`
	case c.Other:
		name = "LifecycleTransition"
	}
	key := strings.ReplaceAll(url.QueryEscape(c.Key), "%2F", "/")
	if c.Damaged {
		key = "%"
	}
	raw := fmt.Sprintf(`{"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"eu-west-1","eventTime":%q,"eventName":%q,`+
		`"responseElements":{"x-amz-request-id":"R%d"},"s3":{"s3SchemaVersion":"1.0","configurationId":"c",`+
		`"bucket":{"name":"acme-uploads","arn":"arn:aws:s3:::acme-uploads"},"object":{"key":%q,%s"sequencer":"0A1B"}}}`, timestamp, name, i, key, details)
	a := s3Arrival(c)
	a.NativeID = fmt.Sprintf("R%d", i)
	return raw, a, ""
}

// s3OnBus is the event of an object that an EventBridge rule delivers.
func s3OnBus(o conformance.Occurrence, i int) (string, conformance.Arrival, conformance.Reason) {
	c := o.Records[i].Object
	reason := "PutObject"
	kind, details := "Object Created", fmt.Sprintf(`"size":%d,"etag":"d41d8cd9",`, c.Size)
	switch {
	case c.Deleted:
		kind, details = "Object Deleted", ""
		if c.Expired {
			reason = "Lifecycle Expiration"
		}
	case c.Other:
		kind = "Object Storage Class Changed"
	}
	bucket := `{"name":"acme-uploads"}`
	if c.Damaged {
		bucket = "{}"
	}
	payload := fmt.Sprintf(`{"version":"0","id":"bus-%d","detail-type":%q,"source":"aws.s3","account":"123456789012","time":%q,"region":"eu-west-1",`+
		`"resources":["arn:aws:s3:::acme-uploads"],"detail":{"version":"0","bucket":%s,"object":{"key":%s,%s"version-id":"v1","sequencer":"0A1B"},`+
		`"request-id":"R1","reason":%q}}`, i, kind, timestamp, bucket, quoted(c.Key), details, reason)
	a := s3Arrival(c)
	a.NativeID = fmt.Sprintf("bus-%d", i)
	return payload, a, ""
}

// s3Arrival is what a notification and a rule both say of an object.
func s3Arrival(c *conformance.Object) conformance.Arrival {
	a := conformance.Arrival{Source: "arn:aws:s3:::acme-uploads", Time: happened}
	kind := "dev.fngen.object.created.v1"
	if c.Deleted {
		kind = "dev.fngen.object.deleted.v1"
	} else {
		a.Members = append(a.Members, conformance.Member{Name: "etag", Value: "d41d8cd9"})
	}
	a.Members = append(a.Members, conformance.Member{Name: "version", Value: "v1"}, conformance.Member{Name: "sequencer", Value: "0A1B"})
	a.ID = conformance.ObjectID(kind, "acme-uploads", c.Key, "v1", "0A1B")
	return a
}

// onBus is an event that a rule on an event bus delivers.
func onBus(o conformance.Occurrence, i int) (string, conformance.Arrival, conformance.Reason) {
	e := o.Records[i].Event
	get := func(name string) string { return e.Attributes[name] }
	if e.Native {
		payload := fmt.Sprintf(`{"version":"0","id":%q,"detail-type":%q,"source":%q,"account":"123456789012","time":%q,"region":"eu-west-1","resources":[%q],"detail":%s}`,
			get("id"), get("type"), get("source"), get("time"), get("subject"), e.Data)
		return payload, conformance.Arrival{NativeID: get("id")}, ""
	}
	payload := fmt.Sprintf(`{"version":"0","id":"bus-1","detail-type":%q,"source":%q,"account":"123456789012","time":%q,"region":"eu-west-1","resources":[],"detail":%s}`,
		get("type"), get("source"), timestamp, e.Structured)
	return payload, conformance.Arrival{NativeID: "bus-1"}, ""
}

// firing is the input of a schedule's target, with its keywords replaced.
func firing(o conformance.Occurrence, i int) (string, conformance.Arrival, conformance.Reason) {
	tick := o.Records[i].Tick
	if tick.Scheduled == "" {
		return "", conformance.Arrival{}, conformance.TimeKnown
	}
	schedule := "arn:aws:scheduler" + arn + "schedule/default/nightly"
	payload := fmt.Sprintf(`{"name":%q,"scheduled":%q,"schedule":%q,"attempt":"1"}`, tick.Name, tick.Scheduled, schedule)
	at := tick.Time()
	return payload, conformance.Arrival{
		Source: schedule, ID: tick.Name + "@" + at.Format("2006-01-02T15:04:05Z"), NativeID: schedule, Time: at, Attempt: 1,
		Opaque: o.Records[i].Fate == conformance.Refused, // the firing of another function is no record of this one
	}, ""
}
