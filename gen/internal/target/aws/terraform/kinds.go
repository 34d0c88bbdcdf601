package terraform

import (
	"maps"
	"slices"
	"strings"

	"github.com/fngen/fngen/gen/internal/hcl"
	"github.com/fngen/fngen/gen/internal/output"
	"github.com/fngen/fngen/gen/internal/target/aws/stack"
)

// A kind is how resources of one of CloudFormation's kinds are written.
type kind struct {
	resource   string
	name       string               // the argument that names it; "" for none
	limit      int                  // of the service for that, in characters
	before     string               // the application's name in it
	ends       string               // all ids of the kind, which the name does not
	preset     []hcl.Pair           // where the provider's default is not CloudFormation's
	attributes map[string]attribute // by CloudFormation's name, "" for its Ref
	properties properties
	waits      string // the property whose resource waits for others in the place of the one
	protection string // the argument by which AWS refuses to delete it, also when Terraform no longer has it
}

// An attribute is what Terraform calls it, and what CloudFormation's has after it.
type attribute struct{ name, then string }

// properties are how those that CloudFormation calls so are written.
type properties map[string]writing

// A writing is that of a property: as an argument, as several, as a block for each
// mapping that it is, as a resource, or not at all, since Terraform does not ask.
type writing struct {
	argument  string
	arguments func(*writer, stack.Resource, any) []hcl.Pair
	block     string
	inner     properties // of the block, or without one of the resource
	preset    []hcl.Pair // what Terraform asks for there, and CloudFormation does not
	split     func(*writer, stack.Resource, any)
}

// arguments are properties that are written as arguments, of the same names as
// Terraform spells them or of that after an equals sign, and others.
func arguments(names string, others properties) properties {
	all := properties{}
	maps.Copy(all, others)
	for _, name := range strings.Fields(names) {
		property, renamed, ok := strings.Cut(name, "=")
		if !ok {
			renamed = label(property)
		}
		all[property] = writing{argument: renamed}
	}
	return all
}

func block(name, names string, others properties) writing {
	return writing{block: name, inner: arguments(names, others)}
}

// document is an argument that has the property as JSON.
func document(name string) writing {
	return writing{arguments: func(w *writer, _ stack.Resource, v any) []hcl.Pair {
		return []hcl.Pair{{Name: name, Value: w.json(v)}}
	}}
}

func (w *writer) json(v any) hcl.Expr { return hcl.Call("jsonencode", w.value(v)) }

// only is an argument that has the one element of a list.
func only(name string) writing {
	return writing{arguments: func(w *writer, _ stack.Resource, v any) []hcl.Pair {
		elements, _ := v.([]any)
		if len(elements) != 1 {
			w.cannot("%s of Terraform is one, and not %d", name, len(elements))
			return nil
		}
		return []hcl.Pair{{Name: name, Value: w.value(elements[0])}}
	}}
}

// known are the attributes of a resource whose Ref is the one.
func known(ref string) map[string]attribute {
	return map[string]attribute{"": {name: ref}, "Arn": {name: "arn"}}
}

// What targets of rules and of schedules have.
var delivery = properties{
	"RetryPolicy":      block("retry_policy", "MaximumEventAgeInSeconds MaximumRetryAttempts", nil),
	"DeadLetterConfig": block("dead_letter_config", "Arn", nil),
}

// policyResources are the resources that the policies of a role are, by property.
var policyResources = map[string]string{"Policies": "aws_iam_role_policy", "ManagedPolicyArns": "aws_iam_role_policy_attachment"}

