package aws_test

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/fngen/fngen/internal/testkit/cfn"
)

// wildcards are the resources with a * that policies may name, with the action
// and the reason.
var wildcards = []struct{ action, suffix, reason string }{
	{"dynamodb:ListStreams", "/stream/*", "IAM knows the action for the streams of a table alone, whose names hold times: " +
		"https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html"},
	{"xray:PutTraceSegments", "*", "X-Ray knows no resources: " +
		"https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html"},
	{"xray:PutTelemetryRecords", "*", "as above"},
	{"secretsmanager:GetSecretValue", "-??????", "nobody knows how the ARN of a secret ends: " +
		"https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_iam-policies.html"},
	{"s3:GetObject", "/*", "objects of a bucket, or those below a prefix"},
	{"s3:PutObject", "/*", "as above"},
	{"s3:DeleteObject", "/*", "as above"},
	{"s3:AbortMultipartUpload", "/*", "as above"},
	{"s3:GetObjectTagging", "/*", "as above, since fngen.yaml says so"},
	{"logs:CreateLogStream", ":log-group:/teams/orders:*", "the streams of a log group"},
	{"logs:PutLogEvents", ":log-group:/teams/orders:*", "as above"},
	{"ec2:CreateNetworkInterface", "*", "Lambda asks for all resources, and the condition is for Lambda alone: " +
		"https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html"},
	{"ec2:DeleteNetworkInterface", "*", "as above"},
	{"ec2:AssignPrivateIpAddresses", "*", "as above"},
	{"ec2:UnassignPrivateIpAddresses", "*", "as above"},
	{"ec2:DescribeNetworkInterfaces", "*", "as above"},
	{"ec2:DescribeSubnets", "*", "as above"},
	{"s3:PutObject", ".Arn}/aws/lambda/*", "Lambda names the objects that hold dead letters, below this prefix: " +
		"https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html"},
}

// No policy of any template is broader than what it is for: each statement
// allows named actions on named resources, to named principals.
func TestPolicies(t *testing.T) {
	for _, g := range goldens(t) {
		template := g.template(t)
		documents := 0
		for _, id := range template.IDs("") {
			for at, document := range policies(template.Resources[id].Properties, id) {
				documents++
				checkPolicy(t, g.name+": "+at, document)
			}
		}
		inRoles := 0
		for _, id := range template.IDs("AWS::IAM::Role") {
			inRoles += len(template.Resources[id].Properties["Policies"].([]any))
		}
		owned := len(template.IDs("AWS::SQS::Queue")) + len(template.IDs("AWS::SNS::Topic")) + len(template.IDs("AWS::S3::Bucket"))
		if want := len(template.IDs("AWS::IAM::Role")) + inRoles + owned; documents != want {
			t.Errorf("%s: %d policy documents, want %d: each role's trust and own policies, and those of queues, topics and buckets", g.name, documents, want)
		}
	}
}

// policies returns every policy document in the value, by its place.
func policies(value any, at string) map[string]map[string]any {
	out := map[string]map[string]any{}
	switch v := value.(type) {
	case []any:
		for i, element := range v {
			maps.Copy(out, policies(element, fmt.Sprintf("%s.%d", at, i)))
		}
	case map[string]any:
		for key, member := range v {
			if document, ok := member.(map[string]any); ok && strings.HasSuffix(key, "PolicyDocument") {
				out[at+"."+key] = document
				continue
			}
			maps.Copy(out, policies(member, at+"."+key))
		}
	}
	return out
}

func checkPolicy(t *testing.T, at string, document map[string]any) {
	t.Helper()
	statements, _ := document["Statement"].([]any)
	if document["Version"] != "2012-10-17" || len(statements) == 0 || len(document) != 2 {
		t.Errorf("%s is not a policy of version 2012-10-17: %v", at, document)
	}
	for i, s := range statements {
		statement, ok := s.(map[string]any)
		if ok && isTLSOnly(statement) {
			continue
		}
		if !ok || statement["Effect"] != "Allow" {
			t.Errorf("%s: statement %d allows nothing: %v", at, i, s)
			continue
		}
		checkStatement(t, fmt.Sprintf("%s: statement %d", at, i), statement)
	}
}

