package aws

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/testkit/logged"
)

// changed is a record of a table's stream for the item with the id a; images
// are members that follow.
func changed(sequence, name, images string) string {
	if images != "" {
		images = "," + images
	}
	return fmt.Sprintf(`{"eventID":"e%s","eventName":%q,"eventSource":"aws:dynamodb","eventSourceARN":"arn:aws:dynamodb:eu-west-1:1:table/T/stream/2016-12-01T00:00:00.000",`+
		`"dynamodb":{"SequenceNumber":%q,"Keys":{"_id":{"S":"a"}}%s}}`, sequence, name, sequence, images)
}

// The real payload's events and a delivery, to the byte.
func TestDynamoDBRealPayload(t *testing.T) {
	r := &recorder{}
	answer, err := invoke(t, DynamoDB{Collection: "carts", Keys: []string{"key", "val"}}, r, string(fixture(t, "dynamodb-event.json")))
	if err != nil || answer != noFailures {
		t.Errorf("answer %s, error %v", answer, err)
	}
	const head = `{"specversion":"1.0","id":%q,"source":"arn:aws:dynamodb:us-east-1:123456789012:table/Example-Table",` +
		`"type":"dev.fngen.document.created.v1","datacontenttype":"application/json","subject":"carts/binary/data","time":"2016-12-02T01:27:00Z",` +
		`"partitionkey":"binary","data":{"collection":"carts","key":"binary/data","before":null,"after":%s,"partial":false}}`
	wantEvents(t, r,
		fmt.Sprintf(head, "f07f8ca4b0b26cb9c4e5e77e69f274ee", `{"asdf1":"AAEqQQ==","asdf2":["AAEqQQ==","QSoBAA=="]}`),
		fmt.Sprintf(head, "f07f8ca4b0b26cb9c4e5e77e42f274ee", `{"Binary":"AAEqQQ==","BinarySet":["AAEqQQ==","AAEqQQ=="],"Boolean":true,"EmptyStringSet":[],`+
			`"FloatNumber":123.45,"IntegerNumber":123,"List":["Cookies","Coffee",3.14159],"Map":{"Age":35,"Name":"Joe"},"Null":null,`+
			`"NumberSet":[567.8,1234],"String":"Hello","StringSet":["Giraffe","Zebra"],"asdf1":"AAEqQQ==","asdf2":["AAEqQQ==","AAEqQQ==","QSoBAA=="],"b2":"test"}`))
	want := fn.Delivery{Provider: "aws", Trigger: "document", NativeID: "1405400000000002063282832", Attributes: map[string]string{
		"eventID": "f07f8ca4b0b26cb9c4e5e77e69f274ee", "eventName": "INSERT", "awsRegion": "us-east-1",
		"streamViewType": "NEW_AND_OLD_IMAGES", "principalId": "dynamodb.amazonaws.com",
	}}
	if diff := cmp.Diff(want, r.deliveries[0], cmpopts.IgnoreUnexported(fn.Delivery{})); diff != "" {
		t.Errorf("delivery (-want +got):\n%s", diff)
	}
}

// What the three kinds of change look like with each set of images. Without
// before in the directive the events are the same whether the stream has the
// image or not.
func TestDynamoDBChanges(t *testing.T) {
	const (
		before = `"OldImage":{"_id":{"S":"a"},"n":{"N":"1"}}`
		after  = `"NewImage":{"_id":{"S":"a"},"n":{"N":"2"}}`
	)
	for _, test := range []struct {
		name, images string
		before       bool
		kind, want   string
	}{
		{"INSERT", after, true, "created", `"before":null,"after":{"n":2},"partial":false`},
		{"MODIFY", before + "," + after, true, "updated", `"before":{"n":1},"after":{"n":2},"partial":false`},
		{"MODIFY", after, true, "updated", `"before":null,"after":{"n":2},"partial":false`},
		{"REMOVE", before, true, "deleted", `"before":{"n":1},"after":null,"partial":false`},
		{"INSERT", `"NewImage":{"_id":{"S":"a"}}`, true, "created", `"before":null,"after":{},"partial":false`},
		{"MODIFY", "", true, "updated", `"before":null,"after":null,"partial":true`},
		{"REMOVE", `"OldImage":null`, true, "deleted", `"before":null,"after":null,"partial":true`},

		{"MODIFY", before + "," + after, false, "updated", `"before":null,"after":{"n":2},"partial":false`},
		{"MODIFY", "", false, "updated", `"before":null,"after":null,"partial":true`},
		{"REMOVE", before, false, "deleted", `"before":null,"after":null,"partial":false`},
		{"REMOVE", "", false, "deleted", `"before":null,"after":null,"partial":false`},
	} {
		r := &recorder{}
		if _, err := invoke(t, DynamoDB{Collection: "c", Before: test.before}, r, batch(changed("1", test.name, test.images))); err != nil {
			t.Fatal(err)
		}
		wantEvents(t, r, `{"specversion":"1.0","id":"e1","source":"arn:aws:dynamodb:eu-west-1:1:table/T","type":"dev.fngen.document.`+test.kind+
			`.v1","datacontenttype":"application/json","subject":"c/a","partitionkey":"a","data":{"collection":"c","key":"a",`+test.want+`}}`)
	}
}

