package estate

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/fngen/fngen/internal/testkit/cfn"
)

// A templateKind is one of CloudFormation's: what Ref, which is "", and GetAtt have
// of it, as a word says the same, and what its properties mean. Of a property that
// is not there CloudFormation, or the service behind it, takes the value that the
// documentation of the property names.
//
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/
type templateKind struct {
	word       string
	attributes map[string]string
	read       func(e *Estate, id string, r *reader)
}

var templateKinds = map[string]templateKind{
	"AWS::Lambda::Function":           {"function", map[string]string{"": "name", "Arn": "arn"}, templateFunction},
	"AWS::IAM::Role":                  {"role", map[string]string{"": "name", "Arn": "arn"}, templateRole},
	"AWS::Logs::LogGroup":             {"logs", map[string]string{"": "name", "Arn": "arn"}, templateLogs},
	"AWS::Lambda::EventInvokeConfig":  {"retries", nil, templateRetries},
	"AWS::Lambda::Permission":         {"permission", nil, templatePermission},
	"AWS::Lambda::Url":                {"url", map[string]string{"FunctionUrl": "address"}, templateURL},
	"AWS::Lambda::EventSourceMapping": {"mapping", map[string]string{"": "id", "Id": "id"}, templateMapping},
	"AWS::SQS::Queue":                 {"queue", map[string]string{"": "url", "QueueUrl": "url", "Arn": "arn", "QueueName": "name"}, templateQueue},
	"AWS::SQS::QueuePolicy":           {"policy", nil, templateQueuePolicy},
	"AWS::SNS::Topic":                 {"topic", map[string]string{"": "arn", "TopicArn": "arn", "TopicName": "name"}, templateTopic},
	"AWS::SNS::TopicPolicy":           {"policy", nil, templateTopicPolicy},
	"AWS::SNS::Subscription":          {"subscription", nil, templateSubscription},
	"AWS::S3::Bucket":                 {"bucket", map[string]string{"": "name", "Arn": "arn"}, templateBucket},
	"AWS::S3::BucketPolicy":           {"policy", nil, templateBucketPolicy},
	"AWS::DynamoDB::Table":            {"table", map[string]string{"": "name", "Arn": "arn", "StreamArn": "stream"}, templateTable},
	"AWS::Kinesis::Stream":            {"stream", map[string]string{"": "name", "Arn": "arn"}, templateStream},
	"AWS::Events::Rule":               {"rule", map[string]string{"Arn": "arn"}, templateRule},
	"AWS::Scheduler::Schedule":        {"schedule", map[string]string{"": "name", "Arn": "arn"}, templateSchedule},
	"AWS::ApiGatewayV2::Api":          {"api", map[string]string{"": "id", "ApiEndpoint": "address"}, templateAPI},
	"AWS::ApiGatewayV2::Stage":        {"stage", map[string]string{"": "name"}, templateStage},
	"AWS::ApiGatewayV2::Integration":  {"integration", map[string]string{"": "id"}, templateIntegration},
	"AWS::ApiGatewayV2::Route":        {"route", map[string]string{"": "id"}, templateRoute},
	"AWS::CloudWatch::Alarm":          {"alarm", map[string]string{"": "name", "Arn": "arn"}, templateAlarm},
}

// Template reads a template.
func Template(data []byte) Estate {
	t, err := cfn.Parse(data)
	if err != nil {
		return Estate{Problems: []string{err.Error()}}
	}
	return ofTemplate(t)
}

