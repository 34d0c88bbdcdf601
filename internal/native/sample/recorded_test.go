package sample

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fngen/fngen/internal/native"
	"github.com/fngen/fngen/internal/native/aws"
	"github.com/fngen/fngen/internal/native/gcp"
	"github.com/fngen/fngen/internal/native/openwhisk"
	"github.com/fngen/fngen/internal/testkit/members"
)

// A sample has each field that the vendors' recorded payloads have, in the
// envelope that fngen's infrastructure sets up, but for what senders and clients
// choose to send and what is of users' own settings.
func TestRecorded(t *testing.T) {
	const sender, client, setting, values = "a sample's sender sends none", "a sample's client sends none", "of other settings than fngen's", "the values are the user's"
	library, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/aws/aws-lambda-go").Output()
	if err != nil {
		t.Fatal(err)
	}
	const repo = "../../../providers"
	for _, c := range []struct {
		platform native.Platform
		file     string
		trigger  native.Trigger
		open     []string
		exempt   map[string]string
	}{
		{aws.Platform{}, "sqs-event.json", native.Trigger{Kind: "queue", Name: "orders"}, []string{"Records[].messageAttributes"},
			map[string]string{"Records[].messageAttributes.*": sender, "Records[].md5OfMessageAttributes": sender}},
		{aws.Platform{}, "sns-event.json", native.Trigger{Kind: "topic", Name: "prices"}, []string{"Records[].Sns.MessageAttributes"},
			map[string]string{"Records[].Sns.MessageAttributes.*": sender, "Records[].Sns.Subject": sender}},
		{aws.Platform{}, "s3-event.json", native.Trigger{Kind: "object", Name: "uploads", Created: true}, nil, nil},
		{aws.Platform{}, "kinesis-event.json", native.Trigger{Kind: "stream", Name: "clicks"}, nil, nil},
		{aws.Platform{}, "dynamodb-event.json", native.Trigger{Kind: "document", Name: "orders", Created: true},
			[]string{"Records[].dynamodb.Keys", "Records[].dynamodb.NewImage"},
			map[string]string{"Records[].userIdentity": "of deletions by time to live alone", "Records[].dynamodb.NewImage.*": values}},
		{aws.Platform{}, "autoscaling-event-launch-successful.json", native.Trigger{Kind: "event", Name: "com.example.placed"}, []string{"detail"},
			map[string]string{"detail.*": values, "resources[]": values}},
		{aws.Platform{}, "lambda-urls-request.json", native.Trigger{Kind: "http", Path: "/orders"},
			[]string{"headers", "queryStringParameters"},
			map[string]string{"cookies": client, "queryStringParameters": client, "body": client, "requestContext.authorizer": "of signed requests alone"}},
		{gcp.Platform{Token: "token"}, "pubsub_push.http", native.Trigger{Kind: "queue", Name: "orders", FIFO: true}, []string{"message.attributes"}, map[string]string{"message.attributes.*": sender}},
		{gcp.Platform{Token: "token"}, "pubsub_attributes.http", native.Trigger{Kind: "topic", Name: "prices"}, []string{"message.attributes"}, map[string]string{"message.attributes.*": sender}},
		{gcp.Platform{Token: "token"}, "storage_finalized.http", native.Trigger{Kind: "object", Name: "uploads", Created: true}, nil,
			map[string]string{"Ce-Datacontenttype": "not sent beside Content-Type: Google's samples differ"}},
		{gcp.Platform{Token: "token"}, "storage_deleted.http", native.Trigger{Kind: "object", Name: "uploads", Deleted: true}, nil, nil},
		{gcp.Platform{Token: "token"}, "event_binary.http", native.Trigger{Kind: "event", Name: "com.example.placed"}, nil,
			map[string]string{"Ce-Comexampleextension1": sender, "number": values}},
		{openwhisk.Platform{}, "openwhisk/testdata/couchdb_change.json", native.Trigger{Kind: "document", Name: "orders", Updated: true}, nil, nil},
		{openwhisk.Platform{}, "openwhisk/testdata/kafka_batch.json", native.Trigger{Kind: "stream", Name: "clicks"}, nil,
			map[string]string{"messages[].key": sender, "messages[].value": "a tombstone, which no record is"}},
		{openwhisk.Platform{}, "openwhisk/web/testdata/post.json", native.Trigger{Kind: "http", Methods: []string{"POST"}, Path: "/orders"}, nil,
			map[string]string{
				"DB_PASSWORD": setting, "__ow_headers.accept-encoding": client, "__ow_headers.authorization": client, "__ow_headers.cookie": client,
				"__ow_headers.x-anything": client, "__ow_headers.x-forwarded-access-token": client, "__ow_headers.x-hub-signature": client, "__ow_headers.x-require-whisk-auth": client,
			}},
	} {
		t.Run(c.file, func(t *testing.T) {
			o, err := Of(c.trigger, at, nil)
			if err != nil {
				t.Fatal(err)
			}
			payloads, err := c.platform.Encode(c.trigger, native.Invocation{}, native.Delivery{Occurrence: o, Number: 1, Time: at})
			if err != nil {
				t.Fatal(err)
			}
			dir := repo
			switch c.platform.Name() {
			case "aws":
				dir = filepath.Join(strings.TrimSpace(string(library)), "events", "testdata")
			case "gcp":
				dir = filepath.Join(repo, "gcp", "testdata")
			}
			recorded, err := os.ReadFile(filepath.Join(dir, c.file))
			if err != nil {
				t.Fatal(err)
			}
			encoded := payloads[0].Body
			exempt := map[string]string{}
			for name, why := range c.exempt {
				exempt[name] = why
			}
			switch c.platform.Name() {
			case "gcp":
				head, body, _ := bytes.Cut(recorded, []byte("\n\n"))
				for line := range strings.Lines(string(head)) {
					name, _, _ := strings.Cut(line, ":")
					name = http.CanonicalHeaderKey(name)
					if payloads[0].Header.Get(name) == "" && exempt[name] == "" {
						t.Errorf("no header %s", name)
					}
					delete(exempt, name)
				}
				recorded = body
			case "openwhisk":
				var line struct{ Value json.RawMessage }
				if err := json.Unmarshal(encoded, &line); err != nil {
					t.Fatal(err)
				}
				encoded = line.Value
			}
			missing, err := members.Missing(recorded, encoded, c.open, exempt)
			if err != nil || len(missing) > 0 {
				t.Errorf("missing %s, %v, in\n%s", strings.Join(missing, ", "), err, encoded)
			}
		})
	}
}
