package estate

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/fngen/fngen/gen/internal/config"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/target/aws"
	"github.com/fngen/fngen/internal/testkit/cfn"
)

// settings are those of the applications: one has a URL for each function, and the
// other an API.
var settings = []string{`
targets: {aws: {region: eu-west-1, artifacts: acme-archives, bus: acme}}
functions:
  order: {memory: 128MB, tracing: active, reserved-instances: 5, env: {TEXT: "a ${b}", DB: secret:db, KEY: secret:api#key}}
resources:
  users: {aws: {keys: [tenant, id]}}
  old: {aws: {name: acme-old}}
`, `
log-level: warn
targets:
  aws:
    http: api
    permissions-boundary: arn:aws:iam::123456789012:policy/boundary
    role-path: /teams/shop/
    vpc: {subnets: [subnet-0a1b2c3d4e5f60718], security-groups: [sg-0a1b2c3d4e5f60718]}
    kms-key: arn:aws:kms:eu-west-1:123456789012:key/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9
    alarm-topic: arn:aws:sns:eu-west-1:123456789012:on-call
    log-format: json
functions:
  order:
    aws: {ephemeral-storage: 2GB, policies: ["arn:aws:iam::aws:policy/AmazonRDSDataFullAccess"]}
`}

// application has what there is of each kind, in either form.
func application(t *testing.T, settings, infrastructure string) []byte {
	t.Helper()
	c := config.ParseOverlaid([]byte(settings), "", []byte("targets: {aws: {infrastructure: "+infrastructure+"}}"), []string{"aws"})
	target := aws.New(c.Sections("aws"))
	var app model.App
	for name, trigger := range map[string]model.Trigger{
		"order": model.Queue{Name: "orders", Batch: 100, Window: 5 * time.Second}, "chat": model.Queue{Name: "chat", FIFO: true}, "news": model.Topic{Name: "news"},
		"picture": model.Object{Bucket: "pictures", Created: true, Deleted: true, Prefix: "in/", Suffix: ".png"}, "scan": model.Object{Bucket: "old", Created: true},
		"user": model.Document{Collection: "users", Created: true, Before: true}, "click": model.Stream{Name: "clicks", Batch: 500, Concurrency: 4}, "placed": model.Event{Type: "placed"},
		"nightly": model.Schedule{Cron: "0 4 * * *", TimeZone: "Europe/Berlin"}, "open": model.HTTP{Methods: []string{"GET"}, Path: "/open", Public: true}, "stream": model.HTTP{Path: "/stream", Stream: strings.Contains(settings, "region")},
	} {
		f := model.Function{Name: name, Handler: model.Handler{PkgPath: "example.com/shop", PkgName: "shop", Name: model.Camel(name)}, Trigger: trigger}
		switch name {
		case "chat":
			f.Operation.MaxInstances, f.DeadLetter = 4, "none"
		case "order":
			f.Sinks = []model.Sink{{Kind: "queue", Name: "parcels"}, {Kind: "topic", Name: "sent"}}
			f = f.Using(model.Use{Param: "users", Kind: model.UseDocument, Name: "users", Read: true}, model.Use{Param: "drafts", Kind: model.UseObject, Name: "drafts", Read: true, Prefix: "in/"})
		case "user", "news":
			f.Retries = new(1)
		}
		app.Functions = append(app.Functions, c.Operate(f, "aws"))
	}
	slices.SortFunc(app.Functions, func(a, b model.Function) int { return strings.Compare(a.Name, b.Name) })
	files, diagnostics, err := target.Infrastructure(app)
	if err != nil || model.Failed(diagnostics) || model.Failed(c.Diagnostics()) {
		t.Fatal(err, diagnostics, c.Diagnostics())
	}
	return files[0].Data
}

// presets are members of the goldens that say what the platform takes anyway: without
// them the estate is the same.
var presets = []string{
	"AWS::ApiGatewayV2::Route.AuthorizationType",
	"AWS::DynamoDB::Table.SSESpecification.SSEType",
	"AWS::Lambda::EventInvokeConfig.MaximumEventAgeInSeconds",
	"AWS::Lambda::EventInvokeConfig.MaximumRetryAttempts",
	"AWS::Lambda::Function.Architectures",
	"AWS::Lambda::Function.MemorySize",
	"AWS::Lambda::Function.TracingConfig",
	"AWS::Lambda::Url.InvokeMode",
	"AWS::S3::Bucket.BucketEncryption",
	"AWS::SQS::Queue.SqsManagedSseEnabled",
	"resource aws_apigatewayv2_route.authorization_type",
	"resource aws_lambda_function.logging_config.log_format",
	"resource aws_lambda_function_event_invoke_config.maximum_event_age_in_seconds",
	"resource aws_lambda_function_event_invoke_config.maximum_retry_attempts",
	"resource aws_lambda_function_event_invoke_config.qualifier",
	"resource aws_lambda_function_url.invoke_mode",
	"resource aws_sqs_queue.sqs_managed_sse_enabled",
}

