package aws_test

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fngen/fngen/internal/native"
	"github.com/fngen/fngen/internal/native/aws"
	"github.com/fngen/fngen/internal/testkit/members"
)

const library = "a field of aws-lambda-go's, which S3 does not send"

// Whatever member a recorded payload of a source has, the encoder's has too, of
// the same type. The recorded payloads are those of aws-lambda-go.
func TestRecorded(t *testing.T) {
	dir := recordings(t)
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	request := native.Request{
		Method: "POST", Target: "/hello/world?name=me&name=you",
		Header: http.Header{
			"Accept": {"*/*"}, "Accept-Encoding": {"gzip"}, "Connection": {"keep-alive"}, "Content-Type": {"application/json"},
			"Cookie": {"a=1; b=2"}, "User-Agent": {"curl"},
		},
		Body: []byte(`{"a":1}`),
	}
	headers := []string{"headers", "multiValueHeaders", "queryStringParameters", "multiValueQueryStringParameters", "pathParameters", "stageVariables", "requestContext.authorizer"}
	for file, c := range map[string]struct {
		trigger    string
		envelope   string
		occurrence native.Occurrence
		open       []string
		exempt     map[string]string
	}{
		"sqs-event.json": {"queue", "", native.Message{Body: []byte("1"), ContentType: "text/plain"},
			[]string{"Records[].messageAttributes"},
			map[string]string{
				"Records[].messageAttributes.*.binaryValue":        "fngen's senders have no binary attributes",
				"Records[].messageAttributes.*.binaryListValues[]": "reserved by SQS, always empty",
				"Records[].messageAttributes.*.stringListValues[]": "reserved by SQS, always empty",
			}},
		"sns-event.json": {"topic", "", native.Message{Body: []byte("1"), ContentType: "text/plain"},
			[]string{"Records[].Sns.MessageAttributes"},
			map[string]string{"Records[].Sns.Subject": "null, since fngen's sinks set none"}},
		"s3-event.json":              {"object", "", native.Object{Key: "a b.png", Size: 1}, nil, nil},
		"s3-event-with-decoded.json": {"object", "", native.Object{Key: "a b.png", Size: 1}, nil, map[string]string{"Records[].s3.object.urlDecodedKey": library}},
		"s3-lifecycle-event.json":    {"object", "", native.Object{Key: "a.png", Other: true}, nil, map[string]string{"Records[].s3.object.urlDecodedKey": library}},
		"kinesis-event.json":         {"stream", "", native.Record{Data: []byte("1"), Key: "k"}, nil, nil},
		"dynamodb-event.json": {"document", "", native.Change{Key: []string{"7"}, After: native.Map{"v": native.Number("1")}},
			[]string{"Records[].dynamodb.Keys", "Records[].dynamodb.NewImage"},
			map[string]string{
				"Records[].userIdentity":        "of deletions by time to live alone",
				"Records[].dynamodb.NewImage.*": "the values are the user's",
			}},
		"autoscaling-event-launch-successful.json": {"event", "", native.Event{Attributes: map[string]string{"type": "t", "source": "s", "id": "1", "specversion": "1.0"}},
			[]string{"detail"}, map[string]string{"detail.*": "the publisher's", "resources[]": "the publisher's"}},
		"lambda-urls-request.json": {"http", aws.FunctionURL, request, headers,
			map[string]string{"requestContext.authorizer": "of signed requests alone"}},
		"apigw-v2-request-no-authorizer.json": {"http", aws.HTTPAPI, request, headers,
			map[string]string{"requestContext.authentication": "of clients with a certificate alone"}},
		"apigw-request.json": {"http", aws.RESTAPI, request, headers, map[string]string{
			"requestContext.authorizer": "of authorizers alone",
			"requestContext.identity":   "null, but for the address and the agent, without IAM and Cognito",
			"stageVariables":            "of stages that have some",
		}},
		"alb-lambda-target-request-headers-only.json":       {"http", aws.LoadBalancer, request, headers, nil},
		"alb-lambda-target-request-multivalue-headers.json": {"http", aws.LoadBalancerValues, request, headers, nil},
	} {
		t.Run(file, func(t *testing.T) {
			recorded, err := os.ReadFile(filepath.Join(dir, file))
			if err != nil {
				t.Fatal(err)
			}
			payloads, err := aws.Platform{}.Encode(native.Trigger{Kind: c.trigger, Name: "orders"},
				native.Invocation{Envelope: c.envelope}, native.Delivery{Occurrence: c.occurrence, Number: 1, Time: at})
			if err != nil {
				t.Fatal(err)
			}
			missing, err := members.Missing(recorded, payloads[0].Body, c.open, c.exempt)
			if err != nil || len(missing) > 0 {
				t.Errorf("missing %s, %v, in\n%s", strings.Join(missing, ", "), err, payloads[0].Body)
			}
		})
	}
}

// recordings returns the folder of aws-lambda-go's payloads.
func recordings(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/aws/aws-lambda-go").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	return filepath.Join(strings.TrimSpace(string(out)), "events", "testdata")
}