// isTLSOnly reports whether the statement denies something to everybody who comes
// without TLS, and nothing else.
func isTLSOnly(s map[string]any) bool {
	condition := map[string]any{"Bool": map[string]any{"aws:SecureTransport": "false"}}
	return s["Effect"] == "Deny" && s["Principal"] == "*" && reflect.DeepEqual(s["Condition"], condition)
}

// Whoever comes to a queue, a topic or a bucket of the stack comes with TLS, and
// what lies there is encrypted.
func TestTransport(t *testing.T) {
	owner := map[string]string{"AWS::SQS::Queue": "Queues", "AWS::SNS::Topic": "Topics", "AWS::S3::Bucket": "Bucket"}
	for _, g := range goldens(t) {
		template := g.template(t)
		closed := map[string]bool{}
		for _, id := range template.IDs("") {
			p := template.Resources[id].Properties
			for of, key := range owner {
				if template.Resources[id].Type != of+"Policy" {
					continue
				}
				for _, document := range policies(p, id) {
					for _, s := range document["Statement"].([]any) {
						if statement := s.(map[string]any); isTLSOnly(statement) {
							closed[one(t, p[key]).ID] = true
							references, err := cfn.References(statement["Resource"])
							if err != nil || slices.ContainsFunc(references, func(r cfn.Reference) bool { return r.ID != one(t, p[key]).ID }) {
								t.Errorf("%s: %s is for %v (%v)", g.name, id, references, err)
							}
						}
					}
				}
			}
		}
		for _, id := range template.IDs("") {
			p := template.Resources[id].Properties
			kind := template.Resources[id].Type
			if owner[kind] != "" && !closed[id] {
				t.Errorf("%s: %s takes what comes without TLS", g.name, id)
			}
			safe := true
			var key any
			if g.name == "operators" {
				key = operatorsKey
			}
			switch kind {
			case "AWS::SQS::Queue":
				safe = p["SqsManagedSseEnabled"] == true && key == nil || p["KmsMasterKeyId"] == key
			case "AWS::SNS::Topic":
				safe = p["KmsMasterKeyId"] == key
			case "AWS::Logs::LogGroup":
				safe = p["KmsKeyId"] == key
			case "AWS::Lambda::Function":
				safe = p["KmsKeyArn"] == key
			case "AWS::S3::Bucket":
				rule := at(p, "BucketEncryption", "ServerSideEncryptionConfiguration", 0)
				by := at(rule, "ServerSideEncryptionByDefault")
				safe = (key == nil && at(by, "SSEAlgorithm") == "AES256" || key != nil && at(by, "SSEAlgorithm") == "aws:kms" && at(by, "KMSMasterKeyID") == key && at(rule, "BucketKeyEnabled") == true) &&
					at(p, "PublicAccessBlockConfiguration", "RestrictPublicBuckets") == true && at(p, "PublicAccessBlockConfiguration", "BlockPublicPolicy") == true
			case "AWS::Kinesis::Stream":
				safe = at(p, "StreamEncryption", "KeyId") == cmp.Or[any](key, "alias/aws/kinesis")
			case "AWS::DynamoDB::Table":
				safe = at(p, "PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled") == true &&
					at(p, "SSESpecification", "KMSMasterKeyId") == key && (key == nil || at(p, "SSESpecification", "SSEType") == "KMS")
			}
			if !safe {
				t.Errorf("%s: %s is not safe: %v", g.name, id, p)
			}
		}
	}
}