// kinds is the table: every kind that package aws builds, with every property.
//
// https://registry.terraform.io/providers/hashicorp/aws/6.28.0/docs
var kinds = map[string]kind{
	"AWS::ApiGatewayV2::Api": {
		resource:   "aws_apigatewayv2_api",
		attributes: map[string]attribute{"": {name: "id"}, "ApiEndpoint": {name: "api_endpoint"}},
		properties: arguments("Name ProtocolType", nil),
	},
	"AWS::ApiGatewayV2::Integration": {
		resource:   "aws_apigatewayv2_integration",
		attributes: map[string]attribute{"": {name: "id"}},
		properties: arguments("ApiId IntegrationType IntegrationUri PayloadFormatVersion", nil),
	},
	"AWS::ApiGatewayV2::Route": {
		resource:   "aws_apigatewayv2_route",
		properties: arguments("ApiId RouteKey AuthorizationType Target", nil),
	},
	"AWS::ApiGatewayV2::Stage": {
		resource:   "aws_apigatewayv2_stage",
		properties: arguments("ApiId StageName=name AutoDeploy", nil),
	},
	"AWS::CloudWatch::Alarm": {
		resource: "aws_cloudwatch_metric_alarm", name: "alarm_name", limit: 255,
		attributes: known("alarm_name"),
		properties: arguments("AlarmDescription Namespace MetricName Statistic Period EvaluationPeriods DatapointsToAlarm Threshold ComparisonOperator TreatMissingData AlarmActions OKActions=ok_actions",
			properties{"Dimensions": {arguments: dimensions}}),
	},
	"AWS::DynamoDB::Table": {
		resource: "aws_dynamodb_table", name: "name", limit: 255, ends: "Table", protection: "deletion_protection_enabled",
		attributes: map[string]attribute{"": {name: "name"}, "Arn": {name: "arn"}, "StreamArn": {name: "stream_arn"}},
		properties: arguments("BillingMode", properties{
			"KeySchema":                        {arguments: keys},
			"AttributeDefinitions":             block("attribute", "AttributeName=name AttributeType=type", nil),
			"StreamSpecification":              {preset: []hcl.Pair{{Name: "stream_enabled", Value: true}}, inner: arguments("StreamViewType", nil)},
			"PointInTimeRecoverySpecification": block("point_in_time_recovery", "PointInTimeRecoveryEnabled=enabled", nil),
			"SSESpecification":                 block("server_side_encryption", "SSEEnabled=enabled KMSMasterKeyId=kms_key_arn", properties{"SSEType": {}}), // which is KMS
		}),
	},
	"AWS::Events::Rule": {
		resource: "aws_cloudwatch_event_rule", name: "name", limit: 64, ends: "Rule",
		attributes: known("name"),
		properties: arguments("EventBusName", properties{"EventPattern": document("event_pattern"), "Targets": {split: (*writer).target}}),
	},
	"AWS::IAM::Role": {
		resource: "aws_iam_role", name: "name", limit: 64,
		attributes: known("id"), // its name, which another role of that name does not have before it is there
		properties: arguments("Path PermissionsBoundary", properties{
			"AssumeRolePolicyDocument": document("assume_role_policy"), "Policies": {split: (*writer).inlinePolicies}, "ManagedPolicyArns": {split: (*writer).managedPolicies},
		}),
	},
	"AWS::Kinesis::Stream": {
		resource: "aws_kinesis_stream", name: "name", limit: 128, ends: "Stream",
		attributes: known("name"),
		properties: properties{"StreamModeDetails": block("stream_mode_details", "StreamMode", nil), "StreamEncryption": {inner: arguments("EncryptionType KeyId=kms_key_id", nil)}},
	},
	"AWS::Lambda::EventInvokeConfig": {
		resource: "aws_lambda_function_event_invoke_config",
		properties: arguments("FunctionName Qualifier MaximumRetryAttempts MaximumEventAgeInSeconds",
			properties{"DestinationConfig": block("destination_config", "", properties{"OnFailure": block("on_failure", "Destination", nil)})}),
	},
	"AWS::Lambda::EventSourceMapping": {
		resource:   "aws_lambda_event_source_mapping",
		attributes: map[string]attribute{"": {name: "uuid"}},
		properties: arguments("FunctionName EventSourceArn FunctionResponseTypes BatchSize MaximumBatchingWindowInSeconds ParallelizationFactor StartingPosition MaximumRetryAttempts MaximumRecordAgeInSeconds BisectBatchOnFunctionError KmsKeyArn", properties{
			"ScalingConfig":     block("scaling_config", "MaximumConcurrency", nil),
			"MetricsConfig":     block("metrics_config", "Metrics", nil),
			"FilterCriteria":    block("filter_criteria", "", properties{"Filters": block("filter", "Pattern", nil)}),
			"DestinationConfig": block("destination_config", "", properties{"OnFailure": block("on_failure", "Destination=destination_arn", nil)}),
		}),
	},
	"AWS::Lambda::Function": {
		resource: "aws_lambda_function", name: "function_name", limit: 64, ends: "Function",
		attributes: known("function_name"),
		properties: arguments("Description Runtime Handler Architectures MemorySize Timeout ReservedConcurrentExecutions KmsKeyArn Role", properties{
			"Code":             {arguments: code, split: (*writer).archive},
			"Environment":      block("environment", "Variables", nil),
			"TracingConfig":    block("tracing_config", "Mode", nil),
			"EphemeralStorage": block("ephemeral_storage", "Size", nil),
			"VpcConfig":        block("vpc_config", "SubnetIds SecurityGroupIds", nil),
			"LoggingConfig": {block: "logging_config", preset: []hcl.Pair{{Name: "log_format", Value: "Text"}},
				inner: arguments("LogGroup LogFormat ApplicationLogLevel SystemLogLevel", nil)},
		}),
	},
	"AWS::Lambda::Permission": {
		resource:   "aws_lambda_permission",
		properties: arguments("Action FunctionName Principal SourceArn SourceAccount FunctionUrlAuthType InvokedViaFunctionUrl", nil),
	},
	"AWS::Lambda::Url": {
		resource:   "aws_lambda_function_url",
		attributes: map[string]attribute{"": {name: "function_arn"}, "FunctionUrl": {name: "function_url"}},
		properties: arguments("TargetFunctionArn=function_name AuthType=authorization_type InvokeMode", nil),
	},
	"AWS::Logs::LogGroup": {
		resource: "aws_cloudwatch_log_group", name: "name", limit: 512, before: "/aws/lambda/", ends: "Logs",
		attributes: map[string]attribute{"": {name: "name"}, "Arn": {name: "arn", then: ":*"}},
		properties: arguments("RetentionInDays KmsKeyId", nil),
	},
	"AWS::S3::Bucket": {
		resource: "aws_s3_bucket", name: "bucket", limit: 63,
		attributes: known("bucket"),
		waits:      "NotificationConfiguration",
		properties: arguments("BucketName=bucket", properties{
			"NotificationConfiguration": setting(notification, properties{
				"LambdaConfigurations": block("lambda_function", "Function=lambda_function_arn", properties{"Event": {arguments: events}, "Filter": {arguments: filter}}),
			}),
			"PublicAccessBlockConfiguration": setting("aws_s3_bucket_public_access_block", arguments("BlockPublicAcls BlockPublicPolicy IgnorePublicAcls RestrictPublicBuckets", nil)),
			"BucketEncryption": setting("aws_s3_bucket_server_side_encryption_configuration", properties{
				"ServerSideEncryptionConfiguration": block("rule", "BucketKeyEnabled", properties{
					"ServerSideEncryptionByDefault": block("apply_server_side_encryption_by_default", "SSEAlgorithm=sse_algorithm KMSMasterKeyID=kms_master_key_id", nil),
				}),
			}),
		}),
	},
	"AWS::S3::BucketPolicy": {
		resource:   "aws_s3_bucket_policy",
		properties: arguments("Bucket", properties{"PolicyDocument": document("policy")}),
	},
	"AWS::SNS::Subscription": {
		resource:   "aws_sns_topic_subscription",
		properties: arguments("TopicArn Protocol Endpoint", properties{"RedrivePolicy": document("redrive_policy")}),
	},
	"AWS::SNS::Topic": {
		resource: "aws_sns_topic", name: "name", limit: 256, ends: "Topic",
		attributes: map[string]attribute{"": {name: "arn"}, "TopicName": {name: "name"}},
		properties: arguments("KmsMasterKeyId", nil),
	},
	"AWS::SNS::TopicPolicy": {
		resource:   "aws_sns_topic_policy",
		properties: properties{"Topics": only("arn"), "PolicyDocument": document("policy")},
	},
	"AWS::SQS::Queue": {
		resource: "aws_sqs_queue", name: "name", limit: 80, preset: []hcl.Pair{{Name: "max_message_size", Value: 1024 * 1024}},
		attributes: map[string]attribute{"": {name: "url"}, "Arn": {name: "arn"}, "QueueName": {name: "name"}},
		properties: arguments("FifoQueue VisibilityTimeout=visibility_timeout_seconds MessageRetentionPeriod=message_retention_seconds SqsManagedSseEnabled KmsMasterKeyId",
			properties{"RedrivePolicy": document("redrive_policy")}),
	},
	"AWS::SQS::QueuePolicy": {
		resource:   "aws_sqs_queue_policy",
		properties: properties{"Queues": only("queue_url"), "PolicyDocument": document("policy")},
	},
	"AWS::Scheduler::Schedule": {
		resource: "aws_scheduler_schedule", name: "name", limit: 64, ends: "Schedule",
		attributes: known("name"),
		properties: arguments("ScheduleExpression ScheduleExpressionTimezone KmsKeyArn", properties{
			"FlexibleTimeWindow": block("flexible_time_window", "Mode", nil),
			"Target":             block("target", "Arn RoleArn Input", delivery),
		}),
	},
}

