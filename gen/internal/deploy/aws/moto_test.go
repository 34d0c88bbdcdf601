package aws_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/gen/internal/deploy"
	"github.com/fngen/fngen/gen/internal/deploy/aws"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/internal/testkit/moto"
)

const shop = `AWSTemplateFormatVersion: "2010-09-09"
Resources:
  ConfirmRole:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: ["sts:AssumeRole"]}]}
  OrdersQueue:
    Type: AWS::SQS::Queue
    DeletionPolicy: Retain
    Properties: {VisibilityTimeout: 180}
  ConfirmLogs:
    Type: AWS::Logs::LogGroup
    Properties: {RetentionInDays: 30}
  ConfirmFunction:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: provided.al2023
      Handler: bootstrap
      Architectures: [arm64]
      Code: ./confirm.zip
      MemorySize: 256
      Role: !GetAtt ConfirmRole.Arn
Outputs:
  ConfirmUrl: {Value: !Sub "https://${ConfirmFunction}.lambda-url.example/"}
`

func archive(program string) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	e, _ := w.Create("bootstrap")
	_, _ = io.WriteString(e, program)
	w.Close()
	return b.Bytes()
}

func application(template, program string) aws.Application {
	return aws.Application{
		Stack: "shop", Region: "eu-west-1", Template: []byte(template), Functions: map[string]string{"ConfirmUrl": "confirm"}, Every: 10 * time.Millisecond, Waiting: func(string) {},
		Archive:  func(string) ([]byte, error) { return archive(program), nil },
		LogGroup: func(model.Function) (string, string) { return "ConfirmLogs", "" },
	}
}

func credentials(t *testing.T, url string) {
	for name, value := range map[string]string{"AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "not-to-be-shown", "AWS_SESSION_TOKEN": "", "AWS_PROFILE": "", "AWS_REGION": "", "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "1"} {
		t.Setenv(name, value)
	}
}

// private reports an error unless the bucket is private and forgets what is old. With
// undo it is neither afterwards, as one that was made by a run which was broken off.
func private(t *testing.T, bucket string, undo bool) {
	t.Helper()
	c, err := config.LoadDefaultConfig(t.Context(), config.WithRegion("eu-west-1"))
	if err != nil {
		t.Fatal(err)
	}
	objects := s3.NewFromConfig(c, func(o *s3.Options) { o.UsePathStyle = true })
	public, err := objects.GetPublicAccessBlock(t.Context(), &s3.GetPublicAccessBlockInput{Bucket: &bucket})
	if err != nil {
		t.Fatal(err)
	}
	if b := public.PublicAccessBlockConfiguration; !*b.BlockPublicAcls || !*b.BlockPublicPolicy || !*b.IgnorePublicAcls || !*b.RestrictPublicBuckets {
		t.Errorf("the bucket is open: %+v", *b)
	}
	kept, err := objects.GetBucketLifecycleConfiguration(t.Context(), &s3.GetBucketLifecycleConfigurationInput{Bucket: &bucket})
	if err != nil {
		t.Fatal(err)
	}
	if len(kept.Rules) != 1 || *kept.Rules[0].Expiration.Days != 365 {
		t.Errorf("the bucket has the rules %+v", kept.Rules)
	}
	if !undo {
		return
	}
	if _, err := objects.DeleteBucketLifecycle(t.Context(), &s3.DeleteBucketLifecycleInput{Bucket: &bucket}); err != nil {
		t.Fatal(err)
	}
	if _, err := objects.DeletePublicAccessBlock(t.Context(), &s3.DeletePublicAccessBlockInput{Bucket: &bucket}); err != nil {
		t.Fatal(err)
	}
}

func run(t *testing.T, p deploy.Plan, err error) (changes, told []string, r deploy.Result) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if r, err = p.Carry(t.Context(), func(text string) { told = append(told, text) }); err != nil {
		t.Fatal(err)
	}
	for _, s := range p.Steps {
		if s.Do != deploy.Keep {
			changes = append(changes, fmt.Sprintf("%s %s %s", s.Do, s.Kind, s.Name))
		}
	}
	return changes, told, r
}

