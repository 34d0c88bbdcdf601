package aws

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/emit"
	"github.com/fngen/fngen/internal/jsonscan"
	"github.com/fngen/fngen/internal/portable"
	"github.com/fngen/fngen/internal/run"
)

// Kinesis feeds a function from a data stream. Its event source mapping must
// have the function response type ReportBatchItemFailures.
//
// A batch comes from one shard and is handled in order, one record at a time:
// batches run in parallel by the mapping's ParallelizationFactor. What fails
// stops its batch, and the stream delivers again from there on.
//
// A record that the Kinesis Producer Library has aggregated is split, and each
// user record in it is an event. They share the sequence number of the
// aggregate, which is the smallest thing that a stream can deliver again: a
// user record that fails brings back those before it in its aggregate too.
//
// A mapping with a tumbling window is served record by record; its state is
// neither shown to the handler nor kept.
type Kinesis struct {
	Stream       string           // the name in the directive
	NoDeadLetter bool             // what can never succeed is logged whole and passed over
	DeadLetter   *emit.DeadLetter // takes what can never succeed; nil leaves it to the platform
}

var _ Source = Kinesis{}

// kinesisEventSource marks the records of a data stream.
const kinesisEventSource = "aws:kinesis"

// maxEncoded is the number of bytes of base64 above which a record's data is
// refused. Lambda's payloads hold less.
const maxEncoded = 6 << 20

func (s Kinesis) policy() run.Policy {
	return run.Policy{NoDeadLetter: s.NoDeadLetter, DeadLetter: s.DeadLetter}
}

func (s Kinesis) encode(records []run.Record, results []run.Result) ([]byte, error) {
	return answerLowest(records, results)
}

func (s Kinesis) decode(payload []byte) ([]run.Record, error) {
	b, err := splitBatch(declared{"Kinesis stream", s.Stream}, kinesisEventSource, payload)
	if err != nil {
		return nil, err
	}
	records := make([]run.Record, 0, len(b.Records))
	for i, raw := range b.Records {
		var k kinesisRecord
		err := k.fields().Read(raw) // with an error what decodes is there
		if !isNumber(k.Kinesis.SequenceNumber) {
			// Its failure could not be reported, so the stream would go on.
			return nil, fmt.Errorf("decode Kinesis record %d: missing sequenceNumber%s", i+1, because(err))
		}
		k.number, k.window, k.raw = i+1, b.Window.Start, raw
		var split []run.Record
		if err == nil {
			split, err = s.split(&k, maxUserRecords-len(records))
		}
		if err != nil {
			split = []run.Record{{Native: &k, Group: streamGroup, Err: fmt.Errorf("decode Kinesis record %d: %w", i+1, err)}}
		}
		records = append(records, split...)
	}
	return records, nil
}

// split returns the record, or those of the aggregate that it is. There is room
// for some more in the batch.
func (s Kinesis) split(k *kinesisRecord, room int) ([]run.Record, error) {
	record, err := s.record(k)
	if err != nil {
		return nil, err
	}
	if !isAggregate(record.Body) {
		e, err := record.Event()
		return []run.Record{{Native: k, Group: streamGroup, Event: e}}, err
	}
	users, err := splitAggregate(record.Body)
	if err != nil {
		return nil, fmt.Errorf("aggregate: %w", err)
	}
	if len(users) > room {
		// The next batch begins with this record and has room for it.
		return nil, fn.RetryAfter(fmt.Errorf("the batch has more than %d user records before the end of this aggregate", maxUserRecords), 0)
	}
	records := make([]run.Record, len(users))
	id := record.ID
	for i, u := range users {
		record.ID = fmt.Sprintf("%s:%d", id, i)
		record.PartitionKey, record.Body = u.partitionKey, u.data
		e, err := record.Event()
		if err != nil {
			return nil, err
		}
		records[i] = run.Record{Native: &aggregated{k, i}, Group: streamGroup, Event: e}
	}
	return records, nil
}

// record returns the record as the stream holds it.
func (s Kinesis) record(k *kinesisRecord) (portable.Record, error) {
	var none portable.Record
	if k.EventSource != kinesisEventSource {
		return none, fmt.Errorf("eventSource is %q, not %s", k.EventSource, kinesisEventSource)
	}
	if k.EventSourceARN == "" {
		return none, errors.New("missing eventSourceARN")
	}
	shard, sequence, ok := strings.Cut(k.EventID, ":")
	if !ok || shard == "" || sequence != k.Kinesis.SequenceNumber {
		return none, fmt.Errorf("eventID is %q, not a shard and the sequence number", k.EventID)
	}
	if k.Kinesis.Data == nil {
		return none, errors.New("missing data")
	}
	if len(*k.Kinesis.Data) > maxEncoded {
		return none, fmt.Errorf("the data has more than %d bytes of base64", maxEncoded)
	}
	data, err := base64.StdEncoding.DecodeString(*k.Kinesis.Data)
	if err != nil {
		return none, fmt.Errorf("data: %w", err)
	}
	at, err := parseEpoch("approximateArrivalTimestamp", k.Kinesis.Arrival)
	if err != nil {
		return none, err
	}
	return portable.Record{
		Source:       k.EventSourceARN + "#" + shard,
		ID:           k.EventID,
		Name:         s.Stream,
		Time:         at,
		Body:         data,
		PartitionKey: k.Kinesis.PartitionKey,
		Sequence:     k.Kinesis.SequenceNumber,
	}, nil
}

// kinesisRecord is a record of the batch.
//
// https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
type kinesisRecord struct {
	number int             // in the batch, from 1
	window string          // the start of a tumbling window; "" for none
	raw    json.RawMessage // the record

	EventID                             string // shard:sequence
	EventSource, EventSourceARN, Region string
	Kinesis                             struct {
		SequenceNumber, PartitionKey, EncryptionType string

		Data    *string
		Arrival json.Number
	}
}

func (k *kinesisRecord) fields() jsonscan.Fields {
	in := &k.Kinesis
	return jsonscan.Fields{
		"eventID": &k.EventID, "eventSource": &k.EventSource, "eventSourceARN": &k.EventSourceARN, "awsRegion": &k.Region,
		"kinesis": jsonscan.Fields{
			"sequenceNumber": &in.SequenceNumber, "partitionKey": &in.PartitionKey, "data": &in.Data,
			"approximateArrivalTimestamp": &in.Arrival, "encryptionType": &in.EncryptionType,
		},
	}
}

// String implements run.Native.
func (k *kinesisRecord) String() string {
	return fmt.Sprintf("Kinesis record %d (%s)", k.number, k.Kinesis.SequenceNumber)
}

// Raw implements run.Native.
func (k *kinesisRecord) Raw() []byte { return k.raw }

// Delivery implements run.Native. The native id is the sequence number, which
// the answer names.
func (k *kinesisRecord) Delivery() fn.Delivery {
	attributes := map[string]string{}
	setAll(attributes, "eventID", k.EventID, "partitionKey", k.Kinesis.PartitionKey,
		"awsRegion", k.Region, windowStart, k.window, "encryptionType", k.Kinesis.EncryptionType)
	return fn.Delivery{
		Provider:   provider,
		Trigger:    portable.Stream,
		NativeID:   k.Kinesis.SequenceNumber,
		Attributes: attributes,
	}
}

// aggregated is a record of an aggregate, whose delivery is the aggregate's.
type aggregated struct {
	*kinesisRecord
	index int
}

// String implements run.Native.
func (a *aggregated) String() string {
	return fmt.Sprintf("Kinesis record %d (%s:%d)", a.number, a.Kinesis.SequenceNumber, a.index)
}