// name returns the argument that names the resource, unless a property does.
func (w *writer) name(k kind, r stack.Resource) []hcl.Pair {
	if k.name == "" || output.Find(r.Properties, "BucketName") != nil {
		return nil
	}
	if !strings.HasSuffix(r.ID, k.ends) {
		w.cannot("the id of %s ends in %s", r.Kind, k.ends)
	}
	end := ""
	switch {
	case r.Kind == "AWS::S3::Bucket": // whose names are everybody's
		return []hcl.Pair{{Name: k.name, Value: hcl.Text(short(r.ID, k.limit-maxSuffix-1)+"-", w.parameter(stack.Unique))}}
	case output.Find(r.Properties, "FifoQueue") == true:
		end = ".fifo"
	}
	return []hcl.Pair{{Name: k.name, Value: hcl.Text(k.before, hcl.Ref("var", "name"), k.after(r.ID, end))}}
}

// after returns what a name has after the application's.
func (k kind) after(id, end string) string {
	return "-" + short(strings.TrimSuffix(id, k.ends), k.limit-maxName-len(k.before)-1-len(end)) + end
}

// Named returns the name of the function or the log group with the logical id, in a
// module of that name.
func Named(name, id string) string {
	k := kinds["AWS::Logs::LogGroup"]
	if strings.HasSuffix(id, "Function") {
		k = kinds["AWS::Lambda::Function"]
	}
	return k.before + name + k.after(id, "")
}

