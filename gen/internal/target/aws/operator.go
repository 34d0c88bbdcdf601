package aws

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/fngen/fngen/gen/internal/config"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/output"
	"github.com/fngen/fngen/gen/internal/target/aws/stack"
)

const (
	partition = `^arn:aws[a-z-]*`
	// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
	inIAM = `[A-Za-z0-9+=,.@_/-]{0,639}[A-Za-z0-9+=,.@_-]$`
)

var (
	policyARN = regexp.MustCompile(partition + `:iam::([0-9]{12}|aws):policy/` + inIAM)

	boundaryKey = config.Key{Name: "permissions-boundary", Doc: "The ARN of the policy that bounds the roles of the stack.", Grammar: policyARN, Want: "the ARN of a policy"}
	rolePathKey = config.Key{Name: "role-path", Doc: "The path of the roles of the stack.",
		Grammar: regexp.MustCompile(`^/([A-Za-z0-9+=,.@_/-]{1,510}/)?$`), Want: "a path such as /teams/shop/"}
	roleKey = config.Key{Name: "role", Doc: "The ARN of a role that exists already, as which functions run; without one each has its own.",
		Grammar: regexp.MustCompile(partition + `:iam::[0-9]{12}:role/` + inIAM), Want: "the ARN of a role"}

	subnetsKey = config.Key{Name: "subnets", Doc: "The ids of the subnets.",
		Grammar: regexp.MustCompile(`^subnet-[0-9a-f]{8,17}$`), Want: "an id such as subnet-0a1b2c3d4e5f60718"}
	groupsKey = config.Key{Name: "security-groups", Doc: "The ids of the security groups.",
		Grammar: regexp.MustCompile(`^sg-[0-9a-f]{8,17}$`), Want: "an id such as sg-0a1b2c3d4e5f60718"}

	kmsKey = config.Key{Name: "kms-key", Doc: "The ARN of the KMS key that encrypts what the stack creates.",
		Grammar: regexp.MustCompile(partition + `:kms:[a-z0-9-]+:[0-9]{12}:key/(mrk-)?[0-9a-f-]{32,36}$`), Want: "the ARN of a key, and not that of an alias, to which no policy gives rights"}
	// No alarm tells a FIFO topic.
	alarmKey = config.Key{Name: "alarm-topic", Doc: "The ARN of the SNS topic that is told of functions that fail and of dead letters.",
		Grammar: regexp.MustCompile(partition + `:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}$`), Want: "the ARN of a standard topic"}

	tracingKey = config.Key{Name: model.KeyTracing, Doc: "Whether AWS X-Ray traces functions: active for a sample of its own, passthrough for what a caller traces, which is the default.",
		OneOf: []string{"active", "passthrough"}}
	formatKey = config.Key{Name: "log-format", Doc: "How Lambda writes its own lines into the log, and whether it filters by log-level.", OneOf: []string{"text", "json"}}
	// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html and
	// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-loggroups.html
	logGroupKey = config.Key{Name: "log-group", Doc: "The name of a log group that exists already, in the stack's account and region; without one each function has its own.",
		Grammar: regexp.MustCompile(`^[A-Za-z0-9_/.#-]{1,512}$`), Want: "the name of a log group, which does not begin with aws/",
		Valid: func(name string) error {
			if strings.HasPrefix(name, "aws/") {
				return fmt.Errorf("is %q, and names that begin with aws/ are AWS's own; did you mean /%s?", name, name)
			}
			return nil
		}}
	storageKey = config.Key{Name: "ephemeral-storage", Doc: "The size of /tmp, from 512MB to 10GB.", Low: 512, High: 10_240}

	managedKey    = config.Key{Name: "policies", Doc: "The ARNs of managed policies that the function's role has besides.", Grammar: policyARN, Want: "the ARN of a policy"}
	statementsKey = config.Key{Name: "statements", Doc: "What the function may do besides."}
	allowKey      = config.Key{Name: "actions", Doc: "IAM's actions.",
		Grammar: regexp.MustCompile(`^[a-z0-9-]{1,64}:[A-Za-z0-9]{1,128}$`), Want: "an action without a wildcard, ses:SendEmail for instance"}
	onKey = config.Key{Name: "resources", Doc: "The ARNs of what they are done with.",
		Grammar: regexp.MustCompile(partition + `:[a-z0-9-]+:[a-z0-9-]*:([0-9]{12}|aws)?:[A-Za-z0-9/._-][!-~]*$`), Want: "an ARN that names a resource; only what follows the beginning of its name may be *",
		Valid: func(arn string) error {
			if strings.Contains(arn, reference) {
				return fmt.Errorf("holds {{resolve:, which CloudFormation takes for a reference; write the ARN itself")
			}
			return nil
		}}
)