func ofTemplate(t cfn.Template) Estate {
	var e Estate
	lookup := func(r cfn.Reference) (string, error) {
		if text, ok := pseudo[r.String()]; ok {
			return text, nil
		}
		k := templateKinds[t.Resources[r.ID].Type]
		attribute, ok := k.attributes[r.Attribute]
		if !ok {
			return "", fmt.Errorf("%s of %s, of the type %q, is not known", r.Attribute, r.ID, t.Resources[r.ID].Type)
		}
		if k.word == "logs" && attribute == "arn" {
			return word("logs", lower(r.ID), "arn") + ":*", nil // unlike Terraform's
		}
		return word(k.word, lower(r.ID), attribute), nil
	}
	resolve := func(at string, value any) any {
		resolved, err := cfn.Resolve(value, lookup)
		if err != nil {
			e.problem("%s: %v", at, err)
		}
		return plain(resolved)
	}
	e.region(t.Rules)
	taken := map[string]string{}
	for _, id := range t.IDs("") {
		r := t.Resources[id]
		k, ok := templateKinds[r.Type]
		if !ok {
			e.problem("%s is of the type %s, which is not known", id, r.Type)
			continue
		}
		if other := taken[lower(id)]; other != "" {
			e.problem("%s and %s have one id here", id, other)
		}
		taken[lower(id)] = id
		members, _ := resolve(id, any(r.Properties)).(map[string]any)
		reader := e.reader(id, members)
		e.retain(k.word, id, r)
		if k.word == "bucket" {
			for _, on := range r.DependsOn {
				b := of(&e.Buckets, lower(id))
				b.After = append(b.After, templateKinds[t.Resources[on].Type].word+" "+lower(on))
				slices.Sort(b.After)
			}
		} else if r.DependsOn != nil {
			e.problem("%s depends on %v, which is not read", id, r.DependsOn)
		}
		k.read(&e, lower(id), reader)
		reader.done()
	}
	for _, name := range slices.Sorted(maps.Keys(t.Outputs)) {
		members, _ := resolve(name, t.Outputs[name]).(map[string]any)
		o := e.reader("output "+name, members)
		e.Outputs = append(e.Outputs, must[string](o, "Value"))
		must[string](o, "Description")
		o.done()
	}
	return e
}

func lower(id string) string { return strings.ToLower(id) }

var pseudo = map[string]string{
	"AWS::AccountId": "‹account›", "AWS::Partition": "‹partition›", "AWS::Region": "‹region›", "AWS::StackName": "‹deployment›", "AWS::URLSuffix": "‹suffix›",
	"AWS::StackId": "0/1/‹unique0›-‹unique1›-4-5-6", // of whose last part the first two groups are unique
}

var (
	unique = strings.NewReplacer("‹unique0›‹unique1›", "‹unique›")
	// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-secretsmanager.html
	dynamic = regexp.MustCompile(`\{\{resolve:secretsmanager:([^:}]+)(?::SecretString:([^:}]+))?\}\}`)
)

// plain has what is unique and secrets as words.
func plain(value any) any {
	switch v := value.(type) {
	case string:
		if v = unique.Replace(v); !strings.Contains(v, "{{resolve:") {
			return v
		}
		return dynamic.ReplaceAllStringFunc(v, func(s string) string {
			of := dynamic.FindStringSubmatch(s)
			if of[2] == "" {
				return word("secret", of[1])
			}
			return word("secret", of[1], of[2])
		})
	case []any:
		for i := range v {
			v[i] = plain(v[i])
		}
	case map[string]any:
		for key := range v {
			v[key] = plain(v[key])
		}
	}
	return value
}

// region reads the rules, of which there is one for the region alone.
//
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/rules-section-structure.html
func (e *Estate) region(rules map[string]any) {
	r := e.reader("Rules", rules)
	for name := range rules {
		assertion := r.below(name).below("Assertions")
		must[string](assertion, "AssertDescription")
		sides := must[[]any](assertion.below("Assert"), "Fn::Equals")
		if len(sides) != 2 || fmt.Sprint(sides[0]) != "map[Ref:AWS::Region]" || e.Region != "" {
			e.problem("the rule %s compares %v, and the region is %q", name, sides, e.Region)
			continue
		}
		e.Region, _ = sides[1].(string)
	}
	r.done()
}

// retain reads what becomes of a resource that the stack no longer has.
//
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
func (e *Estate) retain(kind, id string, r cfn.Resource) {
	kept := slices.Contains([]string{"Retain", "RetainExceptOnCreate"}, r.DeletionPolicy)
	if kept != (r.UpdateReplacePolicy == "Retain") || !kept && r.DeletionPolicy+r.UpdateReplacePolicy != "" {
		e.problem("%s has the policies %q and %q", id, r.DeletionPolicy, r.UpdateReplacePolicy)
	}
	e.keep(kind, lower(id), kept)
}

func (e *Estate) keep(kind, id string, kept bool) {
	if kept {
		if e.Retained == nil {
			e.Retained = map[string]bool{}
		}
		e.Retained[kind+" "+id] = true
	}
}

// name notes the name that the resource is given.
func (e *Estate) name(kind, id, name string) {
	if name != "" {
		if e.Names == nil {
			e.Names = map[string]string{}
		}
		e.Names[kind+" "+id] = name
	}
}

