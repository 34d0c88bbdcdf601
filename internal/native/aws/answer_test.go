package aws_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fngen/fngen/internal/native"
	"github.com/fngen/fngen/internal/native/aws"
)

// An answer says what becomes of each record, as Lambda reads it; one that
// Lambda would take for the failure of the batch is an error.
func TestResults(t *testing.T) {
	three := []native.Entry{{ID: "a"}, {ID: "b"}, {ID: "c"}}
	for _, c := range []struct{ kind, answer, failure, want string }{
		{"queue", `{"batchItemFailures":[]}`, "", "acknowledged acknowledged acknowledged"},
		{"queue", `{"batchItemFailures":[{"itemIdentifier":"b"}]}`, "", "acknowledged redelivered acknowledged"},
		{"queue", "", "out of memory", "redelivered redelivered redelivered"},
		{"queue", `{"batchItemFailures":[{"itemIdentifier":"x"}]}`, "", `"x" is not in the batch`},
		{"queue", `{"batchItemFailures":[{"itemIdentifier":"b"},{"itemIdentifier":"b"}]}`, "", `"b" is not in the batch, or is there twice`},
		{"queue", `{}`, "", "has no list of failures"},
		{"queue", `null`, "", "has no list of failures"},
		{"queue", `[`, "", "read the answer"},
		{"stream", `{"batchItemFailures":[{"itemIdentifier":"b"}]}`, "", "acknowledged redelivered redelivered"},
		{"document", `{"batchItemFailures":[{"itemIdentifier":"a"},{"itemIdentifier":"b"}]}`, "", "or is there twice"},
		{"document", `{"batchItemFailures":[{"itemIdentifier":"b"},{"itemIdentifier":"a"}]}`, "", "more than the lowest sequence number"},
		{"topic", "null", "", "acknowledged acknowledged acknowledged"},
		{"topic", "null", "no", "redelivered redelivered redelivered"},
		{"topic", "{}", "", "{} is not null"},
		{"http", "{}", "", "acknowledged acknowledged acknowledged"},
	} {
		results, err := aws.Platform{}.Results(native.Payload{Kind: c.kind, Entries: three}, native.Answer{Body: []byte(c.answer), Error: c.failure})
		var fates []string
		for _, r := range results {
			fates = append(fates, r.Fate.String())
		}
		if got := strings.Join(fates, " ") + fmt.Sprint(err); !strings.Contains(got, c.want) {
			t.Errorf("%s %s %s: %s, want %s", c.kind, c.answer, c.failure, got, c.want)
		}
	}
}

// A client gets the status, the headers with all their values, and the body's
// bytes; a gateway says 502 of a function that failed.
func TestResponse(t *testing.T) {
	r, err := aws.Platform{}.Response(native.Payload{}, native.Answer{Body: []byte(
		`{"statusCode":201,"headers":{"a":"1"},"multiValueHeaders":{"b":["2","3"]},"cookies":["c=4","d=5"],"body":"AP8=","isBase64Encoded":true}`)})
	if err != nil || r.Status != 201 || fmt.Sprint(r.Header) != "map[A:[1] B:[2 3] Set-Cookie:[c=4 d=5]]" || string(r.Body) != "\x00\xff" {
		t.Errorf("%+v, %v", r, err)
	}
	if r, err := (aws.Platform{}).Response(native.Payload{}, native.Answer{Error: "no"}); err != nil || r.Status != 502 {
		t.Errorf("%+v, %v", r, err)
	}
	for _, wrong := range []string{"{}", "[", `{"statusCode":200,"body":"%","isBase64Encoded":true}`} {
		if _, err := (aws.Platform{}).Response(native.Payload{}, native.Answer{Body: []byte(wrong)}); err == nil {
			t.Errorf("%s is accepted", wrong)
		}
	}
}

// A table's item has one attribute of a name: what a document has under the
// key's is the key.
func TestKeyField(t *testing.T) {
	encode := func(field native.Value) (string, error) {
		payloads, err := aws.Platform{}.Encode(native.Trigger{Kind: "document", Name: "orders"}, native.Invocation{},
			native.Delivery{Occurrence: native.Change{Key: []string{"7"}, After: native.Map{"_id": field}}})
		if err != nil {
			return "", err
		}
		return string(payloads[0].Body), nil
	}
	if got, err := encode("7"); err != nil || !strings.Contains(got, `"NewImage":{"_id":{"S":"7"}}`) {
		t.Errorf("%s, %v", got, err)
	}
	if got, err := encode(native.Number("7")); err == nil {
		t.Errorf("another value than the key's is accepted: %s", got)
	}
}
