package aws

import (
	"cmp"
	"crypto/md5"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/fngen/fngen/internal/native"
)

// queued returns the message as the queue gets it, by the service in between.
func (c call) queued() (native.Message, error) {
	m, _ := c.Occurrence.(native.Message)
	if o, isObject := c.Occurrence.(native.Object); isObject {
		record, _, err := s3(c)
		if err != nil {
			return m, err
		}
		m = native.Message{Body: native.JSON("Records", native.Array([]json.RawMessage{record})), Damaged: o.Damaged}
	}
	if err := text(m); err != nil {
		return m, err
	}
	switch {
	case m.Direct, c.Letters: // which are taken as they are
	case strings.HasPrefix(c.Envelope, "sns"):
		m.Body, m.ContentType, m.TraceParent, m.TraceState, m.Attributes = c.notification(m), "", "", "", nil
	case c.Envelope == "eventbridge":
		return c.matched(m)
	}
	return m, nil
}

// notification is what a topic sends to a queue without raw message delivery.
//
// https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html#http-notification-json
func (c call) notification(m native.Message) []byte {
	attributes := native.Omit
	if len(m.All()) > 0 {
		attributes = typed(m)
	}
	return c.published(native.UUID(c.Number, "notification", c.Resource), native.Omit, string(m.Body), "URL", attributes)
}

// published is what a topic sends, which spells URLs as Lambda gets them or as all
// others do.
func (c call) published(id string, subject, body any, url string, attributes any) json.RawMessage {
	return native.JSON(
		"Type", "Notification",
		"MessageId", id,
		"TopicArn", c.arn("sns", c.Resource),
		"Subject", subject,
		"Message", body,
		"Timestamp", stamp(c.Time),
		"SignatureVersion", "1",
		"Signature", "RVhBTVBMRQ==",
		"SigningCert"+url, "https://sns."+c.Region+".amazonaws.com/SimpleNotificationService-0.pem",
		"Unsubscribe"+url, "https://sns."+c.Region+".amazonaws.com/?Action=Unsubscribe&SubscriptionArn="+c.subscription(),
		"MessageAttributes", attributes,
	)
}

// subscription is the ARN of the one that feeds the function.
func (c call) subscription() string {
	return c.arn("sns", c.Resource) + ":" + native.UUID(0, "subscription", c.Resource)
}

// typed are the message's attributes as topics write them.
func typed(m native.Message) json.RawMessage {
	var out []any
	all := m.All()
	for _, name := range native.Names(all) {
		out = append(out, name, native.JSON("Type", "String", "Value", all[name]))
	}
	return native.JSON(out...)
}

// matched is the message as the detail of an event, which a rule sends to a
// queue.
func (c call) matched(m native.Message) (native.Message, error) {
	kind := m.ContentType
	if kind == "application/cloudevents+json" || kind == "application/json" {
		m.ContentType = ""
	}
	if len(m.All()) > 0 {
		return m, native.NoAttributes
	}
	if !json.Valid(m.Body) {
		return m, native.JSONOnly
	}
	var err error
	m.Body, _, err = c.onBus("message", c.Resource, native.RawJSON("[]"), native.RawJSON(m.Body))
	return m, err
}

// text returns why the message cannot be one of SQS or SNS.
func text(m native.Message) error {
	switch {
	case m.Binary != nil:
		return native.NoBinaryMode
	case !utf8.Valid(m.Body):
		return native.TextOnly
	}
	return nil
}