// operated is what operators decide for a function, and "" or 0 where they do not.
type operated struct {
	boundary, role, tracing, format, logGroup string
	storage                                   int // MiB
	network                                   vpc
	managed                                   []string // policies
	statements                                []statement
}

// A vpc is what a function is connected to; nothing without subnets.
type vpc struct{ subnets, groups []string }

// readOperators reads what operators decide: for all functions, and for single ones
// over that.
func (t *Target) readOperators(says config.Sections) {
	s := says.Target
	t.rolePath, t.key, t.alarms = s.String(rolePathKey), s.String(kmsKey), s.String(alarmKey)
	for key, arn := range map[string]string{kmsKey.Name: t.key, alarmKey.Name: t.alarms} {
		if t.region != "" && arn != "" && strings.Split(arn, ":")[3] != t.region {
			s.Refuse("config-value", key, "is in another region than %s, where the stack is; give one there", t.region)
		}
	}
	if t.key != "" {
		t.keyAt = s.Position(kmsKey.Name)
	}
	t.all = operated{tracing: s.String(tracingKey)}.over(s)
	for name, f := range says.Functions {
		o := t.all.over(f)
		o.managed = f.Strings(managedKey)
		f.Each(statementsKey, func(s *config.Settings) {
			may := statement{actions: s.Strings(allowKey)}
			for _, arn := range s.Strings(onKey) {
				may.resources = append(may.resources, output.Text(arn))
			}
			if s.Need(allowKey.Name, onKey.Name); len(may.actions) > 0 && len(may.resources) > 0 {
				o.statements = append(o.statements, may)
			}
		})
		for _, key := range []string{managedKey.Name, statementsKey.Name} {
			if o.role != "" && f.Has(key) {
				f.Refuse("config-value", key, "are for a role of the function's own, and it runs as %s, which exists already; give the rights to that role, or remove %s", o.role, roleKey.Name)
			}
		}
		t.functions[name] = o
	}
}

// over returns what the settings say, and the rest as it is.
func (o operated) over(s *config.Settings) operated {
	o.boundary = cmp.Or(s.String(boundaryKey), o.boundary)
	o.role = cmp.Or(s.String(roleKey), o.role)
	o.format = cmp.Or(s.String(formatKey), o.format)
	o.logGroup = cmp.Or(s.String(logGroupKey), o.logGroup)
	o.storage = cmp.Or(s.Size(storageKey), o.storage)
	v := s.Section("vpc", "The network that functions are connected to.")
	network := vpc{v.Strings(subnetsKey), v.Strings(groupsKey)}
	if v.Need(subnetsKey.Name, groupsKey.Name); s.Has("vpc") {
		o.network = network
	}
	// https://docs.aws.amazon.com/lambda/latest/api/API_VpcConfig.html
	for key, of := range map[string]struct{ is, most int }{subnetsKey.Name: {len(network.subnets), 16}, groupsKey.Name: {len(network.groups), 5}} {
		if of.is > of.most {
			v.Refuse("config-value", key, "has %d ids, and Lambda takes %d; give fewer", of.is, of.most)
		}
	}
	return o
}

// operated returns what operators decide for the function.
func (t Target) operated(f model.Function) operated {
	o, ok := t.functions[f.Name]
	if !ok {
		o = t.all
	}
	o.tracing = cmp.Or(f.Operation.Tracing, o.tracing)
	return o
}

// attach is what Lambda needs to connect the function, on all resources as its
// documentation has it, and not the function's own code, whose calls have the key of
// the condition.
//
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
func (v vpc) attach() []statement {
	if v.subnets == nil {
		return nil
	}
	return []statement{{
		actions: []string{"ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:DeleteNetworkInterface",
			"ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"},
		resources: []any{output.Text("*")},
		condition: output.Mapping{{Key: "Null", Value: output.Mapping{{Key: "lambda:SourceFunctionArn", Value: output.Text("true")}}}},
	}}
}

// logging is the function's LoggingConfig. Lambda filters what a program writes if
// the format is JSON, by its level, which would be INFO.
//
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
func (b *builder) logging(f model.Function) output.Mapping {
	o := b.operated(f)
	group, level := cmp.Or[any](optional(o.logGroup), stack.Ref(of(f, "Logs"))), ""
	for _, v := range f.Operation.Env {
		if known := strings.ToUpper(v.Value); v.Name == model.LogLevel && o.format == "json" && slices.Contains([]string{"DEBUG", "INFO", "WARN", "ERROR"}, known) {
			level = known
		}
	}
	return mapping(
		output.Member{Key: "LogFormat", Value: map[string]string{"text": "Text", "json": "JSON"}[o.format]},
		output.Member{Key: "ApplicationLogLevel", Value: level},
		output.Member{Key: "LogGroup", Value: group},
	)
}

