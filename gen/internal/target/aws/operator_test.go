package aws_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/gen/internal/config"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/target/aws"
	"github.com/fngen/fngen/internal/testkit/cfn"
)

const operatorsKey = "arn:aws:kms:eu-west-1:123456789012:key/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"

// operatedOn are two functions with a role for each of a kind that there is.
var operatedOn = model.App{Path: "example.com/shop", Functions: []model.Function{
	{Name: "report", Trigger: model.Schedule{Cron: "0 6 * * *"}},
	{Name: "mail", Trigger: model.Topic{Name: "news"}, Operation: model.Operation{Env: []model.Variable{{Name: "LOG_LEVEL", Value: "debug"}}}},
}}

// mainOf returns the application's main.tf.
func mainOf(t *testing.T, yaml string, app model.App) []byte {
	t.Helper()
	c := config.Parse([]byte(yaml), []string{"aws"})
	target := aws.New(c.Sections("aws"))
	for _, f := range app.Functions {
		c.Operate(f, "aws") // so that its keys are known
	}
	files, _, err := target.Infrastructure(app)
	if err != nil || len(c.Diagnostics()) > 0 || files[0].Path != "main.tf" {
		t.Fatal(err, c.Diagnostics(), files[0].Path)
	}
	return files[0].Data
}

// operate returns the template and what is found as fngen.yaml has it.
func operate(t *testing.T, yaml string, app model.App) (cfn.Template, []model.Diagnostic) {
	t.Helper()
	c := config.Parse([]byte(yaml), []string{"aws"})
	target := aws.New(c.Sections("aws"))
	app.Functions = slices.Clone(app.Functions)
	for i, f := range app.Functions {
		app.Functions[i] = c.Operate(f, "aws")
		app.Functions[i].Operation.Env = f.Operation.Env
	}
	files, found, err := target.Infrastructure(app)
	if err != nil || len(c.Diagnostics()) > 0 {
		t.Fatal(err, c.Diagnostics())
	}
	template, err := cfn.Parse(files[0].Data)
	if err != nil {
		t.Fatal(err)
	}
	return template, found
}

