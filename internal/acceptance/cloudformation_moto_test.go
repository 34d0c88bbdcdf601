package acceptance

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"strings"

	"github.com/fngen/fngen/internal/testkit/cfn"
)

// forMoto is the template as moto's CloudFormation takes it. It wants a name
// from every FIFO queue, where CloudFormation itself makes one up that ends in
// .fifo.
func forMoto(template []byte) []byte {
	n := 0
	return regexp.MustCompile(`(?m)^( +)FifoQueue: true$`).ReplaceAllFunc(template, func(line []byte) []byte {
		n++
		indent, _, _ := strings.Cut(string(line), "F")
		return fmt.Appendf(nil, "%s\n%sQueueName: moto-%d.fifo", line, indent, n)
	})
}

// leftOut are the resources that moto's CloudFormation does not know, although
// moto has the services: the test creates them, from their properties in the
// template and by the service's own API, which has the same names as
// CloudFormation but where the function says otherwise. The order is that of
// their creation. What moto has no place for at all is at the end of
// testdata/cloudformation/kinds.yaml.
var leftOut = []struct {
	kind   string
	create func(*stack, string, map[string]any) string // returns what Ref has
}{
	{"AWS::SQS::QueuePolicy", func(s *stack, id string, p map[string]any) string {
		for _, queue := range p["Queues"].([]any) {
			s.call(map[string]any{"QueueUrl": queue, "Attributes": map[string]any{"Policy": encode(s.t, p["PolicyDocument"])}}, nil, "sqs", "set-queue-attributes")
		}
		return id
	}},
	{"AWS::SNS::TopicPolicy", func(s *stack, id string, p map[string]any) string {
		for _, topic := range p["Topics"].([]any) {
			s.call(map[string]any{"TopicArn": topic, "AttributeName": "Policy", "AttributeValue": encode(s.t, p["PolicyDocument"])}, nil, "sns", "set-topic-attributes")
		}
		return id
	}},
	{"AWS::S3::BucketPolicy", func(s *stack, id string, p map[string]any) string {
		s.call(map[string]any{"Bucket": p["Bucket"], "Policy": encode(s.t, p["PolicyDocument"])}, nil, "s3api", "put-bucket-policy")
		return id
	}},
	{"AWS::SNS::Subscription", func(s *stack, _ string, p map[string]any) string {
		if redrive := p["RedrivePolicy"]; redrive != nil {
			delete(p, "RedrivePolicy")
			p["Attributes"] = map[string]any{"RedrivePolicy": encode(s.t, redrive)}
		}
		var out struct{ SubscriptionArn string }
		s.call(p, &out, "sns", "subscribe")
		return out.SubscriptionArn
	}},
	{"AWS::Lambda::Url", func(s *stack, _ string, p map[string]any) string {
		p["FunctionName"] = p["TargetFunctionArn"]
		delete(p, "TargetFunctionArn")
		var out struct{ FunctionArn string }
		s.call(p, &out, "lambda", "create-function-url-config")
		return out.FunctionArn
	}},
	{"AWS::Lambda::EventInvokeConfig", func(s *stack, id string, p map[string]any) string {
		s.call(p, nil, "lambda", "put-function-event-invoke-config")
		return id
	}},
	{"AWS::Scheduler::Schedule", func(s *stack, id string, p map[string]any) string {
		p["Name"] = stackName + "-" + id
		s.call(p, nil, "scheduler", "create-schedule")
		return stackName + "-" + id
	}},
	{"AWS::ApiGatewayV2::Api", func(s *stack, _ string, p map[string]any) string {
		var out struct{ APIID string }
		s.call(p, &out, "apigatewayv2", "create-api")
		return out.APIID
	}},
	{"AWS::ApiGatewayV2::Stage", func(s *stack, _ string, p map[string]any) string {
		s.call(p, nil, "apigatewayv2", "create-stage")
		return p["StageName"].(string)
	}},
	{"AWS::ApiGatewayV2::Integration", func(s *stack, _ string, p map[string]any) string {
		var out struct{ IntegrationID string }
		s.call(p, &out, "apigatewayv2", "create-integration")
		return out.IntegrationID
	}},
	{"AWS::ApiGatewayV2::Route", func(s *stack, _ string, p map[string]any) string {
		var out struct{ RouteID string }
		s.call(p, &out, "apigatewayv2", "create-route")
		return out.RouteID
	}},
	// Buckets are created, but without these two properties.
	{"AWS::S3::Bucket", func(s *stack, id string, p map[string]any) string {
		s.call(map[string]any{"Bucket": s.physical[id], "PublicAccessBlockConfiguration": p["PublicAccessBlockConfiguration"]}, nil, "s3api", "put-public-access-block")
		if notifications, ok := p["NotificationConfiguration"].(map[string]any); ok {
			s.call(map[string]any{"Bucket": s.physical[id], "NotificationConfiguration": apiNotifications(notifications)}, nil, "s3api", "put-bucket-notification-configuration")
		}
		return s.physical[id]
	}},
}

