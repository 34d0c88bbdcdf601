package aws

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/emit"
	"github.com/fngen/fngen/internal/documents"
	"github.com/fngen/fngen/internal/jsonscan"
	"github.com/fngen/fngen/internal/portable"
	"github.com/fngen/fngen/internal/run"
	"github.com/fngen/fngen/providers/aws/internal/item"
)

// DynamoDB feeds a function from the stream of a table. Its event source
// mapping must have the function response type ReportBatchItemFailures.
//
// A batch is handled in order, one change at a time; what fails stops its
// batch, and the stream delivers again from there on. A change that the fields
// do not ask for is acknowledged without a call.
//
// An item becomes plain JSON without its key attributes and _rev, in which a
// collection keeps its revision: numbers in one spelling, binary values as
// standard base64, sets as sorted arrays. An image that the
// stream's view type leaves out is null; a change is partial if that leaves
// none, as KEYS_ONLY does.
type DynamoDB struct {
	Collection                string           // the name in the directive
	Keys                      []string         // the key attributes, the partition key first; none means _id
	Created, Updated, Deleted bool             // which changes; none of them means all
	Before                    bool             // the events have the image before, which the stream must have
	NoDeadLetter              bool             // what can never succeed is logged whole and passed over
	DeadLetter                *emit.DeadLetter // takes what can never succeed; nil leaves it to the platform
}

var _ Source = DynamoDB{}

// dynamoDBEventSource marks the records of a table's stream.
const dynamoDBEventSource = "aws:dynamodb"

func (s DynamoDB) policy() run.Policy {
	return run.Policy{NoDeadLetter: s.NoDeadLetter, DeadLetter: s.DeadLetter}
}

func (s DynamoDB) encode(records []run.Record, results []run.Result) ([]byte, error) {
	return answerLowest(records, results)
}

func (s DynamoDB) decode(payload []byte) ([]run.Record, error) {
	b, err := splitBatch(declared{"DynamoDB table", s.Collection}, dynamoDBEventSource, payload)
	if err != nil {
		return nil, err
	}
	filter := portable.DocumentFilter{Created: s.Created, Updated: s.Updated, Deleted: s.Deleted}
	records := make([]run.Record, len(b.Records))
	for i, raw := range b.Records {
		var d dynamoDBRecord
		err := d.fields().Read(raw) // with an error what decodes is there
		if !isNumber(d.Change.SequenceNumber) {
			// Its failure could not be reported, so the stream would go on.
			return nil, fmt.Errorf("decode DynamoDB record %d: missing SequenceNumber%s", i+1, because(err))
		}
		d.number, d.window, d.raw = i+1, b.Window.Start, raw
		r := run.Record{Native: &d, Group: streamGroup}
		if err == nil {
			var kind portable.ChangeKind
			if kind, err = d.kind(); err == nil {
				r.Skip = !filter.Fits(kind)
				r.Event, err = s.event(&d, kind)
			}
		}
		if err != nil {
			r.Skip, r.Err = false, fmt.Errorf("decode DynamoDB record %d: %w", i+1, err)
		}
		records[i] = r
	}
	return records, nil
}

func (s DynamoDB) event(d *dynamoDBRecord, kind portable.ChangeKind) (event.Event, error) {
	if d.EventSourceARN == "" {
		return event.Event{}, errors.New("missing eventSourceARN")
	}
	if d.EventID == "" {
		return event.Event{}, errors.New("missing eventID")
	}
	at, err := parseEpoch("ApproximateCreationDateTime", d.Change.Created)
	if err != nil {
		return event.Event{}, err
	}
	key, err := s.key(d)
	if err != nil {
		return event.Event{}, err
	}
	before, err := s.image(d.Change.OldImage)
	if err != nil {
		return event.Event{}, fmt.Errorf("dynamodb.OldImage%w", err)
	}
	after, err := s.image(d.Change.NewImage)
	if err != nil {
		return event.Event{}, fmt.Errorf("dynamodb.NewImage%w", err)
	}
	table, _, _ := strings.Cut(d.EventSourceARN, "/stream/")
	escaped := make([]string, len(key))
	for i, k := range key {
		escaped[i] = url.PathEscape(k)
	}
	return portable.DocumentChange{
		Source:       table,
		ID:           d.EventID,
		Time:         at,
		Change:       kind,
		Collection:   s.Collection,
		Key:          strings.Join(escaped, "/"),
		Before:       before,
		WithBefore:   s.Before,
		After:        after,
		Partial:      before == nil && after == nil && (s.Before || kind != portable.Deleted),
		PartitionKey: key[0],
	}.Event()
}

// keys returns the names of the key attributes.
func (s DynamoDB) keys() []string {
	if len(s.Keys) == 0 {
		return []string{item.Key}
	}
	return s.Keys
}

