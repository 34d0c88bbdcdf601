package aws

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/testkit/logged"
)

// streamed is a record of a stream's first shard.
func streamed(sequence string, data []byte) string {
	return fmt.Sprintf(`{"eventID":"shardId-000000000000:%s","eventSource":"aws:kinesis","eventSourceARN":"arn:aws:kinesis:eu-west-1:1:stream/s",`+
		`"kinesis":{"sequenceNumber":%q,"partitionKey":"k","data":%q}}`, sequence, sequence, base64.StdEncoding.EncodeToString(data))
}

// The real payload's events and a delivery, to the byte.
func TestKinesisRealPayload(t *testing.T) {
	r := &recorder{}
	answer, err := invoke(t, Kinesis{Stream: "clicks"}, r, string(fixture(t, "kinesis-event.json")))
	if err != nil || answer != noFailures {
		t.Errorf("answer %s, error %v", answer, err)
	}
	const (
		head = `{"specversion":"1.0","id":"shardId-000000000000:%[1]s","source":"arn:aws:kinesis:us-east-1:123456789012:stream/simple-stream#shardId-000000000000",` +
			`"type":"dev.fngen.record.received.v1","datacontenttype":"application/json","subject":"clicks","time":%[2]q,` +
			`"partitionkey":"s1","sequence":%[1]q,"data_base64":"SGVsbG8gV29ybGQ="}`
		one = "49568167373333333333333333333333333333333333333333333333"
		two = "49568167373333333334444444444444444444444444444444444444"
	)
	wantEvents(t, r, fmt.Sprintf(head, one, "2016-12-02T01:18:43.477Z"), fmt.Sprintf(head, two, "2016-12-04T08:52:03.477Z"))
	want := fn.Delivery{Provider: "aws", Trigger: "stream", NativeID: one, Attributes: map[string]string{
		"eventID": "shardId-000000000000:" + one, "partitionKey": "s1", "awsRegion": "us-east-1",
	}}
	if diff := cmp.Diff(want, r.deliveries[0], cmpopts.IgnoreUnexported(fn.Delivery{})); diff != "" {
		t.Errorf("delivery (-want +got):\n%s", diff)
	}
}

// A short sequence number is padded in the event, so that numbers compare as
// text does, and stays as it is where the platform reads it.
func TestKinesisSequence(t *testing.T) {
	logged.Text(t)
	r := &recorder{answer: func(e fn.Event) error {
		if got, want := e.Extensions()["sequence"], "00000000000000000000000000000000000000000000000000000017"; got != want {
			t.Errorf("sequence %s, want %s", got, want)
		}
		return errors.New("passing trouble")
	}}
	answer, err := invoke(t, Kinesis{Stream: "s"}, r, batch(streamed("17", []byte("1"))))
	if want := `{"batchItemFailures":[{"itemIdentifier":"17"}]}`; err != nil || answer != want {
		t.Errorf("answer %s, want %s, error %v", answer, want, err)
	}
}

