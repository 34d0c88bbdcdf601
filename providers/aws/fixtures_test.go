package aws

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fixtureSources are the sources that a fixture of the table goes through, with
// what each is called in a mismatch.
var fixtureSources = []struct {
	kind     string
	source   Source
	declared string
}{
	{"sqs", SQS{Queue: "orders"}, `declared SQS queue "orders"`},
	{"sns", SNS{Topic: "news"}, `declared SNS topic "news"`},
	{"s3", S3{Bucket: "uploads"}, `declared S3 bucket "uploads"`},
	{"dynamodb", DynamoDB{Collection: "carts", Keys: []string{"key", "val"}}, `declared DynamoDB table "carts"`},
	{"dynamodb by Id", DynamoDB{Collection: "carts", Keys: []string{"Id"}}, `declared DynamoDB table "carts"`},
	{"kinesis", Kinesis{Stream: "clicks"}, `declared Kinesis stream "clicks"`},
	{"eventbridge", EventBridge{}, `declared EventBridge event ""`},
	{"scheduler", Scheduler{Name: "nightly"}, `declared schedule "nightly"`},
}

// A real payload of aws-lambda-go becomes what stands here: a line for each
// record, with the event's type and subject or the error that names the record.
// A file that is not here belongs to a service that feeds no source.
var fixtureTable = map[string]struct {
	kind string
	want string
}{
	"sqs-event.json": {"sqs", "dev.fngen.message.received.v1 orders"},
	"sns-event.json": {"sns", "dev.fngen.message.received.v1 news"},
	"cloudwatch-alarm-sns-payload-multiple-metrics.json": {"sns", "dev.fngen.message.received.v1 news"},
	"cloudwatch-alarm-sns-payload-single-metric.json":    {"sns", "dev.fngen.message.received.v1 news"},

	"s3-event.json":              {"s3", "dev.fngen.object.created.v1 Happy Face.jpg"},
	"s3-event-with-decoded.json": {"s3", "dev.fngen.object.created.v1 Happy Face.jpg"},
	"s3-glacier-event.json":      {"s3", `decode S3 record 1: declared ObjectCreated, ObjectRemoved and LifecycleExpiration, received "s3:ObjectRestore:Completed"`},
	"s3-restore-event.json":      {"s3", `decode S3 record 1: declared ObjectCreated, ObjectRemoved and LifecycleExpiration, received "s3:ObjectRestore:Completed"`},
	"s3-lifecycle-event.json":    {"s3", `decode S3 record 1: declared ObjectCreated, ObjectRemoved and LifecycleExpiration, received "s3:LifecycleTransition"`},
	"s3-intelligenttier-event.json": {"s3",
		`decode S3 record 1: declared ObjectCreated, ObjectRemoved and LifecycleExpiration, received "s3:IntelligentTiering:TransitionAccess"`},
	"s3-replication-event.json": {"s3",
		`decode S3 record 1: declared ObjectCreated, ObjectRemoved and LifecycleExpiration, received "s3:Replication:OperationFailedReplication"`},

	"dynamodb-event.json": {"dynamodb", "dev.fngen.document.created.v1 carts/binary/data\ndev.fngen.document.created.v1 carts/binary/data"},
	"dynamodb-time-window-event.json": {"dynamodb by Id",
		"dev.fngen.document.created.v1 carts/101\ndev.fngen.document.updated.v1 carts/101\ndev.fngen.document.deleted.v1 carts/101"},
	"dynamodb-event-malformed.2.json": {"dynamodb", `decode records of DynamoDB table "carts": unexpected end of JSON input`},

	"kinesis-event.json":             {"kinesis", "dev.fngen.record.received.v1 clicks\ndev.fngen.record.received.v1 clicks"},
	"kinesis-time-window-event.json": {"kinesis", "dev.fngen.record.received.v1 clicks"},

	"autoscaling-event-launch-successful.json":      {"eventbridge", "EC2 Instance Launch Successful auto-scaling-group-arn"},
	"autoscaling-event-launch-unsuccessful.json":    {"eventbridge", "EC2 Instance Launch Unsuccessful auto-scaling-group-arn"},
	"autoscaling-event-lifecycle-action.json":       {"eventbridge", "EC2 Instance-launch Lifecycle Action auto-scaling-group-arn"},
	"autoscaling-event-terminate-action.json":       {"eventbridge", "EC2 Instance-terminate Lifecycle Action auto-scaling-group-arn"},
	"autoscaling-event-terminate-successful.json":   {"eventbridge", "EC2 Instance Terminate Successful auto-scaling-group-arn"},
	"autoscaling-event-terminate-unsuccessful.json": {"eventbridge", "EC2 Instance Terminate Unsuccessful auto-scaling-group-arn"},
	"codebuild-phase-change.json": {"eventbridge",
		"CodeBuild Build Phase Change arn:aws:codebuild:us-west-2:123456789012:build/my-sample-project:8745a7a9-c340-456a-9166-edf953571bEX"},
	"codebuild-state-change.json": {"eventbridge",
		"CodeBuild Build State Change arn:aws:codebuild:us-west-2:123456789012:build/my-sample-project:8745a7a9-c340-456a-9166-edf953571bEX"},
	"codedeploy-deployment-event.json": {"eventbridge",
		"CodeDeploy Deployment State-change Notification arn:aws:codedeploy:us-east-1:123456789012:application:myApplication"},
	"codedeploy-instance-event.json": {"eventbridge",
		"CodeDeploy Instance State-change Notification arn:aws:ec2:us-east-1:123456789012:instance/i-0000000aaaaaaaaaa"},
	"codepipeline-action-execution-stage-change-event.json": {"eventbridge",
		"CodePipeline Action Execution State Change arn:aws:codepipeline:us-east-1:123456789012:pipeline:myPipeline"},
	"codepipeline-execution-stage-change-event.json": {"eventbridge",
		"CodePipeline Stage Execution State Change arn:aws:codepipeline:us-east-1:123456789012:pipeline:myPipeline"},
	"codepipeline-execution-state-change-event.json": {"eventbridge",
		"CodePipeline Pipeline Execution State Change arn:aws:codepipeline:us-east-1:123456789012:pipeline:myPipeline"},
	"ecr-image-push-event.json": {"eventbridge", "ECR Image Action "},
	"ecr-image-scan-event.json": {"eventbridge", "ECR Image Scan arn:aws:ecr:eu-north-1:123456789012:repository/tribble-image-scan-test"},
	"ecs-container-instance-state-change.json": {"eventbridge",
		"ECS Container Instance State Change arn:aws:ecs:us-east-1:111122223333:container-instance/b54a2a04-046f-4331-9d74-3f6d7f6ca315"},

	"alb-lambda-target-request-headers-only.json":       {"http", "GET /?key=hello"},
	"alb-lambda-target-request-multivalue-headers.json": {"http", "GET /?key=hello"},
	"apigw-request.json":                                {"http", "POST /hello/world?name=me"},
	"apigw-restapi-openapi-request.json":                {"http", "POST /hello/world?name=me"},
	"apigw-v2-request-iam.json":                         {"http", "GET /my/path?parameter1=value1&parameter1=value2&parameter2=value"},
	"apigw-v2-request-jwt-authorizer.json":              {"http", "GET /my/path?parameter1=value1&parameter1=value2&parameter2=value"},
	"apigw-v2-request-lambda-authorizer.json":           {"http", "GET /my/path?parameter1=value1&parameter1=value2&parameter2=value"},
	"apigw-v2-request-no-authorizer.json":               {"http", "GET /"},
	"lambda-urls-request.json":                          {"http", "POST /my/path?parameter1=value1&parameter1=value2&parameter2=value"},
}