// said are members that deploy nothing: what is told, and how many digits of a hash
// of the deployment's name a bucket has in its own.
var said = []string{"output ", "data aws_region.lifecycle.postcondition.error_message", "locals.bucket_suffix"}

func begins(at string, with []string) bool {
	return slices.ContainsFunc(with, func(preset string) bool { return strings.HasPrefix(at, preset) })
}

// A change is tried once of each member, wherever it stands.
type changes struct {
	t      *testing.T
	tried  map[string]bool
	differ func() bool // whether the estate is another one now
}

// try has the change made, and undone.
func (c changes) try(at string, change, undo func()) {
	if c.tried[at] {
		return
	}
	c.tried[at] = true
	change()
	if !c.differ() {
		c.t.Errorf("%s: the estate is the same", at)
	}
	undo()
}

// Whatever value of a template is another one, the estate is another one too, and so
// it is without any of its members and resources.
func TestEveryValueOfTemplates(t *testing.T) {
	t.Parallel()
	tried := map[string]bool{}
	for _, settings := range settings {
		template, err := cfn.Parse(application(t, settings, "cloudformation"))
		if err != nil {
			t.Fatal(err)
		}
		want := ofTemplate(template)
		if len(want.Problems) > 0 {
			t.Fatal(want.Problems)
		}
		c := changes{t, tried, func() bool { return !reflect.DeepEqual(want, ofTemplate(template)) }}
		for _, id := range template.IDs("") {
			r := template.Resources[id]
			c.try("without "+r.Type, func() { delete(template.Resources, id) }, func() { template.Resources[id] = r })
			for _, other := range []cfn.Resource{
				{Type: r.Type + "x", Properties: r.Properties, DependsOn: r.DependsOn, DeletionPolicy: r.DeletionPolicy, UpdateReplacePolicy: r.UpdateReplacePolicy},
				{Type: r.Type, Properties: r.Properties, DependsOn: []string{"OtherPermission"}, DeletionPolicy: r.DeletionPolicy, UpdateReplacePolicy: r.UpdateReplacePolicy},
				{Type: r.Type, Properties: r.Properties, DependsOn: r.DependsOn, DeletionPolicy: "Snapshot", UpdateReplacePolicy: r.UpdateReplacePolicy},
				{Type: r.Type, Properties: r.Properties, DependsOn: r.DependsOn, DeletionPolicy: r.DeletionPolicy, UpdateReplacePolicy: "Delete"},
			} {
				c.try(fmt.Sprint(other.Type, other.DependsOn, other.DeletionPolicy, other.UpdateReplacePolicy), func() { template.Resources[id] = other }, func() { template.Resources[id] = r })
			}
			c.template(r.Type, r.Properties)
		}
		for name, o := range template.Outputs {
			c.template("output "+name, o.(map[string]any)["Value"])
		}
	}
	for kind := range templateKinds {
		if !tried["without "+kind] {
			t.Errorf("no application has an %s", kind)
		}
	}
}

// template changes each value, and leaves out each member, one after another.
func (c changes) template(at string, value any) {
	visit := func(at string, v any, set func(any)) {
		switch old := v.(type) {
		case string:
			c.try(at+", another text", func() { set(old + "x") }, func() { set(v) })
		case int:
			c.try(at+", another number", func() { set(old + 1) }, func() { set(v) })
		case bool:
			c.try(at+", turned", func() { set(!old) }, func() { set(v) })
		default:
			c.template(at, v)
		}
	}
	switch v := value.(type) {
	case []any:
		for i := range v {
			visit(at, v[i], func(to any) { v[i] = to })
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			at := at + "." + key
			visit(at, v[key], func(to any) { v[key] = to })
			if old := v[key]; !begins(at, presets) {
				c.try("without "+at, func() { delete(v, key) }, func() { v[key] = old })
			}
			old := v[key]
			c.try("renamed "+at, func() { delete(v, key); v[key+"x"] = old }, func() { delete(v, key+"x"); v[key] = old })
		}
	}
}

// Whatever literal of a module is another one, the estate is another one too, and so
// it is without any of its arguments, blocks and resources.
func TestEveryValueOfModules(t *testing.T) {
	t.Parallel()
	tried := map[string]bool{}
	for _, settings := range settings {
		file, diagnostics := hclsyntax.ParseConfig(application(t, settings, "terraform"), "main.tf", hcl.InitialPos)
		if diagnostics.HasErrors() {
			t.Fatal(diagnostics)
		}
		body := file.Body.(*hclsyntax.Body)
		want := ofModule(body)
		if len(want.Problems) > 0 {
			t.Fatal(want.Problems)
		}
		c := changes{t, tried, func() bool { return !reflect.DeepEqual(want, ofModule(body)) }}
		all := body.Blocks
		for i, b := range all {
			if kind := b.Type + " " + strings.Join(b.Labels[:min(len(b.Labels), 1)], ""); b.Type != "terraform" && b.Type != "variable" {
				c.try("without "+kind, func() { body.Blocks = slices.Delete(slices.Clone(all), i, i+1) }, func() { body.Blocks = all })
				c.module(strings.TrimSpace(kind), b.Body)
			}
		}
	}
	for kind := range moduleKinds {
		if !tried["without resource "+kind] {
			t.Errorf("no application has an %s", kind)
		}
	}
}

