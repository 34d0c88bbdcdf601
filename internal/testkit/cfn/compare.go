package cfn

import (
	"fmt"
	"reflect"
	"slices"
)

// A Change is what an update of a stack does to a resource that it had.
type Change struct {
	ID, Type string
	What     string // "removed", or "replaced by PROPERTY"
	Retained bool   // the old one stays where it is, outside of the stack
}

// Compare returns what the update from one template to another removes or
// replaces, by logical id.
func Compare(before, after Template) []Change {
	var out []Change
	for _, id := range before.IDs("") {
		old := before.Resources[id]
		now, there := after.Resources[id]
		switch {
		case !there || now.Type != old.Type:
			retained := old.DeletionPolicy == "Retain" || old.DeletionPolicy == "RetainExceptOnCreate"
			out = append(out, Change{id, old.Type, "removed", retained})
		default:
			for _, property := range replacing(old) {
				if !reflect.DeepEqual(old.Properties[property], now.Properties[property]) {
					out = append(out, Change{id, old.Type, "replaced by " + property, old.UpdateReplacePolicy == "Retain"})
					break
				}
			}
		}
	}
	return out
}

// replacing returns the properties of the resource with which it is replaced.
func replacing(r Resource) []string {
	if names, ok := replace[r.Type]; ok {
		return names
	}
	panic(fmt.Sprintf("cfn: what replaces a resource of the type %s is not known; add it from its page in the template reference", r.Type))
}

// replace has the properties whose page says "Update requires: Replacement", of
// those that templates of fngen have or could have:
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html
var replace = map[string][]string{
	"AWS::ApiGatewayV2::Api":          {"ProtocolType"},
	"AWS::ApiGatewayV2::Integration":  {"ApiId"},
	"AWS::ApiGatewayV2::Route":        {"ApiId"},
	"AWS::ApiGatewayV2::Stage":        {"ApiId", "StageName"},
	"AWS::DynamoDB::Table":            {"KeySchema", "TableName"},
	"AWS::Events::Rule":               {"EventBusName", "Name"},
	"AWS::IAM::Role":                  {"Path", "RoleName"},
	"AWS::Kinesis::Stream":            {"Name"},
	"AWS::Lambda::EventInvokeConfig":  {"FunctionName", "Qualifier"},
	"AWS::Lambda::EventSourceMapping": {"EventSourceArn", "StartingPosition"},
	"AWS::Lambda::Function":           {"FunctionName", "PackageType"},
	"AWS::Lambda::Permission":         {"Action", "FunctionName", "FunctionUrlAuthType", "InvokedViaFunctionUrl", "Principal", "SourceAccount", "SourceArn"},
	"AWS::Lambda::Url":                {"TargetFunctionArn"},
	"AWS::Logs::LogGroup":             {"LogGroupName"},
	"AWS::S3::Bucket":                 {"BucketName"},
	"AWS::S3::BucketPolicy":           {"Bucket"},
	"AWS::SNS::Subscription":          {"Endpoint", "Protocol", "TopicArn"},
	"AWS::SNS::Topic":                 {"FifoTopic", "TopicName"},
	"AWS::SNS::TopicPolicy":           {},
	"AWS::SQS::Queue":                 {"FifoQueue", "QueueName"},
	"AWS::SQS::QueuePolicy":           {},
	"AWS::Scheduler::Schedule":        {"Name"},
}

// HoldsData reports whether resources of the type hold the user's data.
func HoldsData(kind string) bool {
	return slices.Contains([]string{"AWS::DynamoDB::Table", "AWS::Kinesis::Stream", "AWS::S3::Bucket", "AWS::SQS::Queue"}, kind)
}