// Every payload file of aws-lambda-go goes through every source: through its
// own it is what the table says, and through any other an error that says what
// was declared. No handler ever sees a payload of another source.
func TestEveryFixture(t *testing.T) {
	dir, err := payloads()
	if err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, file := range files {
		name := file.Name()
		found[name] = true
		expected := fixtureTable[name]
		for _, s := range fixtureSources {
			got := decoded(s.source, fixture(t, name))
			switch {
			case s.kind == expected.kind:
				if diff := cmp.Diff(expected.want, got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", name, diff)
				}
			case strings.HasPrefix(s.kind, "dynamodb") && strings.HasPrefix(expected.kind, "dynamodb"):
				// Its own table, with other keys: TestDynamoDBOtherKeys.
			case strings.Contains(name, "malformed"):
				if !strings.HasPrefix(got, "decode ") || !strings.HasSuffix(got, "unexpected end of JSON input") {
					t.Errorf("%s through %s: %s", name, s.kind, got)
				}
			default:
				if !strings.HasPrefix(got, "decode payload: "+s.declared+", received ") {
					t.Errorf("%s through %s: %s", name, s.kind, got)
				}
			}
		}
		request := requested(t, fixture(t, name))
		switch {
		case expected.kind == "http":
			if request != expected.want {
				t.Errorf("%s: request %s, want %s", name, request, expected.want)
			}
		case !strings.HasPrefix(request, "decode "):
			t.Errorf("%s through http: request %s", name, request)
		}
	}
	for name := range fixtureTable {
		if !found[name] {
			t.Errorf("%s is not in %s", name, dir)
		}
	}
}

// decoded returns a line for each record of the payload, or the error.
func decoded(src Source, payload []byte) string {
	records, err := src.decode(payload)
	if err != nil {
		return err.Error()
	}
	lines := make([]string, len(records))
	for i, r := range records {
		if r.Err != nil {
			lines[i] = r.Err.Error()
		} else {
			lines[i] = fmt.Sprintf("%s %s", r.Event.Type(), r.Event.Subject())
		}
	}
	return strings.Join(lines, "\n")
}

// requested returns the method and the target of the payload's request, or the
// error.
func requested(t *testing.T, payload []byte) string {
	line := ""
	h := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { line = r.Method + " " + r.RequestURI })
	if _, err := HTTPHandler(h, HTTP{}).Invoke(t.Context(), payload); err != nil {
		return err.Error()
	}
	return line
}