func (c changes) module(at string, b *hclsyntax.Body) {
	for _, name := range slices.Sorted(maps.Keys(b.Attributes)) {
		a, at := b.Attributes[name], at+"."+name
		if begins(at, said) && name != "value" {
			continue
		}
		if !begins(at, presets) {
			c.try("without "+at, func() { delete(b.Attributes, name) }, func() { b.Attributes[name] = a })
		}
		c.try("renamed "+at, func() { delete(b.Attributes, name); b.Attributes[name+"x"] = a }, func() { delete(b.Attributes, name+"x"); b.Attributes[name] = a })
		n := 0
		hclsyntax.VisitAll(a.Expr, func(node hclsyntax.Node) hcl.Diagnostics {
			if l, ok := node.(*hclsyntax.LiteralValueExpr); ok {
				old, other := l.Val, l.Val
				switch old.Type() {
				case cty.String:
					other = cty.StringVal(old.AsString() + "x")
				case cty.Number:
					other = old.Add(cty.NumberIntVal(1))
				case cty.Bool:
					other = old.Not()
				}
				c.try(fmt.Sprintf("another value %d of %s", n, at), func() { l.Val = other }, func() { l.Val = old })
				n++
			}
			return nil
		})
	}
	all := b.Blocks
	for i, inner := range all {
		at := at + "." + inner.Type
		if !begins(at, presets) {
			c.try("without "+at, func() { b.Blocks = slices.Delete(slices.Clone(all), i, i+1) }, func() { b.Blocks = all })
		}
		c.module(at, inner.Body)
	}
}

// What is not known of either language is a problem.
func TestUnknown(t *testing.T) {
	for _, text := range []string{
		"name = 1",
		"check \"a\" {\n}",
		"resource \"aws_sqs_queue\" \"a\" {\n  name = upper(\"a\")\n}",
		"resource \"aws_sqs_queue\" \"a\" {\n  name = true ? \"a\" : \"b\"\n}",
		"resource \"aws_sqs_queue\" \"a\" {\n  name = aws_sqs_queue.b.name\n}",
		"resource \"aws_sqs_queue\" \"a\" {\n  name = aws_sqs_queue.a.policy\n}",
		"resource \"aws_sqs_queue\" \"a\" {\n  name = var.other\n}",
		"locals {\n  own = var.name\n}\nresource \"aws_sqs_queue\" \"a\" {\n  name = local.own\n}",
		"resource \"aws_sqs_queue\" \"a\" {\n  name  = \"a\"\n  count = 2\n}",
		"resource \"aws_sqs_queue\" \"a\" {\n  name = \"a\"\n  dynamic \"tags\" {\n  }\n}",
		"resource \"aws_sqs_queue\" \"a\" {\n  name = \"a\"\n  visibility_timeout_seconds = \"30\"\n}",
		"resource \"aws_sqs_queue\" \"a\" {\n  name       = \"a\"\n  depends_on = [aws_sns_topic.a]\n}",
		"resource \"aws_sqs_queue_policy\" \"a\" {\n  queue_url = \"https://other\"\n  policy    = jsonencode({ Version = \"2012-10-17\", Statement = [] })\n}",
		"data \"aws_vpc\" \"a\" {\n}",
		"output \"a\" {\n  value = { a = \"b\" }\n}",
	} {
		if e := Module([]byte(text)); len(e.Problems) == 0 {
			t.Errorf("%s\nis understood", text)
		}
	}
	for _, text := range []string{
		"Parameters: {A: {Type: String}}",
		"Resources: {A: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref B}}}",
		"Resources: {A: {Type: AWS::SQS::Queue, Properties: {QueueName: !GetAtt A.Policy}}}",
		"Resources: {A: {Type: AWS::SQS::Queue}, a: {Type: AWS::SQS::Queue}}",
		"Resources: {A: {Type: AWS::SQS::Queue, DeletionPolicy: Retain}}",
		"Rules: {A: {Assertions: [{Assert: !Equals [!Ref AWS::AccountId, \"1\"], AssertDescription: a}]}}",
		"Outputs: {A: {Value: a}}",
	} {
		if e := Template([]byte(text)); len(e.Problems) == 0 {
			t.Errorf("%s\nis understood", text)
		}
	}
}