// log has the texts be in the log of the stack's function.
func log(t *testing.T, at time.Time, texts ...string) {
	t.Helper()
	c, err := config.LoadDefaultConfig(t.Context(), config.WithRegion("eu-west-1"))
	if err != nil {
		t.Fatal(err)
	}
	group, err := cloudformation.NewFromConfig(c).DescribeStackResource(t.Context(), &cloudformation.DescribeStackResourceInput{StackName: new("shop"), LogicalResourceId: new("ConfirmLogs")})
	if err != nil {
		t.Fatal(err)
	}
	name, stream, logs := group.StackResourceDetail.PhysicalResourceId, new(at.Format("150405")), cloudwatchlogs.NewFromConfig(c)
	if _, err := logs.CreateLogStream(t.Context(), &cloudwatchlogs.CreateLogStreamInput{LogGroupName: name, LogStreamName: stream}); err != nil {
		t.Fatal(err)
	}
	var events []types.InputLogEvent
	for _, text := range texts {
		events = append(events, types.InputLogEvent{Message: &text, Timestamp: new(at.UnixMilli())})
	}
	if _, err := logs.PutLogEvents(t.Context(), &cloudwatchlogs.PutLogEventsInput{LogGroupName: name, LogStreamName: stream, LogEvents: events}); err != nil {
		t.Fatal(err)
	}
}

// Deployed, changed, not changed and removed, as moto's server does it.
func TestMoto(t *testing.T) {
	credentials(t, moto.Start(t))
	app := application(shop, "one")
	p, err := app.Plan(t.Context(), deploy.Options{})
	changes, told, r := run(t, p, err)
	if got := strings.Join(changes, ", "); got != "create AWS::IAM::Role ConfirmRole, create AWS::SQS::Queue OrdersQueue, create AWS::Logs::LogGroup ConfirmLogs, create AWS::Lambda::Function ConfirmFunction" {
		t.Errorf("the plan is %s", got)
	}
	if p.Place != "stack shop in eu-west-1 of account 123456789012" {
		t.Errorf("the place is %s", p.Place)
	}
	if len(told) < 2 || told[0] != "created bucket fngen-123456789012-eu-west-1" || !strings.HasPrefix(told[1], "uploaded fngen/") {
		t.Errorf("it tells %q", told)
	}
	if len(r.Addresses) != 1 || r.Addresses[0].Function != "confirm" || !strings.HasPrefix(r.Addresses[0].URL, "https://") {
		t.Errorf("the addresses are %v", r.Addresses)
	}

	private(t, "fngen-123456789012-eu-west-1", true)

	p, err = app.Plan(t.Context(), deploy.Options{})
	if changes, told, r := run(t, p, err); len(changes)+len(told) > 0 || len(r.Addresses) != 1 {
		t.Errorf("a second run changes %v and tells %v", changes, told)
	}

	app = application(strings.Replace(shop, "VisibilityTimeout: 180", "VisibilityTimeout: 90", 1), "two")
	p, err = app.Plan(t.Context(), deploy.Options{})
	changes, told, _ = run(t, p, err)
	if got := strings.Join(changes, ", "); !strings.Contains(got, "change AWS::Lambda::Function ConfirmFunction") || !strings.Contains(got, "change AWS::SQS::Queue OrdersQueue") || strings.Contains(got, "Role") {
		t.Errorf("the plan is %s", got)
	}
	if len(told) == 0 || !strings.HasPrefix(told[0], "uploaded fngen/") {
		t.Errorf("it tells %q", told)
	}

	private(t, "fngen-123456789012-eu-west-1", false)

	logged := time.Now().Add(-time.Minute).Truncate(time.Millisecond).UTC()
	log(t, logged.Add(-2*time.Hour), "before")
	log(t, logged, "confirming o-1\n", "confirmed o-1")
	var lines []deploy.Line
	if err := app.Logs(t.Context(), model.Function{}, deploy.LogOptions{Since: time.Now().Add(-time.Hour)}, func(l deploy.Line) { lines = append(lines, l) }); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]deploy.Line{{Time: logged, Text: "confirming o-1"}, {Time: logged, Text: "confirmed o-1"}}, lines); diff != "" {
		t.Errorf("the log is (-want +got):\n%s", diff)
	}

	p, err = app.Removal(t.Context())
	changes, _, _ = run(t, p, err)
	if got := strings.Join(changes, ", "); got != "remove AWS::IAM::Role ConfirmRole, remove AWS::Logs::LogGroup ConfirmLogs, remove AWS::Lambda::Function ConfirmFunction, remove stack shop" {
		t.Errorf("the removal is %s", got)
	}
	if len(p.Notes) != 1 || p.Notes[0] != "OrdersQueue (AWS::SQS::Queue) stays in the account, with what is in it" {
		t.Errorf("the notes are %q", p.Notes)
	}
	p, err = app.Removal(t.Context())
	if changes, _, _ := run(t, p, err); len(changes) > 0 {
		t.Errorf("there is something to remove: %v", changes)
	}
}
