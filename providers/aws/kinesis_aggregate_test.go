package aws

import (
	"crypto/md5"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/testkit/logged"
)

// field is a length-delimited field of a protocol buffer message.
func field(number int, value string) string {
	b := binary.AppendUvarint(nil, uint64(number)<<3|2)
	return string(binary.AppendUvarint(b, uint64(len(value)))) + value
}

// user is a user record of an aggregate, with the index of its partition key.
func user(key byte, data string) string {
	return field(3, "\x08"+string(key)+field(3, data))
}

// aggregate frames the message as the Kinesis Producer Library does.
func aggregate(message string) []byte {
	sum := md5.Sum([]byte(message))
	return []byte("\xf3\x89\x9a\xc2" + message + string(sum[:]))
}

// An aggregate is split: its records have ids and partition keys of their own,
// and the sequence number that they share.
func TestAggregate(t *testing.T) {
	message := field(1, "customer 7") + field(1, "customer 8") + field(2, "340282366920938463463374607431768211455") +
		user(1, `{"n":1}`) + field(3, "\x08\x00\x10\x00"+field(3, `{"n":2}`)+field(4, field(1, "tag"))) + user(1, "")
	r := &recorder{}
	answer, err := invoke(t, Kinesis{Stream: "clicks"}, r, batch(streamed("7", aggregate(message)), streamed("8", []byte("3"))))
	if err != nil || answer != noFailures {
		t.Errorf("answer %s, error %v", answer, err)
	}
	want := func(id, key, sequence, data string) string {
		return fmt.Sprintf(`{"specversion":"1.0","id":"shardId-000000000000:%s","source":"arn:aws:kinesis:eu-west-1:1:stream/s#shardId-000000000000",`+
			`"type":"dev.fngen.record.received.v1","datacontenttype":"application/json","subject":"clicks","partitionkey":%q,`+
			`"sequence":"0000000000000000000000000000000000000000000000000000000%s"%s}`, id, key, sequence, data)
	}
	wantEvents(t, r,
		want("7:0", "customer 8", "7", `,"data":{"n":1}`),
		want("7:1", "customer 7", "7", `,"data":{"n":2}`),
		want("7:2", "customer 8", "7", ""),
		want("8", "k", "8", `,"data":3`))
}

// The stream knows aggregates only: whichever of its records fails, the
// aggregate comes again, and with it what comes after.
func TestAggregateFails(t *testing.T) {
	logged.Text(t)
	payload := batch(streamed("9", []byte("1")), streamed("10", aggregate(field(1, "k")+user(0, "2")+user(0, "3")+user(0, "4"))), streamed("11", []byte("5")))
	r := &recorder{answer: func(e fn.Event) error {
		if string(e.Data()) == "3" {
			return errors.New("passing trouble")
		}
		return nil
	}}
	answer, err := invoke(t, Kinesis{Stream: "s"}, r, payload)
	if want := `{"batchItemFailures":[{"itemIdentifier":"10"}]}`; err != nil || answer != want {
		t.Errorf("answer %s, want %s, error %v", answer, want, err)
	}
	if len(r.events) != 3 {
		t.Errorf("%d events handled, want those up to the failure", len(r.events))
	}
}

// Data is an aggregate only if its checksum says so; anything else is data.
func TestNotAnAggregate(t *testing.T) {
	whole := aggregate(field(1, "k") + user(0, "1"))
	damaged := append([]byte(nil), whole...)
	damaged[5] ^= 1
	for name, data := range map[string][]byte{
		"checksum": damaged, "magic": append([]byte("\xf3\x89\x9a\xc3"), whole[4:]...), "cut off": whole[:len(whole)-1],
		"magic alone": whole[:4], "too short": whole[:19],
	} {
		var got []byte
		r := &recorder{answer: func(e fn.Event) error { got = e.Data(); return nil }}
		if _, err := invoke(t, Kinesis{Stream: "s"}, r, batch(streamed("1", data))); err != nil {
			t.Fatal(err)
		}
		if len(r.events) != 1 || string(got) != string(data) {
			t.Errorf("%s: %d events, data %x", name, len(r.events), got)
		}
	}
}

// An aggregate that is broken in spite of its checksum fails as a whole, and
// each limit has an error of its own.
func TestBrokenAggregate(t *testing.T) {
	for name, test := range map[string]struct{ message, why string }{
		"key beyond the table":  {field(1, "k") + user(1, "1"), "user record 0: partition key 1 of 1"},
		"no table":              {user(0, "1"), "user record 0: partition key 0 of 0"},
		"no key":                {field(3, field(3, "1")), "user record 0: missing partition key"},
		"no data":               {field(3, "\x08\x00"), "user record 0: missing data"},
		"a record that is none": {"\x18\x01", "user record 0: not a message"},
		"a key that is none":    {"\x08\x01", "a partition key is not a string"},
		"cut off in a tag":      {"\x80", "the message is cut off"},
		"cut off in a length":   {"\x0a", "the message is cut off"},
		"cut off in a field":    {"\x0a\x02k", "the message is cut off"},
		"length beyond 64 bits": {"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "the message is cut off"},
		"field 0":               {"\x02\x00", "there is no field 0"},
		"fixed width":           {"\x0d\x00\x00\x00\x00", "field 1 has wire type 5"},
		"too many keys":         {strings.Repeat(field(1, ""), maxUserRecords+1), "it has more than 20000 partition keys"},
		"too many records":      {field(1, "") + strings.Repeat(user(0, ""), maxUserRecords+1), "it has more than 20000 user records"},
	} {
		log := logged.Text(t)
		r := &recorder{}
		answer, err := invoke(t, Kinesis{Stream: "s"}, r, batch(streamed("1", aggregate(test.message))))
		if want := `{"batchItemFailures":[{"itemIdentifier":"1"}]}`; err != nil || answer != want {
			t.Errorf("%s: answer %s, want %s, error %v", name, answer, want, err)
		}
		wantEvents(t, r)
		if text := "decode Kinesis record 1: aggregate: " + test.why; !strings.Contains(log.String(), text) {
			t.Errorf("%s: log does not hold %q:\n%s", name, text, log)
		}
	}
}

// A batch that grows too large by splitting is cut off in front of the
// aggregate that is too much, which comes again, also with deadletter none; the
// next batch has room for it.
func TestBatchOfAggregates(t *testing.T) {
	logged.Text(t)
	large := aggregate(field(1, "k") + strings.Repeat(user(0, ""), maxUserRecords-1))
	handled := 0
	r := &recorder{answer: func(fn.Event) error { handled++; return nil }}
	answer, err := invoke(t, Kinesis{Stream: "s", NoDeadLetter: true}, r, batch(streamed("1", large), streamed("2", []byte("2")), streamed("3", large)))
	if want := `{"batchItemFailures":[{"itemIdentifier":"3"}]}`; err != nil || answer != want {
		t.Errorf("answer %s, want %s, error %v", answer, want, err)
	}
	if handled != maxUserRecords {
		t.Errorf("%d handled, want %d", handled, maxUserRecords)
	}
}

// An aggregate of nothing holds up nothing.
func TestEmptyAggregate(t *testing.T) {
	r := &recorder{}
	answer, err := invoke(t, Kinesis{Stream: "s"}, r, batch(streamed("1", aggregate("")), streamed("2", []byte("2"))))
	if err != nil || answer != noFailures || len(r.events) != 1 {
		t.Errorf("answer %s, %d events, error %v", answer, len(r.events), err)
	}
}
