package daytwo

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fngen/fngen/internal/testkit/cfn"
)

// cloudFormation has, of each type, the properties of which AWS says "Update
// requires: Replacement", at
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/. A route
// that gets another one's key is refused as long as that one has it.
var cloudFormation = map[string][]string{
	"AWS::ApiGatewayV2::Api":          {"ProtocolType"},
	"AWS::ApiGatewayV2::Authorizer":   {"ApiId"},
	"AWS::ApiGatewayV2::Integration":  {"ApiId", "IntegrationType"},
	"AWS::ApiGatewayV2::Route":        {"ApiId", "RouteKey"},
	"AWS::ApiGatewayV2::Stage":        {"ApiId", "StageName"},
	"AWS::CloudWatch::Alarm":          {"AlarmName"},
	"AWS::DynamoDB::Table":            {"AttributeDefinitions", "ImportSourceSpecification", "KeySchema", "TableName"},
	"AWS::Events::EventBus":           {"Name"},
	"AWS::Events::Rule":               {"EventBusName", "Name"},
	"AWS::IAM::Role":                  {"Path", "RoleName"},
	"AWS::Kinesis::Stream":            {"Name"},
	"AWS::Lambda::EventInvokeConfig":  {"FunctionName", "Qualifier"},
	"AWS::Lambda::EventSourceMapping": {"EventSourceArn", "SelfManagedEventSource", "StartingPosition", "StartingPositionTimestamp"},
	"AWS::Lambda::Function":           {"FunctionName", "PackageType"},
	"AWS::Lambda::Permission":         {all},
	"AWS::Lambda::Url":                {"Qualifier", "TargetFunctionArn"},
	"AWS::Logs::LogGroup":             {"LogGroupName"},
	"AWS::S3::Bucket":                 {"BucketName"},
	"AWS::S3::BucketPolicy":           {"Bucket"},
	"AWS::SNS::Subscription":          {"Endpoint", "Protocol", "TopicArn"},
	"AWS::SNS::Topic":                 {"FifoTopic", "TopicName"},
	"AWS::SNS::TopicPolicy":           nil,
	"AWS::SQS::Queue":                 {"FifoQueue", "QueueName"},
	"AWS::SQS::QueuePolicy":           nil,
	"AWS::Scheduler::Schedule":        {"Name"},
}

// holdData are the types that hold what is not in the source.
var holdData = []string{"AWS::DynamoDB::Table", "AWS::Kinesis::Stream", "AWS::S3::Bucket", "AWS::SQS::Queue"}

// addressed are the types whose names or URLs others know, with the property that
// is the name; without it, or if it has none, CloudFormation makes one.
var addressed = map[string]string{
	"AWS::ApiGatewayV2::Api": "", "AWS::DynamoDB::Table": "TableName", "AWS::Events::EventBus": "Name", "AWS::Kinesis::Stream": "Name",
	"AWS::Lambda::Function": "FunctionName", "AWS::Lambda::Url": "", "AWS::S3::Bucket": "BucketName", "AWS::SNS::Topic": "TopicName", "AWS::SQS::Queue": "QueueName",
}

// readCloudFormation reads a template.
func readCloudFormation(data []byte) (estate, error) {
	template, err := cfn.Parse(data)
	if err != nil {
		return estate{}, err
	}
	e := estate{resources: map[string]resource{}}
	for id, t := range template.Resources {
		r := resource{kind: t.Type, arguments: t.Properties, refers: map[string][]string{}, holds: slices.Contains(holdData, t.Type),
			retained: strings.HasPrefix(t.DeletionPolicy, "Retain"), guarded: t.UpdateReplacePolicy == "Retain"}
		for name, value := range t.Properties {
			references, err := cfn.References(value)
			if err != nil {
				return estate{}, fmt.Errorf("%s.%s: %w", id, name, err)
			}
			for _, reference := range references {
				r.refers[name] = append(r.refers[name], reference.ID)
			}
		}
		if property, ok := addressed[t.Type]; ok {
			r.address = t.Type + " " + generated + id
			if name, ok := t.Properties[property]; ok {
				r.address = t.Type + " " + text(name)
				if !strings.Contains(r.address, "AWS::StackId") {
					r.name = r.address
				}
			}
		}
		if t.Type == "AWS::ApiGatewayV2::Route" {
			r.address = "route " + fmt.Sprint(t.Properties["RouteKey"])
		}
		e.resources[id] = r
	}
	return e, nil
}