// key returns the values of the key attributes as text, the partition key's
// first.
func (s DynamoDB) key(d *dynamoDBRecord) ([]string, error) {
	names := s.keys()
	values, err := item.Decode(d.Change.Keys)
	if err != nil {
		return nil, fmt.Errorf("dynamodb.Keys%w", err)
	}
	fits := len(values) == len(names)
	for _, name := range names {
		_, ok := values[name]
		fits = fits && ok
	}
	if !fits {
		// The setting is at fault, not the change.
		return nil, fn.RetryAfter(fmt.Errorf("the declared key attributes are %q, the received ones %q; set resources.%s.aws.keys to the table's, the partition key first",
			names, d.keyNames(), s.Collection), 0)
	}
	key := make([]string, len(names))
	for i, name := range names {
		switch v := values[name].(type) {
		case string:
			key[i] = v
		case json.Number:
			key[i] = v.String()
		}
		if key[i] == "" {
			return nil, fmt.Errorf("dynamodb.Keys.%s: no string, number or bytes, or empty", name)
		}
	}
	return key, nil
}

// image returns an item without its key attributes and the revision that a
// collection keeps in it, or nil if there is none.
func (s DynamoDB) image(raw json.RawMessage) (any, error) {
	if isNull(raw) {
		return nil, nil
	}
	image, err := item.Decode(raw)
	if err != nil {
		return nil, err
	}
	for _, name := range s.keys() {
		delete(image, name)
	}
	delete(image, documents.Revision)
	return image, nil
}

// dynamoDBRecord is a record of the batch.
//
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_Record.html
type dynamoDBRecord struct {
	number int             // in the batch, from 1
	window string          // the start of a tumbling window; "" for none
	raw    json.RawMessage // the record

	EventID, EventName, EventSource, EventSourceARN, Region string

	UserIdentity struct{ PrincipalID string }
	Change       struct {
		SequenceNumber, StreamViewType string

		Created                  json.Number
		Keys, OldImage, NewImage json.RawMessage
	}
}

func (d *dynamoDBRecord) fields() jsonscan.Fields {
	c := &d.Change
	return jsonscan.Fields{
		"eventID": &d.EventID, "eventName": &d.EventName, "eventSource": &d.EventSource, "eventSourceARN": &d.EventSourceARN, "awsRegion": &d.Region,
		"userIdentity": jsonscan.Fields{"principalId": &d.UserIdentity.PrincipalID},
		"dynamodb": jsonscan.Fields{
			"SequenceNumber": &c.SequenceNumber, "ApproximateCreationDateTime": &c.Created, "StreamViewType": &c.StreamViewType,
			"Keys": &c.Keys, "OldImage": &c.OldImage, "NewImage": &c.NewImage,
		},
	}
}

func (d *dynamoDBRecord) kind() (portable.ChangeKind, error) {
	if d.EventSource != dynamoDBEventSource {
		return 0, fmt.Errorf("eventSource is %q, not %s", d.EventSource, dynamoDBEventSource)
	}
	switch d.EventName {
	case "INSERT":
		return portable.Created, nil
	case "MODIFY":
		return portable.Updated, nil
	case "REMOVE":
		return portable.Deleted, nil
	}
	return 0, fmt.Errorf("declared INSERT, MODIFY and REMOVE, received %q", d.EventName)
}

// keyNames returns the names of the received key attributes, sorted.
func (d *dynamoDBRecord) keyNames() []string {
	var members map[string]json.RawMessage
	_ = json.Unmarshal(d.Change.Keys, &members) // what decodes is enough
	names := make([]string, 0, len(members))
	for name := range members {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// String implements run.Native.
func (d *dynamoDBRecord) String() string {
	return fmt.Sprintf("DynamoDB record %d (%s)", d.number, d.Change.SequenceNumber)
}

// Raw implements run.Native.
func (d *dynamoDBRecord) Raw() []byte { return d.raw }

// Delivery implements run.Native. The native id is the sequence number, which
// the answer names. A change by DynamoDB itself, which deletes expired items,
// has the principal dynamodb.amazonaws.com.
func (d *dynamoDBRecord) Delivery() fn.Delivery {
	attributes := map[string]string{}
	setAll(attributes, "eventID", d.EventID, "eventName", d.EventName, "awsRegion", d.Region, windowStart, d.window,
		"streamViewType", d.Change.StreamViewType, "principalId", d.UserIdentity.PrincipalID)
	return fn.Delivery{
		Provider:   provider,
		Trigger:    portable.Document,
		NativeID:   d.Change.SequenceNumber,
		Attributes: attributes,
	}
}

func isNull(raw json.RawMessage) bool {
	return len(raw) == 0 || bytes.Equal(raw, []byte("null"))
}