func templateFunction(e *Estate, id string, r *reader) {
	f := of(&e.Functions, id)
	e.name("function", id, get(r, "FunctionName", ""))
	f.Description, f.Runtime, f.Handler = get(r, "Description", ""), must[string](r, "Runtime"), must[string](r, "Handler")
	f.Archive = strings.TrimPrefix(must[string](r, "Code"), "./")
	f.Role, f.Key = must[string](r, "Role"), get(r, "KmsKeyArn", "")
	f.Architectures, f.Memory, f.Timeout = r.texts("Architectures", "x86_64"), get(r, "MemorySize", 128), get(r, "Timeout", 3)
	f.Reserved, f.Storage = get(r, "ReservedConcurrentExecutions", -1), get(r.below("EphemeralStorage"), "Size", 512)
	f.Variables = r.below("Environment").mapping("Variables")
	f.Tracing = get(r.below("TracingConfig"), "Mode", "PassThrough")
	logging := r.below("LoggingConfig")
	f.LogGroup, f.LogFormat = get(logging, "LogGroup", ""), get(logging, "LogFormat", "Text")
	f.ApplicationLevel, f.SystemLevel = get(logging, "ApplicationLogLevel", ""), get(logging, "SystemLogLevel", "")
	vpc := r.below("VpcConfig")
	f.Subnets, f.SecurityGroups = vpc.texts("SubnetIds"), vpc.texts("SecurityGroupIds")
}

func templateRole(e *Estate, id string, r *reader) {
	role := of(&e.Roles, id)
	e.name("role", id, get(r, "RoleName", ""))
	role.Path, role.Boundary = get(r, "Path", "/"), get(r, "PermissionsBoundary", "")
	role.Trust, role.Managed, role.Policies = r.policy("AssumeRolePolicyDocument"), r.texts("ManagedPolicyArns"), map[string][]Statement{}
	for _, p := range r.each("Policies") {
		role.Policies[must[string](p, "PolicyName")] = p.policy("PolicyDocument")
	}
}

func templateLogs(e *Estate, id string, r *reader) {
	e.name("logs", id, get(r, "LogGroupName", ""))
	*of(&e.Logs, id) = Logs{Days: get(r, "RetentionInDays", 0), Key: get(r, "KmsKeyId", "")}
}

func templateRetries(e *Estate, id string, r *reader) {
	*of(&e.Retries, id) = Retries{
		Function: r.function("FunctionName"), Qualifier: must[string](r, "Qualifier"), OnFailure: get(r.below("DestinationConfig").below("OnFailure"), "Destination", ""),
		Attempts: get(r, "MaximumRetryAttempts", 2), Age: get(r, "MaximumEventAgeInSeconds", 21600),
	}
}

func templatePermission(e *Estate, id string, r *reader) {
	*of(&e.Permissions, id) = Permission{
		Function: r.function("FunctionName"), Action: must[string](r, "Action"), Principal: must[string](r, "Principal"),
		Source: get(r, "SourceArn", ""), Account: get(r, "SourceAccount", ""), Auth: get(r, "FunctionUrlAuthType", ""), ViaURL: get(r, "InvokedViaFunctionUrl", false),
	}
}

func templateURL(e *Estate, id string, r *reader) {
	*of(&e.URLs, id) = URL{r.function("TargetFunctionArn"), must[string](r, "AuthType"), get(r, "InvokeMode", "BUFFERED")}
}

func templateMapping(e *Estate, id string, r *reader) {
	m := of(&e.Mappings, id)
	m.Function, m.Source, m.Start, m.Key = r.function("FunctionName"), must[string](r, "EventSourceArn"), get(r, "StartingPosition", ""), get(r, "KmsKeyArn", "")
	m.OnFailure = get(r.below("DestinationConfig").below("OnFailure"), "Destination", "")
	m.Responses, m.Metrics = r.texts("FunctionResponseTypes"), r.below("MetricsConfig").texts("Metrics")
	for _, f := range r.below("FilterCriteria").each("Filters") {
		m.Filters = append(m.Filters, must[string](f, "Pattern"))
	}
	m.Batch, m.Window, m.Parallel = get(r, "BatchSize", 0), get(r, "MaximumBatchingWindowInSeconds", 0), get(r, "ParallelizationFactor", 0)
	m.Concurrency = get(r.below("ScalingConfig"), "MaximumConcurrency", 0)
	m.Attempts, m.Age, m.Bisect = get(r, "MaximumRetryAttempts", -1), get(r, "MaximumRecordAgeInSeconds", -1), get(r, "BisectBatchOnFunctionError", false)
}