// A record that does not decode is reported, and what comes before it is
// handled; what comes after waits for it.
func TestKinesisUndecodableRecord(t *testing.T) {
	record := func(member string) string {
		return `{"eventID":"shard:2","eventSource":"aws:kinesis","eventSourceARN":"a","kinesis":{"sequenceNumber":"2",` + member + `}}`
	}
	for name, test := range map[string]struct{ bad, why string }{
		"no data":         {record(`"partitionKey":"k"`), "missing data"},
		"no base64":       {record(`"data":"%"`), "data: illegal base64"},
		"too much base64": {record(`"data":"` + strings.Repeat("A", maxEncoded+4) + `"`), "more than 6291456 bytes of base64"},
		"no time":         {record(`"data":"","approximateArrivalTimestamp":-1`), "approximateArrivalTimestamp"},
		"wrong type":      {record(`"data":{}`), "cannot unmarshal object"},
		"another source":  {strings.Replace(record(`"data":""`), "aws:kinesis", "aws:sqs", 1), `eventSource is \"aws:sqs\"`},
		"no stream":       {strings.Replace(record(`"data":""`), `"eventSourceARN":"a"`, `"eventVersion":"1.0"`, 1), "missing eventSourceARN"},
		"another id":      {strings.Replace(record(`"data":""`), "shard:2", "shard:3", 1), "eventID"},
		"no shard":        {strings.Replace(record(`"data":""`), "shard:2", ":2", 1), "eventID"},
	} {
		log := logged.Text(t)
		r := &recorder{}
		answer, err := invoke(t, Kinesis{Stream: "s"}, r, batch(streamed("1", []byte("1")), test.bad, streamed("3", []byte("3"))))
		if want := `{"batchItemFailures":[{"itemIdentifier":"2"}]}`; err != nil || answer != want {
			t.Errorf("%s: answer %s, want %s, error %v", name, answer, want, err)
		}
		if len(r.events) != 1 {
			t.Errorf("%s: %d events, want the first", name, len(r.events))
		}
		for _, text := range []string{"decode Kinesis record 2: ", test.why} {
			if !strings.Contains(log.String(), text) {
				t.Errorf("%s: log does not hold %q:\n%s", name, text, log)
			}
		}
	}
}

// A record that the answer could not name fails the whole batch.
func TestStreamRecordWithoutSequenceNumber(t *testing.T) {
	for _, bad := range []string{`null`, `5`, `{}`, `{"kinesis":{"sequenceNumber":""},"dynamodb":{"SequenceNumber":""}}`, `{"kinesis":{"sequenceNumber":"1a"},"dynamodb":{"SequenceNumber":"1a"}}`} {
		for _, test := range []struct {
			source Source
			good   string
			want   string
		}{
			{Kinesis{Stream: "s"}, streamed("1", nil), "decode Kinesis record 2: missing sequenceNumber"},
			{DynamoDB{Collection: "c"}, changed("1", "REMOVE", ""), "decode DynamoDB record 2: missing SequenceNumber"},
		} {
			r := &recorder{}
			_, err := invoke(t, test.source, r, batch(test.good, bad))
			wantError(t, err, test.want)
			wantEvents(t, r)
		}
	}
}

// A mapping with a tumbling window takes no answer without a state for one.
func TestTumblingWindow(t *testing.T) {
	logged.Text(t)
	failing := &recorder{answer: func(e fn.Event) error { return errors.New("passing trouble") }}
	for _, test := range []struct {
		name    string
		source  Source
		r       *recorder
		payload string
		want    string
	}{
		{"done", Kinesis{Stream: "s"}, &recorder{}, string(fixture(t, "kinesis-time-window-event.json")), `{"batchItemFailures":[],"state":{}}`},
		{"failed", Kinesis{Stream: "s"}, failing, string(fixture(t, "kinesis-time-window-event.json")),
			`{"batchItemFailures":[{"itemIdentifier":"49590338271490256608559692538361571095921575989136588898"}],"state":{}}`},
		{"table", DynamoDB{Collection: "c", Keys: []string{"Id"}}, &recorder{}, string(fixture(t, "dynamodb-time-window-event.json")), `{"batchItemFailures":[],"state":{}}`},
		{"end of the window", Kinesis{Stream: "s"}, &recorder{}, `{"Records":[],"window":{"start":"2020-12-09T07:04:00Z"},"isFinalInvokeForWindow":true}`, `{"batchItemFailures":[],"state":{}}`},
		{"no window", Kinesis{Stream: "s"}, &recorder{}, string(fixture(t, "kinesis-event.json")), noFailures},
	} {
		answer, err := invoke(t, test.source, test.r, test.payload)
		if err != nil || answer != test.want {
			t.Errorf("%s: answer %s, want %s, error %v", test.name, answer, test.want, err)
		}
	}
}