// Holds reports whether resources of the type hold what users have put there.
func Holds(resource string) bool {
	return slices.Contains([]string{"aws_dynamodb_table", "aws_kinesis_stream", "aws_sqs_queue", "aws_s3_bucket"}, resource)
}

// archiveFile is the path of a function's archive.
func archiveFile(v any) hcl.Expr {
	name, _ := v.(stack.Archive)
	return hcl.Text(hcl.Ref("path", "module"), "/"+string(name)+".zip")
}

func code(_ *writer, r stack.Resource, v any) []hcl.Pair {
	return []hcl.Pair{
		{Name: "s3_bucket", Value: hcl.Ref("aws_s3_object", label(r.ID), "bucket")},
		{Name: "s3_key", Value: hcl.Ref("aws_s3_object", label(r.ID), "key")},
		{Name: "source_code_hash", Value: hcl.Call("filebase64sha256", archiveFile(v))},
	}
}

// archive writes the archive as an object that is known by what is in it.
func (w *writer) archive(r stack.Resource, v any) {
	name, _ := v.(stack.Archive)
	w.Top("resource", []string{"aws_s3_object", label(r.ID)},
		hcl.Pair{Name: "bucket", Value: hcl.Ref("var", "archives")},
		hcl.Pair{Name: "key", Value: hcl.Text(hcl.Ref("var", "name"), "/"+string(name)+"-", hcl.Call("filesha256", archiveFile(v)), ".zip")},
		hcl.Pair{Name: "source", Value: archiveFile(v)}).
		Block("lifecycle", hcl.Pair{Name: "create_before_destroy", Value: true}) // which the function has until then
}