func checkStatement(t *testing.T, at string, statement map[string]any) {
	t.Helper()
	for key := range statement { // NotAction, NotResource and NotPrincipal are not among them
		if !slices.Contains([]string{"Effect", "Action", "Resource", "Principal", "Condition"}, key) {
			t.Errorf("%s has the member %s", at, key)
		}
	}
	actions := cfn.Strings(statement["Action"])
	if len(actions) == 0 {
		t.Errorf("%s has no actions: %v", at, statement["Action"])
	}
	for _, action := range actions {
		if service, verb, ok := strings.Cut(action, ":"); !ok || service == "" || verb == "" || strings.ContainsAny(action, "*?") {
			t.Errorf("%s allows the action %s", at, action)
		}
	}
	// A trust policy has no resource: its own is the role.
	if resource, ok := statement["Resource"]; ok || !slices.Equal(actions, []string{"sts:AssumeRole"}) {
		checkResources(t, at, actions, resource)
	}
	if strings.HasPrefix(strings.Join(actions, ""), "ec2:") && fmt.Sprint(statement["Condition"]) != "map[Null:map[lambda:SourceFunctionArn:true]]" {
		t.Errorf("%s allows %v to the function's own code", at, actions)
	}
	if principal, ok := statement["Principal"]; ok {
		if service(principal) == "" {
			t.Errorf("%s has the principal %v, want one service", at, principal)
		}
	}
	for _, text := range texts(statement["Condition"]) {
		if text == "*" {
			t.Errorf("%s has a condition that holds for all: %v", at, statement["Condition"])
		}
	}
}

func checkResources(t *testing.T, at string, actions []string, resource any) {
	t.Helper()
	resources, isList := resource.([]any)
	if !isList {
		resources = []any{resource}
	}
	if len(resources) == 0 {
		t.Errorf("%s names no resource", at)
	}
	for _, r := range resources {
		found := texts(r)
		if len(found) == 0 {
			t.Errorf("%s names the resource %v", at, r)
		}
		for _, text := range found {
			broad := func(action string) bool {
				return !slices.ContainsFunc(wildcards, func(w struct{ action, suffix, reason string }) bool {
					return action == w.action && strings.HasSuffix(text, w.suffix) && strings.Count(text, "*") == strings.Count(w.suffix, "*") && strings.Count(text, "?") == strings.Count(w.suffix, "?")
				})
			}
			if !strings.ContainsAny(text, "*?") || !slices.ContainsFunc(actions, broad) {
				continue
			}
			t.Errorf("%s allows %v on %s", at, actions, text)
		}
	}
}

// service returns the service that is the principal; "" if it is anything else
// or more.
func service(principal any) string {
	members, _ := principal.(map[string]any)
	name, _ := members["Service"].(string)
	if len(members) != 1 || !strings.HasSuffix(name, ".amazonaws.com") || strings.Contains(name, "*") {
		return ""
	}
	return name
}

// texts returns all strings in the value, sorted; keys of mappings are not
// among them.
func texts(value any) []string {
	var out []string
	switch v := value.(type) {
	case string:
		out = append(out, v)
	case []any:
		for _, element := range v {
			out = append(out, texts(element)...)
		}
	case map[string]any:
		for _, member := range v {
			out = append(out, texts(member)...)
		}
	}
	slices.Sort(out)
	return out
}

