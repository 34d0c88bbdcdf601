//go:build unix

package acceptance

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/fngen/fngen/internal/native"
	sender "github.com/fngen/fngen/internal/native/aws"
	"github.com/fngen/fngen/internal/testkit/moto"
	"github.com/fngen/fngen/internal/testkit/tool"
)

// The ledger's artifacts keep entries in a table, and what its stream has of them
// is announced on the topic: each entry that was booked and, however many reversed
// it at once, one change more.
func TestAWSLedger(t *testing.T) {
	a := ledgerApp(t)
	tool.Path(t, "aws")
	c := &cloud{t: t, moto: moto.Start(t), urls: map[string]string{}}
	c.aws("dynamodb", "create-table", "--table-name", "acme-entries", "--billing-mode", "PAY_PER_REQUEST", "--key-schema", "AttributeName=_id,KeyType=HASH",
		"--attribute-definitions", "AttributeName=_id,AttributeType=S", "--stream-specification", "StreamEnabled=true,StreamViewType=NEW_AND_OLD_IMAGES")
	for _, queue := range []string{"topic", "letters"} {
		c.urls[queue] = c.aws("sqs", "create-queue", "--queue-name", queue, "--query", "QueueUrl", "--output", "text")
	}
	topic := c.aws("sns", "create-topic", "--name", "bookings", "--query", "TopicArn", "--output", "text")
	c.aws("sns", "subscribe", "--topic-arn", topic, "--protocol", "sqs", "--notification-endpoint", "arn:aws:sqs:eu-west-1:123456789012:topic", "--attributes", "RawMessageDelivery=true")
	c.env = []string{
		"AWS_ENDPOINT_URL=" + c.moto, "AWS_ACCESS_KEY_ID=AKID", "AWS_SECRET_ACCESS_KEY=SECRET",
		"FNGEN_USE_ENTRIES=acme-entries", "FNGEN_SINK_BOOKINGS=" + topic, "FNGEN_SINK_ANNOUNCE_DEAD_LETTERS=" + c.urls["letters"],
	}
	serves := func(function string) func(target, body string) (int, string) {
		f := startBootstrap(t, a, function, c.env...)
		return func(target, body string) (int, string) {
			payload := requested(t, sender.Platform{}, target, body)
			return clientGets(t, sender.Platform{}, payload, native.Answer{Body: []byte(f.invoke(string(payload.Body), patience))})
		}
	}
	book := serves("book")
	l := ledger{
		book: func(body string) (int, string) { return book("/entries", body) },
		stored: func(id string) string {
			var item struct {
				Item map[string]map[string]json.RawMessage
			}
			c.dynamodb("GetItem", fmt.Sprintf(`{"TableName":"acme-entries","Key":{"_id":{"S":%q}}}`, id), &item)
			fields := map[string]json.RawMessage{}
			for name, value := range item.Item {
				for kind, v := range value {
					var number json.Number
					if kind == "N" && json.Unmarshal(v, &number) == nil {
						v = json.RawMessage(number)
					}
					fields[name] = v
				}
			}
			delete(fields, "_id")
			delete(fields, "_rev")
			return encode(t, fields)
		},
	}
	for i := range l.reverse {
		reverse := serves("reverse")
		l.reverse[i] = func(id string) int {
			status, _ := reverse("/entries/"+id+"/reversal", "")
			return status
		}
	}
	l.run(t)

	announce := startBootstrap(t, a, "announce", c.env...)
	if answer := announce.invoke(c.changes("acme-entries"), patience); answer != `{"batchItemFailures":[]}` {
		t.Fatalf("answer %s", answer)
	}
	var got []json.RawMessage
	for _, e := range c.receive("topic") {
		if e.Type != "com.example.entry" {
			t.Errorf("announced %+v", e)
		}
		got = append(got, e.Data)
	}
	announced(t, got, append(ledgerEntries(false), ledgerEntries(true)...)...)
}

// dynamodb makes a call as the aws command does, which takes a second to start.
// moto does not look at the signature.
func (c *cloud) dynamodb(operation, request string, into any) {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, c.moto, strings.NewReader(request))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/dynamodb/aws4_request, SignedHeaders=host, Signature=none")
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("X-Amz-Target", "DynamoDB_20120810."+operation)
	response, err := direct.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(into); err != nil || response.StatusCode != http.StatusOK {
		c.t.Fatalf("%s: %s, %v", operation, response.Status, err)
	}
}

// changes returns all that the table's stream has, as Lambda gets it.
func (c *cloud) changes(table string) string {
	c.t.Helper()
	arn := c.aws("dynamodb", "describe-table", "--table-name", table, "--query", "Table.LatestStreamArn", "--output", "text")
	shard := c.aws("dynamodbstreams", "describe-stream", "--stream-arn", arn, "--query", "StreamDescription.Shards[0].ShardId", "--output", "text")
	iterator := c.aws("dynamodbstreams", "get-shard-iterator", "--stream-arn", arn, "--shard-id", shard, "--shard-iterator-type", "TRIM_HORIZON", "--query", "ShardIterator", "--output", "text")
	var stream struct{ Records []map[string]any }
	text := c.aws("dynamodbstreams", "get-records", "--shard-iterator", iterator)
	if err := json.Unmarshal([]byte(text), &stream); err != nil {
		c.t.Fatalf("%s: %v", text, err)
	}
	for _, record := range stream.Records {
		record["eventSourceARN"], record["eventSource"] = arn, "aws:dynamodb"
		record["dynamodb"].(map[string]any)["ApproximateCreationDateTime"] = 1_767_323_045 // which the client shows as text
	}
	return encode(c.t, stream)
}