// changed returns what of the resources is not the same, as RESOURCE.PROPERTY.
func changed(before, after cfn.Template) string {
	var out []string
	ids := maps.Clone(before.Resources)
	maps.Copy(ids, after.Resources)
	for id := range ids {
		a, b := before.Resources[id].Properties, after.Resources[id].Properties
		if a == nil || b == nil {
			out = append(out, id)
			continue
		}
		keys := maps.Clone(a)
		maps.Copy(keys, b)
		for key := range keys {
			if !cmp.Equal(a[key], b[key]) {
				out = append(out, id+"."+key)
			}
		}
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// Each key changes what it says, of all functions or of the one that has it, and
// nothing else; Terraform's module has it too.
func TestOperators(t *testing.T) {
	none, _ := operate(t, "", operatedOn)
	const network = "vpc: {subnets: [subnet-0a1b2c3d], security-groups: [sg-0a1b2c3d]}"
	for _, c := range []struct{ key, all, one, module string }{
		{"permissions-boundary: arn:aws:iam::aws:policy/ReadOnlyAccess", "MailRole.PermissionsBoundary ReportRole.PermissionsBoundary ReportScheduleCaller.PermissionsBoundary", "ReportRole.PermissionsBoundary ReportScheduleCaller.PermissionsBoundary", `permissions_boundary = "arn:aws:iam::aws:policy/ReadOnlyAccess"`},
		{"role-path: /teams/shop/", "MailRole.Path ReportRole.Path ReportScheduleCaller.Path", "", `path = "/teams/shop/"`},
		{"role: arn:aws:iam::123456789012:role/teams/shop", "MailFunction.Role MailRole ReportFunction.Role ReportRole", "ReportFunction.Role ReportRole", `role = "arn:aws:iam::123456789012:role/teams/shop"`},
		{network, "MailFunction.VpcConfig MailRole.Policies ReportFunction.VpcConfig ReportRole.Policies", "ReportFunction.VpcConfig ReportRole.Policies", `vpc_config { subnet_ids = ["subnet-0a1b2c3d"] security_group_ids = ["sg-0a1b2c3d"] }`},
		{"tracing: active", "MailFunction.TracingConfig MailRole.Policies ReportFunction.TracingConfig ReportRole.Policies", "", `tracing_config { mode = "Active" }`},
		{"tracing: passthrough", "MailFunction.TracingConfig ReportFunction.TracingConfig", "", `tracing_config { mode = "PassThrough" }`},
		{"log-format: text", "MailFunction.LoggingConfig ReportFunction.LoggingConfig", "ReportFunction.LoggingConfig", `logging_config { log_format = "Text"`},
		{"log-format: json", "MailFunction.LoggingConfig ReportFunction.LoggingConfig", "ReportFunction.LoggingConfig", `logging_config { log_format = "JSON"`},
		{"log-group: /teams/shop", "MailFunction.LoggingConfig MailLogs MailRole.Policies ReportFunction.LoggingConfig ReportLogs ReportRole.Policies", "ReportFunction.LoggingConfig ReportLogs ReportRole.Policies", `log_group = "/teams/shop"`},
		{"ephemeral-storage: 1GB", "MailFunction.EphemeralStorage ReportFunction.EphemeralStorage", "ReportFunction.EphemeralStorage", `ephemeral_storage { size = 1024 }`},
		{"alarm-topic: arn:aws:sns:eu-west-1:123456789012:on-call", "MailDeadLettersAlarm MailErrors ReportDeadLettersAlarm ReportErrors", "", `alarm_actions = ["arn:aws:sns:eu-west-1:123456789012:on-call"]`},
		{"kms-key: " + operatorsKey, "MailDeadLetters.KmsMasterKeyId MailDeadLetters.SqsManagedSseEnabled MailFunction.KmsKeyArn MailLogs.KmsKeyId MailRole.Policies NewsTopic.KmsMasterKeyId " +
			"ReportDeadLetters.KmsMasterKeyId ReportDeadLetters.SqsManagedSseEnabled ReportFunction.KmsKeyArn ReportLogs.KmsKeyId ReportRole.Policies ReportScheduleCaller.Policies", "", `kms_master_key_id = "` + operatorsKey + `"`},
		{"policies: [arn:aws:iam::aws:policy/ReadOnlyAccess]", "", "ReportRole.ManagedPolicyArns", `for_each = toset(["arn:aws:iam::aws:policy/ReadOnlyAccess"])`},
		{"statements: [{actions: [ses:SendEmail], resources: ['arn:aws:ses:eu-west-1:123456789012:identity/shop.example']}]", "", "ReportRole.Policies",
			`operator = jsonencode({ Version = "2012-10-17" Statement = [ { Effect = "Allow" Action = ["ses:SendEmail"] Resource = ["arn:aws:ses:eu-west-1:123456789012:identity/shop.example"]`},
	} {
		if c.all != "" {
			got, _ := operate(t, "targets: {aws: {"+c.key+"}}", operatedOn)
			if is := changed(none, got); is != c.all {
				t.Errorf("%s of the target changes\n%s, want\n%s", c.key, is, c.all)
			}
		}
		if c.one != "" {
			got, _ := operate(t, "functions: {report: {aws: {"+c.key+"}}}", operatedOn)
			if is := changed(none, got); is != c.one {
				t.Errorf("%s of the function changes\n%s, want\n%s", c.key, is, c.one)
			}
		}
		said := "targets: {aws: {infrastructure: terraform, " + c.key + "}}"
		if c.all == "" {
			said = ofTerraform + "\nfunctions: {report: {aws: {" + c.key + "}}}"
		}
		module := func(yaml string) string {
			return strings.Join(strings.Fields(string(mainOf(t, yaml, operatedOn))), " ")
		}
		if !strings.Contains(module(said), c.module) || strings.Contains(c.key, "text") != strings.Contains(module(ofTerraform), c.module) {
			t.Errorf("%s: main.tf has no %s, or has it without", c.key, c.module)
		}
	}
}

// A function's own key wins over the target's, of a network as a whole.
func TestOperatorsOfOne(t *testing.T) {
	const all, one = "permissions-boundary: arn:aws:iam::aws:policy/A, role: arn:aws:iam::123456789012:role/a, tracing: active, log-format: json, log-group: a, ephemeral-storage: 1GB, vpc: {subnets: [subnet-0a1b2c3d, subnet-0a1b2c3e], security-groups: [sg-0a1b2c3d]}",
		"permissions-boundary: arn:aws:iam::aws:policy/B, role: arn:aws:iam::123456789012:role/b, tracing: passthrough, log-format: text, log-group: b, ephemeral-storage: 2GB, vpc: {subnets: [subnet-0b1b2c3d], security-groups: [sg-0b1b2c3d]}"
	both, _ := operate(t, "targets: {aws: {"+all+"}}\nfunctions: {report: {aws: {"+one+"}}}", operatedOn)
	alone, _ := operate(t, "functions: {report: {aws: {"+one+"}}}", operatedOn)
	for _, id := range []string{"ReportFunction", "ReportScheduleCaller"} {
		if diff := cmp.Diff(alone.Resources[id].Properties, both.Resources[id].Properties); diff != "" {
			t.Errorf("%s has something of the target (-want +got):\n%s", id, diff)
		}
	}
}

// With JSON, Lambda lets pass what the function's own level does; what it does not
// know as a level is none.
func TestLogFormat(t *testing.T) {
	for level, want := range map[string]any{"debug": "DEBUG", "warn": "WARN", "Error": "ERROR", "verbose": nil, "": nil} {
		for _, format := range []string{"json", "text"} {
			f := model.Function{Name: "mail", Trigger: model.Topic{Name: "news"}, Operation: model.Operation{Env: []model.Variable{{Name: "LOG_LEVEL", Value: level}}}}
			got, _ := operate(t, "targets: {aws: {log-format: "+format+"}}", model.App{Functions: []model.Function{f}})
			if format == "text" {
				want = nil
			}
			if p := at(got.Resources["MailFunction"].Properties, "LoggingConfig"); at(p, "ApplicationLogLevel") != want || at(p, "SystemLogLevel") != nil {
				t.Errorf("%s, %s: %v", format, level, p)
			}
		}
	}
}

// keyRights returns what the policies in the role permit with the key.
func keyRights(t *testing.T, template cfn.Template, role string) map[string]string {
	t.Helper()
	out := map[string]string{}
	list, _ := template.Resources[role].Properties["Policies"].([]any)
	for _, p := range list {
		for _, s := range at(p, "PolicyDocument", "Statement").([]any) {
			if resources := cfn.Strings(at(s, "Resource")); strings.Contains(strings.Join(resources, ""), ":kms:") {
				if !slices.Equal(resources, []string{operatorsKey}) || at(s, "Effect") != "Allow" {
					t.Errorf("%s: %v", role, s)
				}
				out[fmt.Sprint(at(p, "PolicyName"))] += strings.Join(cfn.Strings(at(s, "Action")), " ")
			}
		}
	}
	return out
}

// A role has of the key what it needs for what the stack encrypts with it, in the
// policy of what it is for, and nothing for what exists already.
func TestKeyRights(t *testing.T) {
	const reads, writes = "kms:Decrypt", "kms:Decrypt kms:GenerateDataKey"
	for _, c := range []struct {
		name, yaml string
		function   model.Function
		want       map[string]string
	}{
		{"nothing", "", model.Function{Trigger: model.HTTP{Path: "/"}}, map[string]string{}},
		{"a variable", "", model.Function{Trigger: model.HTTP{Path: "/"}, Operation: model.Operation{Env: []model.Variable{{Name: "COLOR", Value: "red"}}}}, map[string]string{"function": reads}},
		{"dead letters", "", model.Function{Trigger: model.Topic{Name: "news"}}, map[string]string{"function": writes}},
		{"a topic without dead letters", "", model.Function{Trigger: model.Topic{Name: "news"}, DeadLetter: "none"}, map[string]string{}},
		{"a queue", "", model.Function{Trigger: model.Queue{Name: "news"}, DeadLetter: "none"}, map[string]string{"function": reads}},
		{"an existing queue", "resources: {news: {aws: {name: news}}}", model.Function{Trigger: model.Queue{Name: "news"}, DeadLetter: "none"}, map[string]string{}},
		{"a stream", "", model.Function{Trigger: model.Stream{Name: "news"}, DeadLetter: "none"}, map[string]string{"function": reads}},
		{"a table's changes", "", model.Function{Trigger: model.Document{Collection: "news"}, DeadLetter: "none"}, map[string]string{"function": reads}},
		{"a sink", "", model.Function{Trigger: model.HTTP{Path: "/"}, Sinks: []model.Sink{{Kind: "queue", Name: "news"}}}, map[string]string{"function": writes}},
		{"an existing sink", "resources: {news: {aws: {name: news}}}", model.Function{Trigger: model.Schedule{Every: 1e12}, DeadLetter: "none", Sinks: []model.Sink{{Kind: "topic", Name: "news"}}}, map[string]string{"function": reads}},
		{"uses", "resources: {there: {aws: {name: there}}}", model.Function{Trigger: model.Schedule{Every: 1e12}, DeadLetter: "none"}.Using(
			model.Use{Param: "a", Kind: model.UseDocument, Name: "users", Read: true},
			model.Use{Param: "b", Kind: model.UseObject, Name: "in", Read: true},
			model.Use{Param: "c", Kind: model.UseObject, Name: "out", Write: true},
			model.Use{Param: "d", Kind: model.UseObject, Name: "there", Write: true},
			model.Use{Param: "e", Kind: model.UseSecret, Name: "api", Read: true},
		), map[string]string{"function": reads, "document.users": reads, "object.in": reads, "object.out": writes}},
		{"a use of a bucket that feeds it", "", model.Function{Trigger: model.Object{Bucket: "out", Created: true}, DeadLetter: "none"}.Using(model.Use{Param: "c", Kind: model.UseObject, Name: "out", Read: true}),
			map[string]string{"function": reads, "object.out": reads}},
	} {
		c.function.Name = "one"
		app := model.App{Functions: []model.Function{c.function}}
		got := template(t, "targets: {aws: {kms-key: \""+operatorsKey+"\"}}\n"+c.yaml, app)
		if diff := cmp.Diff(c.want, keyRights(t, got, "OneRole")); diff != "" {
			t.Errorf("%s: rights to the key (-want +got):\n%s", c.name, diff)
		}
	}
	got, _ := operate(t, "targets: {aws: {kms-key: \""+operatorsKey+"\"}}", operatedOn)
	if diff := cmp.Diff(map[string]string{"function": writes}, keyRights(t, got, "ReportScheduleCaller")); diff != "" {
		t.Errorf("rights of a schedule to the key (-want +got):\n%s", diff)
	}
}

// The operator is told what an existing role and the key's own policy must permit,
// which the stack cannot.
func TestOperatorsAreTold(t *testing.T) {
	uses := model.Function{Name: "report", Trigger: model.Topic{Name: "news"}}.Using(model.Use{Param: "a", Kind: model.UseObject, Name: "in", Read: true, Prefix: "a/"})
	app := model.App{Functions: []model.Function{uses, {Name: "restock", Trigger: model.Event{Type: "low"}, DeadLetter: "there"}}}
	_, found := operate(t, "targets: {aws: {kms-key: \""+operatorsKey+"\"}}\nresources: {there: {aws: {name: there}}}\nfunctions: {report: {aws: {role: \"arn:aws:iam::123456789012:role/shop\", log-group: shop}}}", app)
	var told []string
	for _, d := range found {
		told = append(told, d.String())
	}
	if diff := cmp.Diff([]string{
		": warning: report: aws: the role arn:aws:iam::123456789012:role/shop exists already, and nothing is added to it; let lambda.amazonaws.com assume it, and permit it " +
			"logs:CreateLogStream, logs:PutLogEvents on arn:${Partition}:logs:${Region}:${AccountId}:log-group:shop:*; sqs:SendMessage on ReportDeadLetters; " +
			"kms:Decrypt, kms:GenerateDataKey on " + operatorsKey + "; s3:ListBucket on InBucket; s3:GetObject on InBucket/a/*; kms:Decrypt on " + operatorsKey + " [role-existing]",
		"fngen.yaml:1:26: warning: targets.aws.kms-key: the policy of the key must let logs.REGION.amazonaws.com, sns.amazonaws.com use it, or the deployment fails and dead letters are lost; docs/operations.md has the statements [key-policy]",
	}, told); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Whoever uses the key besides the roles is told as far as there is such a use.
func TestKeyPolicyAsNeeded(t *testing.T) {
	app := model.App{Functions: []model.Function{{Name: "order", Trigger: model.Queue{Name: "orders"}}}}
	for yaml, want := range map[string]string{
		"targets: {aws: {log-group: shop}}": "", "targets: {aws: {kms-key: \"" + operatorsKey + "\"}}": "key-policy", "targets: {aws: {log-group: shop, kms-key: \"" + operatorsKey + "\"}}": "",
	} {
		if _, found := operate(t, yaml, app); codes(found) != want {
			t.Errorf("%s: %v", yaml, found)
		}
	}
}

// Each function has an alarm, and each queue of the stack's for dead letters one,
// however many functions have it, but not one that is worked on. What a stream gives
// up is counted by its mapping, since a part of a batch that fails is no error.
func TestAlarms(t *testing.T) {
	app := model.App{Functions: []model.Function{
		{Name: "a", Trigger: model.Topic{Name: "x"}, DeadLetter: "letters"},
		{Name: "b", Trigger: model.Topic{Name: "y"}, DeadLetter: "letters"},
		{Name: "c", Trigger: model.Topic{Name: "z"}, DeadLetter: "there"},
		{Name: "d", Trigger: model.Topic{Name: "z"}, DeadLetter: "none"},
		{Name: "e", Trigger: model.Topic{Name: "z"}, DeadLetter: "work"},
		{Name: "f", Trigger: model.Queue{Name: "work"}},
		{Name: "g", Trigger: model.Queue{Name: "letters", Letters: true}, DeadLetter: "none"},
		{Name: "h", Trigger: model.HTTP{Path: "/"}},
		{Name: "i", Trigger: model.Stream{Name: "s"}},
		{Name: "j", Trigger: model.Document{Collection: "t"}, DeadLetter: "none"},
	}}
	const there = "\nresources: {there: {aws: {name: there}}}"
	got := template(t, "targets: {aws: {alarm-topic: arn:aws:sns:eu-west-1:123456789012:on-call}}"+there, app)
	want := []string{"AErrors", "BErrors", "CErrors", "DErrors", "EErrors", "FErrors", "GErrors", "HErrors", "IErrors", "IMappingAlarm", "IRefusedAlarm", "JErrors", "LettersQueueAlarm", "WorkQueueLettersAlarm"}
	if diff := cmp.Diff(want, got.IDs("AWS::CloudWatch::Alarm")); diff != "" {
		t.Errorf("alarms (-want +got):\n%s", diff)
	}
	for _, id := range want {
		p := got.Resources[id].Properties
		of := one(t, at(p, "Dimensions", 0, "Value"))
		means := [3]any{p["MetricName"], p["Statistic"], at(p, "Dimensions", 0, "Name")}
		is := map[string][3]any{
			"AWS::Lambda::Function":           {"Errors", "Sum", "FunctionName"},
			"AWS::Lambda::EventSourceMapping": {"OnFailureDestinationDeliveredEventCount", "Sum", "EventSourceMappingUUID"},
			"AWS::SQS::Queue":                 {"ApproximateNumberOfMessagesVisible", "Maximum", "QueueName"},
		}[got.Resources[of.ID].Type]
		if means != is || p["Threshold"] != 0 || p["Period"] != 300 || p["TreatMissingData"] != "notBreaching" || cfn.Strings(p["AlarmActions"])[0] != "arn:aws:sns:eu-west-1:123456789012:on-call" {
			t.Errorf("%s: %v", id, p)
		}
	}
	if metrics := at(got.Resources["IMapping"].Properties, "MetricsConfig", "Metrics", 0); metrics != "EventCount" {
		t.Errorf("the mapping counts %v", metrics)
	}
	if at(got.Resources["JMapping"].Properties, "MetricsConfig") != nil {
		t.Error("a mapping that gives up nothing counts")
	}
	for _, id := range template(t, there, app).IDs("") {
		if got.Resources[id].Type == "AWS::CloudWatch::Alarm" {
			t.Errorf("%s is there without a topic", id)
		}
	}
}

// Where a log is asked for: a group of the stack's, or the function's streams in one
// that exists already.
func TestLogGroup(t *testing.T) {
	c := config.Parse([]byte("functions: {mail: {aws: {log-group: /teams/shop}}}"), []string{"aws"})
	target := aws.New(c.Sections("aws"))
	for name, want := range map[string][2]string{"mail": {"MailFunction", "/teams/shop"}, "report": {"ReportLogs", ""}} {
		if id, existing := target.LogGroup(model.Function{Name: name}); id != want[0] || existing != want[1] {
			t.Errorf("%s logs to %s, %s", name, id, existing)
		}
	}
}

// Texts of statements are what they are, whatever they look like to CloudFormation.
func TestStatementTexts(t *testing.T) {
	const arn = "arn:aws:s3:::shop/${aws:username}/${AWS::Region}/*"
	got, _ := operate(t, "functions: {report: {aws: {statements: [{actions: [s3:GetObject], resources: ['"+arn+"']}]}}}", operatedOn)
	p, err := cfn.Resolve(at(got.Resources["ReportRole"].Properties, "Policies", 1, "PolicyDocument"), func(r cfn.Reference) (string, error) { return "", fmt.Errorf("refers to %v", r) })
	data, _ := json.Marshal(p)
	want := `{"Statement":[{"Action":["s3:GetObject"],"Effect":"Allow","Resource":["` + arn + `"]}],"Version":"2012-10-17"}`
	if err != nil || string(data) != want {
		t.Errorf("the policy is %s (%v), want %s", data, err, want)
	}
	module := mainOf(t, ofTerraform+"\nfunctions: {report: {aws: {statements: [{actions: [s3:GetObject], resources: ['"+arn+"']}]}}}", operatedOn)
	if want := `["arn:aws:s3:::shop/$${aws:username}/$${AWS::Region}/*"]`; !strings.Contains(string(module), want) {
		t.Errorf("there is no %s in\n%s", want, module)
	}
}

// Sizes and numbers of ids, on both sides of their limits, and what is in the stack's
// own region or another.
func TestOperatorBounds(t *testing.T) {
	ids := func(kind string, n int) string {
		var out []string
		for i := range n {
			out = append(out, fmt.Sprintf("%s-%08x", kind, i))
		}
		return strings.Join(out, ", ")
	}
	vpc := func(subnets, groups int) string {
		return "vpc: {subnets: [" + ids("subnet", subnets) + "], security-groups: [" + ids("sg", groups) + "]}"
	}
	for keys, refused := range map[string]bool{
		"ephemeral-storage: 511MB": true, "ephemeral-storage: 512MB": false, "ephemeral-storage: 10GB": false, "ephemeral-storage: 10241MB": true,
		vpc(16, 5): false, vpc(17, 5): true, vpc(16, 6): true,
		"region: eu-west-1, kms-key: '" + operatorsKey + "'": false, "region: eu-west-2, kms-key: '" + operatorsKey + "'": true,
		"role-path: /": false, "role-path: /a/b/": false, "role-path: a/": true, "role-path: /a": true,
	} {
		c := config.Parse([]byte("targets: {aws: {"+keys+"}}"), []string{"aws"})
		aws.New(c.Sections("aws"))
		if found := c.Diagnostics(); len(found) > 0 != refused {
			t.Errorf("%s: %v", keys, found)
		}
	}
}

// What operators add counts: statements as a part of the role, and alarms as
// resources.
func TestOperatorLimits(t *testing.T) {
	limits := func(yaml string, app model.App) string {
		_, found := operate(t, yaml, app)
		return codes(found)
	}
	statement := func(n int) string {
		return "functions: {report: {aws: {statements: [{actions: [s3:GetObject], resources: ['arn:aws:s3:::shop/" + strings.Repeat("x", n) + "']}]}}}"
	}
	size := func(n int) int { // of the policies of the role, as IAM counts
		got, _ := operate(t, statement(n), operatedOn)
		sum := 0
		for _, p := range got.Resources["ReportRole"].Properties["Policies"].([]any) {
			data, _ := json.Marshal(at(p, "PolicyDocument"))
			sum += len(data)
		}
		return sum
	}
	if size(101) != size(100)+1 {
		t.Fatal("sizes are not what they are taken for")
	}
	least, most := 9000, 10_000
	for most-least > 1 { // of the statement's name that just fits
		if n := (least + most) / 2; limits(statement(n), operatedOn) == "" {
			least = n
		} else {
			most = n
		}
	}
	if _, found := operate(t, statement(most), operatedOn); len(found) != 1 || found[0].Code != "policy-size" || !strings.Contains(found[0].Message, "10241 characters") || !strings.Contains(found[0].Message, "statements in fngen.yaml") {
		t.Errorf("%v", found)
	}
	var many model.App
	for i := range 56 {
		many.Functions = append(many.Functions, model.Function{Name: fmt.Sprintf("f%02d", i), Trigger: model.Topic{Name: "news"}})
	}
	for yaml, want := range map[string]string{"": "", "targets: {aws: {alarm-topic: arn:aws:sns:eu-west-1:123456789012:on-call}}": "application-size"} {
		if got := limits(yaml, many); got != want {
			t.Errorf("%q: %s", yaml, got)
		}
	}
}