// A role is one service's, and has only what the function or the schedule needs and
// what operators say.
func TestRoles(t *testing.T) {
	for _, g := range goldens(t) {
		template := g.template(t)
		used := map[string]string{} // roles, by whom
		for _, id := range template.IDs("") {
			r := template.Resources[id]
			switch r.Type {
			case "AWS::IAM::Role":
				for key := range r.Properties {
					decided := g.name == "operators" && (key == "Path" || key == "PermissionsBoundary" || key == "ManagedPolicyArns" && id == "ConfirmRole")
					if key != "AssumeRolePolicyDocument" && key != "Policies" && !decided {
						t.Errorf("%s: the role %s has %s", g.name, id, key)
					}
				}
				trust := policies(r.Properties, "")[".AssumeRolePolicyDocument"]
				statements, _ := trust["Statement"].([]any)
				if len(statements) != 1 {
					t.Errorf("%s: %s trusts %v, want one service", g.name, id, statements)
				}
			case "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::User", "AWS::IAM::Group":
				t.Errorf("%s: %s is of the type %s; a role has its policies inside", g.name, id, r.Type)
			case "AWS::Lambda::Function", "AWS::Scheduler::Schedule":
				want := "lambda.amazonaws.com"
				value := r.Properties["Role"]
				if r.Type == "AWS::Scheduler::Schedule" {
					want = "scheduler.amazonaws.com"
					value = r.Properties["Target"].(map[string]any)["RoleArn"]
				}
				if _, existing := value.(string); existing && id == "MailFunction" {
					continue
				}
				role := one(t, value).ID
				if used[role] != "" {
					t.Errorf("%s: %s shares the role of %s", g.name, id, used[role])
				}
				used[role] = id
				trust := policies(template.Resources[role].Properties, "")[".AssumeRolePolicyDocument"]
				if got := trusted(trust); got != want {
					t.Errorf("%s: the role of %s trusts %q, want %s", g.name, id, got, want)
				}
				if want != "scheduler.amazonaws.com" {
					continue
				}
				only, _ := at(trust, "Statement", 0, "Condition", "StringEquals").(map[string]any)
				if group := fmt.Sprint(only["aws:SourceArn"]); one(t, only["aws:SourceAccount"]).ID != "AWS::AccountId" || !strings.HasSuffix(group, ":schedule-group/default]") {
					t.Errorf("%s: the role of %s is taken on for %v", g.name, id, only)
				}
			}
		}
		for _, id := range template.IDs("AWS::IAM::Role") {
			if used[id] == "" {
				t.Errorf("%s: nobody has the role %s", g.name, id)
			}
		}
	}
}

func trusted(document map[string]any) string {
	statements, _ := document["Statement"].([]any)
	if len(statements) != 1 {
		return ""
	}
	statement, _ := statements[0].(map[string]any)
	return service(statement["Principal"])
}

// one returns the only reference in the value.
func one(t *testing.T, value any) cfn.Reference {
	t.Helper()
	references, err := cfn.References(value)
	if err != nil || len(references) != 1 {
		t.Fatalf("%v refers to %v, %v, want one", value, references, err)
	}
	return references[0]
}

// A permission is for one service and one source of it; the bucket's also for
// one account, since the name of a deleted bucket can be another's. Everybody
// may call a public URL, and only that.
func TestPermissions(t *testing.T) {
	for _, g := range goldens(t) {
		template := g.template(t)
		for _, id := range template.IDs("AWS::Lambda::Permission") {
			p := template.Resources[id].Properties
			if p["Principal"] == "*" {
				url := p["Action"] == "lambda:InvokeFunctionUrl" && p["FunctionUrlAuthType"] == "NONE" ||
					p["Action"] == "lambda:InvokeFunction" && p["InvokedViaFunctionUrl"] == true
				if !url || !isPublic(t, template, one(t, p["FunctionName"]).ID) {
					t.Errorf("%s: %s lets everybody call the function: %v", g.name, id, p)
				}
				continue
			}
			principal, _ := p["Principal"].(string)
			if p["Action"] != "lambda:InvokeFunction" || service(map[string]any{"Service": principal}) == "" {
				t.Errorf("%s: %s is %v", g.name, id, p)
			}
			source := texts(p["SourceArn"])
			if len(source) == 0 || slices.Contains(source, "*") || strings.Contains(strings.Join(source, " "), ":*") {
				t.Errorf("%s: %s has the source %v", g.name, id, p["SourceArn"])
			}
			if principal == "s3.amazonaws.com" && one(t, p["SourceAccount"]).ID != "AWS::AccountId" {
				t.Errorf("%s: %s is for the buckets of all accounts", g.name, id)
			}
		}
	}
}

func isPublic(t *testing.T, template cfn.Template, function string) bool {
	t.Helper()
	return slices.ContainsFunc(template.IDs("AWS::Lambda::Url"), func(id string) bool {
		p := template.Resources[id].Properties
		return one(t, p["TargetFunctionArn"]).ID == function && p["AuthType"] == "NONE"
	})
}