func dimensions(w *writer, _ stack.Resource, v any) []hcl.Pair {
	var out output.Mapping
	for _, one := range list(v) {
		name, _ := output.Find(one, "Name").(string)
		out = append(out, output.Member{Key: name, Value: output.Find(one, "Value")})
	}
	return []hcl.Pair{{Name: "dimensions", Value: w.value(out)}}
}

func keys(w *writer, _ stack.Resource, v any) []hcl.Pair {
	var out []hcl.Pair
	for _, one := range list(v) {
		name := map[any]string{"HASH": "hash_key", "RANGE": "range_key"}[output.Find(one, "KeyType")]
		out = append(out, hcl.Pair{Name: name, Value: w.value(output.Find(one, "AttributeName"))})
	}
	return out
}

// inlinePolicies writes the policies of the role under their names.
func (w *writer) inlinePolicies(r stack.Resource, v any) {
	var policies []hcl.Pair
	for _, one := range list(v) {
		name, _ := output.Find(one, "PolicyName").(string)
		policies = append(policies, hcl.Pair{Name: name, Value: w.json(output.Find(one, "PolicyDocument"))})
	}
	w.Top("resource", []string{"aws_iam_role_policy", label(r.ID)},
		hcl.Pair{Name: "for_each", Value: policies},
		hcl.Pair{Name: "role", Value: w.expression(stack.Ref(r.ID))},
		hcl.Pair{Name: "name", Value: hcl.Ref("each", "key")},
		hcl.Pair{Name: "policy", Value: hcl.Ref("each", "value")})
}

func (w *writer) managedPolicies(r stack.Resource, v any) {
	w.Top("resource", []string{"aws_iam_role_policy_attachment", label(r.ID)},
		hcl.Pair{Name: "for_each", Value: hcl.Call("toset", w.value(v))},
		hcl.Pair{Name: "role", Value: w.expression(stack.Ref(r.ID))},
		hcl.Pair{Name: "policy_arn", Value: hcl.Ref("each", "value")})
}

// target writes the target of a rule.
func (w *writer) target(r stack.Resource, v any) {
	if len(list(v)) != 1 {
		w.cannot("a rule of Terraform has one target here, and not %d", len(list(v)))
	}
	b := w.Top("resource", []string{"aws_cloudwatch_event_target", label(r.ID)}, hcl.Pair{Name: "rule", Value: w.expression(stack.Ref(r.ID))})
	if bus := output.Find(r.Properties, "EventBusName"); bus != nil {
		b.Set(hcl.Pair{Name: "event_bus_name", Value: w.value(bus)})
	}
	for _, one := range list(v) {
		w.properties(b, arguments("Id=target_id Arn", delivery), one, r)
	}
}

// setting returns what writes a bucket's property as a resource.
func setting(resource string, of properties) writing {
	return writing{split: func(w *writer, r stack.Resource, v any) {
		b := w.Top("resource", []string{resource, label(r.ID)}, hcl.Pair{Name: "bucket", Value: w.expression(stack.Ref(r.ID))})
		for _, one := range list(v) {
			w.properties(b, of, one, r)
		}
		if resource == notification {
			w.waits(b, r)
		}
	}}
}

// notification tells functions, which it may do before it is there.
const notification = "aws_s3_bucket_notification"

func events(w *writer, _ stack.Resource, v any) []hcl.Pair {
	return []hcl.Pair{{Name: "events", Value: []any{w.value(v)}}}
}

func filter(w *writer, r stack.Resource, v any) []hcl.Pair {
	var out []hcl.Pair
	for _, rule := range list(output.Find(v, "S3Key", "Rules")) {
		name, _ := output.Find(rule, "Name").(string)
		out = append(out, hcl.Pair{Name: "filter_" + name, Value: w.value(output.Find(rule, "Value"))})
	}
	return out
}