func templateQueue(e *Estate, id string, r *reader) {
	q := of(&e.Queues, id)
	e.name("queue", id, get(r, "QueueName", ""))
	q.FIFO, q.Visibility, q.Keep, q.MaxLength = get(r, "FifoQueue", false), get(r, "VisibilityTimeout", 30), get(r, "MessageRetentionPeriod", 4*24*60*60), get(r, "MaximumMessageSize", 1024*1024)
	q.Key = get(r, "KmsMasterKeyId", "")
	q.Managed = get(r, "SqsManagedSseEnabled", q.Key == "")
	redrive := r.jsonBelow("RedrivePolicy")
	q.Letters, q.Receives = get(redrive, "deadLetterTargetArn", ""), get(redrive, "maxReceiveCount", 0)
}

func templateQueuePolicy(e *Estate, _ string, r *reader) {
	statements := r.policy("PolicyDocument")
	for _, queue := range r.texts("Queues") {
		r.set(&of(&e.Queues, r.refers(queue, "queue")).Policy, statements)
	}
}

func templateTopic(e *Estate, id string, r *reader) {
	e.name("topic", id, get(r, "TopicName", ""))
	of(&e.Topics, id).Key = get(r, "KmsMasterKeyId", "")
}

func templateTopicPolicy(e *Estate, _ string, r *reader) {
	statements := r.policy("PolicyDocument")
	for _, topic := range r.texts("Topics") {
		r.set(&of(&e.Topics, r.refers(topic, "topic")).Policy, statements)
	}
}

func templateSubscription(e *Estate, id string, r *reader) {
	*of(&e.Subscriptions, id) = Subscription{must[string](r, "TopicArn"), must[string](r, "Protocol"), must[string](r, "Endpoint"), get(r.jsonBelow("RedrivePolicy"), "deadLetterTargetArn", "")}
}

func templateBucket(e *Estate, id string, r *reader) {
	b := of(&e.Buckets, id)
	e.name("bucket", id, get(r, "BucketName", ""))
	for _, n := range r.below("NotificationConfiguration").each("LambdaConfigurations") {
		one := Notification{Event: must[string](n, "Event"), Function: n.function("Function")}
		for _, rule := range n.below("Filter").below("S3Key").each("Rules") {
			switch name := must[string](rule, "Name"); name {
			case "prefix":
				one.Prefix = must[string](rule, "Value")
			case "suffix":
				one.Suffix = must[string](rule, "Value")
			default:
				rule.problem("Name is %s", name)
			}
		}
		b.Notifies = append(b.Notifies, one)
	}
	b.sort()
	public := r.below("PublicAccessBlockConfiguration")
	b.Blocked = [4]bool{get(public, "BlockPublicAcls", false), get(public, "BlockPublicPolicy", false), get(public, "IgnorePublicAcls", false), get(public, "RestrictPublicBuckets", false)}
	rule := r.below("BucketEncryption").below("ServerSideEncryptionConfiguration")
	b.BucketKey = get(rule, "BucketKeyEnabled", false)
	b.Encryption, b.Key = get(rule.below("ServerSideEncryptionByDefault"), "SSEAlgorithm", "AES256"), get(rule.below("ServerSideEncryptionByDefault"), "KMSMasterKeyID", "")
}

func templateBucketPolicy(e *Estate, _ string, r *reader) {
	r.set(&of(&e.Buckets, r.refers(must[string](r, "Bucket"), "bucket")).Policy, r.policy("PolicyDocument"))
}

func templateTable(e *Estate, id string, r *reader) {
	t := of(&e.Tables, id)
	e.name("table", id, get(r, "TableName", ""))
	t.Billing, t.Attributes = get(r, "BillingMode", "PROVISIONED"), map[string]string{}
	for _, a := range r.each("AttributeDefinitions") {
		t.Attributes[must[string](a, "AttributeName")] = must[string](a, "AttributeType")
	}
	for _, k := range r.each("KeySchema") {
		switch kind, name := must[string](k, "KeyType"), must[string](k, "AttributeName"); kind {
		case "HASH":
			t.Hash = name
		case "RANGE":
			t.Range = name
		default:
			k.problem("KeyType is %s", kind)
		}
	}
	t.Images = get(r.below("StreamSpecification"), "StreamViewType", "")
	t.PointInTime = get(r.below("PointInTimeRecoverySpecification"), "PointInTimeRecoveryEnabled", false)
	sse := r.below("SSESpecification")
	t.OwnKey, t.Key = get(sse, "SSEEnabled", false), get(sse, "KMSMasterKeyId", "")
	if kind := get(sse, "SSEType", "KMS"); kind != "KMS" {
		sse.problem("SSEType is %s", kind)
	}
}