// sqs is a message in a batch of a queue.
func sqs(c call) ([]byte, native.Entry, error) {
	m, err := c.queued()
	if err != nil {
		return nil, native.Entry{}, err
	}
	if strings.ContainsFunc(m.Key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, native.Entry{}, native.GroupAlphabet
	}
	entry := native.Entry{ID: native.UUID(c.Number, "message", c.Resource)}
	queue, sent := c.Resource, c.Time.UnixMilli()
	attributes := []any{
		"ApproximateReceiveCount", strconv.Itoa(c.Attempts()),
		"SentTimestamp", strconv.FormatInt(sent, 10),
		"SenderId", "AROAEXAMPLEID:sender",
		"ApproximateFirstReceiveTimestamp", strconv.FormatInt(sent, 10),
	}
	if c.FIFO {
		queue = strings.TrimSuffix(queue, ".fifo") + ".fifo"
		entry.Group = cmp.Or(m.Key, entry.ID)
		attributes = append(attributes,
			"SequenceNumber", fmt.Sprintf("1887%016d", c.Number),
			"MessageGroupId", entry.Group,
			"MessageDeduplicationId", native.Digest(c.Number, "deduplication", c.Resource))
	}
	typed := []any{}
	all := m.All()
	for _, name := range native.Names(all) {
		typed = append(typed, name, native.JSON(
			"stringValue", all[name], "stringListValues", []string{}, "binaryListValues", []string{}, "dataType", "String"))
	}
	body, digest := any(string(m.Body)), native.Omit
	if m.Damaged {
		body = native.Omit
	}
	if len(all) > 0 {
		digest = attributesMD5(all)
	}
	return native.JSON(
		"messageId", entry.ID,
		"receiptHandle", native.Digest(c.Number, "receipt", c.Resource, strconv.Itoa(c.Attempts())),
		"body", body,
		"attributes", native.JSON(attributes...),
		"messageAttributes", native.JSON(typed...),
		"md5OfBody", hexMD5(m.Body),
		"md5OfMessageAttributes", digest,
		"eventSource", "aws:sqs",
		"eventSourceARN", c.arn("sqs", queue),
		"awsRegion", c.Region,
	), entry, nil
}

func hexMD5(b []byte) string {
	sum := md5.Sum(b)
	return hex.EncodeToString(sum[:])
}

// attributesMD5 is the digest of attributes that are all strings.
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
func attributesMD5(attributes map[string]string) string {
	var b []byte
	add := func(s string) { b = append(binary.BigEndian.AppendUint32(b, uint32(len(s))), s...) }
	for _, name := range native.Names(attributes) {
		add(name)
		add("String")
		b = append(b, 1) // the value is a string
		add(attributes[name])
	}
	return hexMD5(b)
}

// sns is a message of a topic.
func sns(c call) ([]byte, native.Entry, error) {
	m := c.Occurrence.(native.Message)
	if err := text(m); err != nil {
		return nil, native.Entry{}, err
	}
	entry := native.Entry{ID: native.UUID(c.Number, "message", c.Resource)}
	body := any(string(m.Body))
	if m.Damaged {
		body = native.Omit
	}
	return native.JSON(
		"EventSource", "aws:sns",
		"EventVersion", "1.0",
		"EventSubscriptionArn", c.subscription(),
		"Sns", c.published(entry.ID, nil, body, "Url", typed(m)),
	), entry, nil
}

// kinesis is a record of a data stream. All are in one shard.
func kinesis(c call) ([]byte, native.Entry, error) {
	r := c.Occurrence.(native.Record)
	if r.Key == "" || !utf8.ValidString(r.Key) {
		return nil, native.Entry{}, native.EveryKey
	}
	data := base64.StdEncoding.EncodeToString(r.Data)
	if r.Damaged {
		data = "%"
	}
	sequence := fmt.Sprintf("4959033827149025660855969253836157109592%016d", c.Number)
	return native.JSON(
		"kinesis", native.JSON(
			"kinesisSchemaVersion", "1.0",
			"partitionKey", r.Key,
			"sequenceNumber", sequence,
			"data", data,
			"approximateArrivalTimestamp", native.RawJSON(seconds(c.Delivery)),
		),
		"eventSource", "aws:kinesis",
		"eventVersion", "1.0",
		"eventID", Shard+":"+sequence,
		"eventName", "aws:kinesis:record",
		"invokeIdentityArn", "arn:aws:iam::"+c.Account+":role/"+c.Function,
		"awsRegion", c.Region,
		"eventSourceARN", c.arn("kinesis", "stream/"+c.Resource),
	), native.Entry{ID: sequence, Group: Shard}, nil
}

// Shard is the one shard of every stream.
const Shard = "shardId-000000000006"

// seconds is the delivery's time in seconds, with three digits after the point.
func seconds(d native.Delivery) string {
	ms := d.Time.UnixMilli()
	return fmt.Sprintf("%d.%03d", ms/1000, ms%1000)
}