// A key's values stand in the order of the declared names, each of them
// escaped, and whatever their type.
func TestDynamoDBKey(t *testing.T) {
	for _, test := range []struct {
		names              []string
		keys, key, partial string
	}{
		{[]string{"p", "s"}, `{"s":{"N":"-1.50"},"p":{"S":"a/b c"}}`, "a%2Fb%20c/-1.5", "a/b c"},
		{[]string{"p"}, `{"p":{"B":"+/8="}}`, "+%2F8=", "+/8="},
		{nil, `{"_id":{"S":"ü"}}`, "%C3%BC", "ü"},
	} {
		record := strings.Replace(changed("1", "REMOVE", ""), `{"_id":{"S":"a"}}`, test.keys, 1)
		r := &recorder{answer: func(e fn.Event) error {
			if got := e.Subject(); got != "c/"+test.key {
				t.Errorf("subject %s, want c/%s", got, test.key)
			}
			if got := e.Extensions()["partitionkey"]; got != test.partial {
				t.Errorf("partition key %s, want %s", got, test.partial)
			}
			return nil
		}}
		if answer, err := invoke(t, DynamoDB{Collection: "c", Keys: test.names}, r, batch(record)); err != nil || answer != noFailures {
			t.Errorf("answer %s, error %v", answer, err)
		}
	}
}

// A table whose keys are not the declared ones is no fault of the change, so
// that deadletter none gives nothing up; the error names the setting.
func TestDynamoDBOtherKeys(t *testing.T) {
	for _, names := range [][]string{nil, {"key"}, {"key", "val", "more"}, {"key", "id"}} {
		log := logged.Text(t)
		r := &recorder{}
		answer, err := invoke(t, DynamoDB{Collection: "carts", Keys: names, NoDeadLetter: true}, r, string(fixture(t, "dynamodb-event.json")))
		if want := `{"batchItemFailures":[{"itemIdentifier":"1405400000000002063282832"}]}`; err != nil || answer != want {
			t.Errorf("answer %s, want %s, error %v", answer, want, err)
		}
		wantEvents(t, r)
		if !strings.Contains(log.String(), "set resources.carts.aws.keys") || !strings.Contains(log.String(), `the received ones [\"key\" \"val\"]`) {
			t.Errorf("log:\n%s", log)
		}
	}
}

// What the directive does not ask for is acknowledged without a call.
func TestDynamoDBFilter(t *testing.T) {
	payload := batch(changed("1", "INSERT", ""), changed("2", "MODIFY", ""), changed("3", "REMOVE", ""))
	for _, test := range []struct {
		source DynamoDB
		want   int
	}{
		{DynamoDB{}, 3}, {DynamoDB{Created: true}, 1}, {DynamoDB{Updated: true, Deleted: true}, 2},
	} {
		test.source.Collection = "c"
		r := &recorder{}
		answer, err := invoke(t, test.source, r, payload)
		if err != nil || answer != noFailures || len(r.events) != test.want {
			t.Errorf("%+v: answer %s, %d events, error %v", test.source, answer, len(r.events), err)
		}
	}
}

// A record that does not decode is reported, and what comes before it is
// handled; what comes after waits for it.
func TestDynamoDBUndecodableRecord(t *testing.T) {
	bad := changed("2", "INSERT", `"NewImage":{"_id":{"S":"a"}}`)
	for name, test := range map[string]struct{ old, new, why string }{
		"another source":    {"aws:dynamodb", "aws:sqs", `eventSource is \"aws:sqs\"`},
		"another change":    {"INSERT", "TRUNCATE", `declared INSERT, MODIFY and REMOVE, received \"TRUNCATE\"`},
		"no id":             {"e2", "", "missing eventID"},
		"no table":          {"eventSourceARN", "eventSource2", "missing eventSourceARN"},
		"no keys":           {`"Keys"`, `"Key"`, "dynamodb.Keys: it is missing"},
		"an empty key":      {`"Keys":{"_id":{"S":"a"}}`, `"Keys":{"_id":{"S":""}}`, "dynamodb.Keys._id: no string"},
		"a key of no order": {`"Keys":{"_id":{"S":"a"}}`, `"Keys":{"_id":{"BOOL":true}}`, "dynamodb.Keys._id: no string"},
		"unknown type":      {`"NewImage":{"_id":{"S":"a"}}`, `"NewImage":{"a":{"L":[{"S":""},{"M":{"b":{"X":1}}}]}}`, `dynamodb.NewImage.a[1].b: the type \"X\" is not known`},
		"image of a list":   {`"NewImage":{"_id":{"S":"a"}}`, `"NewImage":[]`, "dynamodb.NewImage: expected {"},
		"no time":           {`"Keys":`, `"ApproximateCreationDateTime":1e300,"Keys":`, "ApproximateCreationDateTime"},
		"wrong type":        {`"Keys":`, `"StreamViewType":5,"Keys":`, "cannot unmarshal number"},
	} {
		record := strings.Replace(bad, test.old, test.new, 1)
		if record == bad {
			t.Fatalf("%s: nothing is bad", name)
		}
		log := logged.Text(t)
		r := &recorder{}
		answer, err := invoke(t, DynamoDB{Collection: "c", Deleted: true, Created: true}, r, batch(changed("1", "REMOVE", ""), record, changed("3", "REMOVE", "")))
		if want := `{"batchItemFailures":[{"itemIdentifier":"2"}]}`; err != nil || answer != want {
			t.Errorf("%s: answer %s, want %s, error %v", name, answer, want, err)
		}
		if len(r.events) != 1 {
			t.Errorf("%s: %d events, want the first", name, len(r.events))
		}
		for _, text := range []string{"decode DynamoDB record 2: ", test.why} {
			if !strings.Contains(log.String(), text) {
				t.Errorf("%s: log does not hold %q:\n%s", name, text, log)
			}
		}
	}
}