func templateStream(e *Estate, id string, r *reader) {
	s := of(&e.Streams, id)
	e.name("stream", id, get(r, "Name", ""))
	s.Mode, s.Hours = get(r.below("StreamModeDetails"), "StreamMode", "PROVISIONED"), get(r, "RetentionPeriodHours", 24)
	encryption := r.below("StreamEncryption")
	s.Encryption, s.Key = get(encryption, "EncryptionType", "NONE"), get(encryption, "KeyId", "")
}

func templateRule(e *Estate, id string, r *reader) {
	rule := of(&e.Rules, id)
	e.name("rule", id, get(r, "Name", ""))
	rule.Bus, rule.State, rule.Pattern, rule.Targets = get(r, "EventBusName", "default"), get(r, "State", "ENABLED"), r.json("EventPattern"), map[string]Target{}
	for _, t := range r.each("Targets") {
		rule.Targets[must[string](t, "Id")] = templateTarget(t)
	}
}

func templateTarget(r *reader) Target {
	retry := r.below("RetryPolicy")
	return Target{
		ARN: must[string](r, "Arn"), Role: get(r, "RoleArn", ""), Input: get(r, "Input", ""), Letters: get(r.below("DeadLetterConfig"), "Arn", ""),
		Attempts: get(retry, "MaximumRetryAttempts", 185), Age: get(retry, "MaximumEventAgeInSeconds", 24*60*60),
	}
}

func templateSchedule(e *Estate, id string, r *reader) {
	s := of(&e.Schedules, id)
	e.name("schedule", id, get(r, "Name", ""))
	s.Expression, s.Zone = must[string](r, "ScheduleExpression"), get(r, "ScheduleExpressionTimezone", "UTC")
	s.Window, s.Group, s.State, s.Key = must[string](r.below("FlexibleTimeWindow"), "Mode"), get(r, "GroupName", "default"), get(r, "State", "ENABLED"), get(r, "KmsKeyArn", "")
	s.Target = templateTarget(r.below("Target"))
}

func templateAPI(e *Estate, id string, r *reader) {
	*of(&e.APIs, id) = API{must[string](r, "Name"), must[string](r, "ProtocolType")}
}

func templateStage(e *Estate, id string, r *reader) {
	*of(&e.Stages, id) = Stage{must[string](r, "ApiId"), must[string](r, "StageName"), get(r, "AutoDeploy", false)}
}

func templateIntegration(e *Estate, id string, r *reader) {
	*of(&e.Integrations, id) = Integration{must[string](r, "ApiId"), must[string](r, "IntegrationType"), must[string](r, "IntegrationUri"), get(r, "PayloadFormatVersion", "1.0")}
}

func templateRoute(e *Estate, id string, r *reader) {
	*of(&e.Routes, id) = Route{must[string](r, "ApiId"), must[string](r, "RouteKey"), get(r, "AuthorizationType", "NONE"), get(r, "Target", "")}
}

func templateAlarm(e *Estate, id string, r *reader) {
	a := of(&e.Alarms, id)
	e.name("alarm", id, get(r, "AlarmName", ""))
	a.Description, a.Namespace, a.Metric, a.Statistic = get(r, "AlarmDescription", ""), must[string](r, "Namespace"), must[string](r, "MetricName"), must[string](r, "Statistic")
	a.Operator, a.Missing = must[string](r, "ComparisonOperator"), get(r, "TreatMissingData", "missing")
	a.Threshold, a.Period, a.Periods = must[int](r, "Threshold"), must[int](r, "Period"), must[int](r, "EvaluationPeriods")
	a.Datapoints = get(r, "DatapointsToAlarm", a.Periods)
	a.Tells, a.TellsOK, a.Dimensions = r.texts("AlarmActions"), r.texts("OKActions"), map[string]string{}
	for _, d := range r.each("Dimensions") {
		a.Dimensions[must[string](d, "Name")] = must[string](d, "Value")
	}
}