// apiNotifications has S3's own names of what CloudFormation calls otherwise.
func apiNotifications(p map[string]any) map[string]any {
	var out []any
	for _, n := range p["LambdaConfigurations"].([]any) {
		n := n.(map[string]any)
		to := map[string]any{"LambdaFunctionArn": n["Function"], "Events": []any{n["Event"]}}
		if filter, ok := n["Filter"].(map[string]any); ok {
			to["Filter"] = map[string]any{"Key": map[string]any{"FilterRules": filter["S3Key"].(map[string]any)["Rules"]}}
		}
		out = append(out, to)
	}
	return map[string]any{"LambdaFunctionConfigurations": out}
}

// A stack is a deployed template.
type stack struct {
	account
	template cfn.Template
	physical map[string]string // what Ref has, by logical id
}

// find asks for the physical ids of what moto has created.
func (s *stack) find() {
	s.t.Helper()
	var out struct {
		StackResources []struct{ LogicalResourceID, PhysicalResourceID, StackID string }
	}
	s.call(map[string]any{"StackName": stackName}, &out, "cloudformation", "describe-stack-resources")
	for _, r := range out.StackResources {
		s.physical[r.LogicalResourceID] = r.PhysicalResourceID
		if r.StackID != "" {
			s.physical["AWS::StackId"] = r.StackID
		}
	}
	maps.Copy(s.physical, map[string]string{
		"AWS::AccountId": accountID, "AWS::Partition": "aws", "AWS::Region": region, "AWS::StackName": stackName, "AWS::URLSuffix": "amazonaws.com",
	})
	for _, id := range s.template.IDs("AWS::DynamoDB::Table") {
		var out struct {
			Table struct{ LatestStreamArn string }
		}
		s.call(map[string]any{"TableName": s.physical[id]}, &out, "dynamodb", "describe-table")
		s.physical[id+".StreamArn"] = out.Table.LatestStreamArn
	}
}

// complete creates what moto has left out.
func (s *stack) complete() {
	s.t.Helper()
	for _, l := range leftOut {
		for _, id := range s.template.IDs(l.kind) {
			value, err := cfn.Resolve(s.template.Resources[id].Properties, s.value)
			if err != nil {
				s.t.Fatalf("%s: %v", id, err)
			}
			s.physical[id] = l.create(s, id, value.(map[string]any))
		}
	}
}

// value is what a function of CloudFormation has for the reference.
func (s *stack) value(r cfn.Reference) (string, error) {
	physical := s.physical[r.ID]
	if physical == "" {
		return "", fmt.Errorf("%s is not there", r.ID)
	}
	if r.Attribute == "" {
		return physical, nil
	}
	if r.Attribute == "Arn" {
		resource := s.template.Resources[r.ID]
		switch regional := ":" + region + ":" + accountID + ":"; resource.Type {
		case "AWS::Lambda::Function":
			return "arn:aws:lambda" + regional + "function:" + physical, nil
		case "AWS::SQS::Queue":
			return "arn:aws:sqs" + regional + path.Base(physical), nil
		case "AWS::IAM::Role":
			return "arn:aws:iam::" + accountID + ":role/" + physical, nil
		case "AWS::Logs::LogGroup":
			return "arn:aws:logs" + regional + "log-group:" + physical, nil
		case "AWS::S3::Bucket":
			return "arn:aws:s3:::" + physical, nil
		case "AWS::DynamoDB::Table":
			return "arn:aws:dynamodb" + regional + "table/" + physical, nil
		case "AWS::Kinesis::Stream":
			return "arn:aws:kinesis" + regional + "stream/" + physical, nil
		case "AWS::Events::Rule":
			if bus, ok := resource.Properties["EventBusName"].(string); ok {
				physical = bus + "/" + physical
			}
			return "arn:aws:events" + regional + "rule/" + physical, nil
		}
	}
	if value := s.physical[r.String()]; value != "" {
		return value, nil
	}
	return "", fmt.Errorf("%s is not known", r)
}