// logs returns the ARN of the function's log group.
func (b *builder) logs(f model.Function) any {
	if name := b.operated(f).logGroup; name != "" {
		return regional("logs", "log-group:"+name+":*")
	}
	return stack.Arn(of(f, "Logs"))
}

// ofKey are the actions with what lies encrypted, and what of its key each needs:
// SQS, SNS, Kinesis, DynamoDB and S3 use it in the name of who calls them.
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
// https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
// https://docs.aws.amazon.com/streams/latest/dev/permissions-user-key-KMS.html
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
func ofKey(action string) []string {
	switch {
	case slices.Contains([]string{"sqs:SendMessage", "sns:Publish", "s3:PutObject"}, action):
		return []string{"kms:Decrypt", "kms:GenerateDataKey"}
	case slices.Contains([]string{"sqs:ReceiveMessage", "kinesis:GetRecords", "s3:GetObject"}, action), strings.HasPrefix(action, "dynamodb:"):
		return []string{"kms:Decrypt"}
	}
	return nil
}

// withKey returns the statements and, if they are about what the stack encrypts with
// the operators' key, or about the further uses of it, one for the key.
func (b *builder) withKey(may []statement, further ...string) []statement {
	for _, s := range may {
		if !slices.ContainsFunc(s.resources, isOwn) {
			continue
		}
		for _, action := range s.actions {
			further = append(further, ofKey(action)...)
		}
	}
	if b.key == "" || len(further) == 0 {
		return may
	}
	slices.Sort(further)
	return append(may, statement{actions: slices.Compact(further), resources: []any{output.Text(b.key)}})
}

// isOwn reports whether the ARN is of something that the stack creates.
func isOwn(arn any) bool {
	return slices.ContainsFunc(stack.Parts(arn), func(part any) bool {
		_, reference := part.(stack.Ref)
		_, attribute := part.(stack.Attribute)
		return reference || attribute || part == stack.Unique
	})
}

// roleOf is the ARN of the role as which the function runs.
func (b *builder) roleOf(f model.Function) any {
	return cmp.Or[any](optional(b.operated(f).role), stack.Arn(of(f, "Role")))
}

// functionRole adds the function's role, or says what the one that exists already
// must permit.
func (b *builder) functionRole(f model.Function, policies []output.Mapping) {
	o := b.operated(f)
	if o.role == "" {
		if len(o.statements) > 0 {
			policies = append(policies, inline(operatorPolicy, o.statements...))
		}
		b.role(f, of(f, "Role"), "lambda.amazonaws.com", nil, o.managed, policies...)
		return
	}
	var rights []string
	for _, p := range policies {
		statements, _ := output.Find(p, "PolicyDocument", "Statement").([]output.Mapping)
		for _, s := range statements {
			actions, _ := output.Find(s, "Action").([]string)
			resources, _ := output.Find(s, "Resource").([]any)
			var on []string
			for _, r := range resources {
				on = append(on, inWords(r))
			}
			rights = append(rights, strings.Join(actions, ", ")+" on "+strings.Join(on, ", "))
		}
	}
	report := model.NewReport(b.Name(), f)
	report.Warnf("role-existing", "the role %s exists already, and nothing is added to it; let lambda.amazonaws.com assume it, and permit it %s", o.role, strings.Join(rights, "; "))
	b.found = append(b.found, report.Diagnostics...)
}

// inWords is the text with names of what is known later.
func inWords(v any) string {
	text := ""
	for _, part := range stack.Parts(v) {
		switch part := part.(type) {
		case stack.Attribute:
			text += part.ID
		case stack.Parameter:
			text += "${" + string(part) + "}"
		default:
			text += fmt.Sprint(part)
		}
	}
	return text
}

// keyPolicy says whom the policy of the key must let use it, besides the roles of
// the functions.
func (b *builder) keyPolicy() {
	var services []string
	for _, r := range b.Resources {
		if r.Kind == "AWS::Logs::LogGroup" {
			services = append(services, "logs.REGION.amazonaws.com")
		}
	}
	for _, s := range b.senders {
		services = append(services, s.principal)
	}
	slices.Sort(services)
	if b.key != "" && services != nil {
		b.found = append(b.found, model.Diagnostic{Code: "key-policy", Pos: b.keyAt, Severity: model.Warning,
			Message: "targets.aws.kms-key: the policy of the key must let " + strings.Join(slices.Compact(services), ", ") + " use it, or the deployment fails and dead letters are lost; docs/operations.md has the statements"})
	}
}
