package aws_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"golang.org/x/text/unicode/norm"

	"github.com/fngen/fngen/gen/internal/config"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/output"
	"github.com/fngen/fngen/gen/internal/target/aws"
	"github.com/fngen/fngen/gen/internal/testkit/tfschema"
	"github.com/fngen/fngen/internal/testkit/cfn"
)

// Whatever text a user writes is in the template as it stands, once
// CloudFormation has evaluated its functions, and is never taken for one.
func FuzzTemplate(f *testing.F) {
	for _, text := range []string{
		"", "info", "${AWS::Region}", "${!Literal}", "$${OrdersQueue.Arn}${", "}${}", "!Ref X", "yes", "012", "null", "~", "2026-01-01",
		"a: b # c", "- a", "{a: b}", "[a]", "*a", "&a", "|", ">", "%", "@", "`", `"`, "'", `\`, `\u0041`, "a\nb", "\r\n", "\t", " a ",
		"\u0085\u2028\u2029\ufeff", "ü☃😀", "\x01\x1b\x7f", "{{resolve", "{{resolve:ssm:name}}", "{{", "%24%7B", "a/b+c d", "..", "--",
	} {
		f.Add(text, "orders", "orders-fifo")
		f.Add("info", text, text+"-1")
	}
	f.Fuzz(func(t *testing.T, text, first, second string) {
		if !utf8.ValidString(text) || len(text) > 255 || strings.ContainsRune(text, 0) {
			return // neither Go nor YAML holds it
		}
		first, second = named(first), named(second)
		if first == second {
			second += "x"
		}
		app, target := fuzzed(text, first, second, "cloudformation")
		var diagnostics []model.Diagnostic
		for _, f := range app.Functions {
			diagnostics = append(diagnostics, target.Check(f)...)
		}
		diagnostics = append(diagnostics, target.CheckApp(app.Functions)...)
		if model.Failed(diagnostics) != strings.Contains(text, "{{resolve:") {
			t.Fatalf("diagnostics with %q: %v", text, diagnostics)
		}
		if model.Failed(diagnostics) {
			return
		}
		files, _, err := target.Infrastructure(app)
		if err != nil {
			t.Fatal(err)
		}
		template, err := cfn.Parse(files[0].Data)
		if err != nil {
			t.Fatalf("%v\n%s", err, files[0].Data)
		}
		want := expected(text, first, second)
		if diff := gocmp.Diff(want, found(t, template)); diff != "" {
			t.Errorf("want -, got +\n%s\n%s", diff, files[0].Data)
		}
	})
}

// The same is in the module, as Terraform reads it, unless Terraform would change it.
func FuzzModule(f *testing.F) {
	for _, text := range []string{"", "info", "${var.name}", "$${x}%{if true}", "%{", "$", "%", "$$", "\"", "\\", "\n}\nresource \"x\" \"y\" {", "\x01\u2028\r\n", "ü☃😀", "e\u0301", "{{resolve:ssm:name}}", "for", "null"} {
		f.Add(text, "orders", "orders-fifo")
		f.Add("info", text, text+"-1")
	}
	f.Fuzz(func(t *testing.T, text, first, second string) {
		if !utf8.ValidString(text) || len(text) > 255 || strings.ContainsRune(text, 0) {
			return
		}
		first, second = named(first), named(second)
		if first == second {
			second += "x"
		}
		if strings.Contains(text, "{{resolve:") {
			text = "x" // which no key of a table holds
		}
		app, target := fuzzed(text, first, second, "terraform")
		var diagnostics []model.Diagnostic
		for _, f := range app.Functions {
			diagnostics = append(diagnostics, target.Check(f)...)
		}
		if model.Failed(diagnostics) == norm.NFC.IsNormalString(text) {
			t.Fatalf("diagnostics with %q: %v", text, diagnostics)
		}
		if model.Failed(diagnostics) {
			return
		}
		files, _, err := target.Infrastructure(app)
		if err != nil {
			t.Fatal(err)
		}
		want := expected(text, first, second)
		for at := range want {
			if strings.HasPrefix(at, "secret ") {
				want[at] = "data.aws_secretsmanager_secret_version.secrets"
			}
		}
		if diff := gocmp.Diff(want, foundInModule(t, files[0].Data)); diff != "" {
			t.Errorf("want -, got +\n%s\n%s", diff, files[0].Data)
		}
	})
}

// foundInModule returns what found does.
func foundInModule(t *testing.T, src []byte) map[string]string {
	t.Helper()
	out := map[string]string{}
	text := func(e hclsyntax.Expression) string {
		v, diags := e.Value(nil)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		return v.AsString()
	}
	// within is what is at the names in objects and calls, and first in lists.
	within := func(e hclsyntax.Expression, names ...string) (string, hclsyntax.Expression) {
		last := ""
		for _, name := range names {
			if call, ok := e.(*hclsyntax.FunctionCallExpr); ok {
				e = call.Args[0]
			}
			if list, ok := e.(*hclsyntax.TupleConsExpr); ok {
				e = list.Exprs[0]
			}
			object, ok := e.(*hclsyntax.ObjectConsExpr)
			if !ok {
				return "", nil
			}
			e = nil
			for _, item := range object.Items {
				if key := text(item.KeyExpr); key == name || name == "" {
					last, e = key, item.ValueExpr
				}
			}
		}
		return last, e
	}
	for _, b := range tfschema.Parse(t, "main.tf", src).Blocks {
		if b.Type != "resource" {
			continue
		}
		inner := map[string]*tfschema.Tree{}
		for _, block := range b.Body.Blocks {
			inner[block.Type] = block.Body
		}
		switch a := b.Body.Attributes; b.Labels[0] {
		case "aws_lambda_function":
			code := string(a["source_code_hash"].Expr.Range().SliceBytes(src))
			of := " of ./" + code[strings.Index(code, "/")+1:strings.Index(code, ".zip")] + ".zip"
			_, value := within(inner["environment"].Attributes["variables"].Expr, "TEXT")
			_, secret := within(inner["environment"].Attributes["variables"].Expr, "SECRET")
			out["text"+of], out["secret"+of] = text(value), strings.Join(tfschema.Names(secret)[0], ".")
		case "aws_dynamodb_table":
			out["key"] = text(a["hash_key"].Expr)
		case "aws_cloudwatch_event_rule":
			how, value := within(a["event_pattern"].Expr, "detail", "object", "key", "")
			out[how+" of a rule"] = text(value)
		case "aws_s3_bucket_notification":
			for _, how := range []string{"prefix", "suffix"} {
				value, err := url.QueryUnescape(text(inner["lambda_function"].Attributes["filter_"+how].Expr))
				if err != nil {
					t.Error(err)
				}
				out[how+" of a bucket"] = value
			}
		case "aws_scheduler_schedule":
			var input struct{ Name string }
			if err := json.Unmarshal([]byte(text(inner["target"].Attributes["input"].Expr)), &input); err != nil {
				t.Error(err)
			}
			out["schedule"] = input.Name
		}
	}
	return out
}

// named makes a name of the text, as directives take it: one that is a name
// stays, but for an n before it.
func named(text string) string {
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789-"
	name := []byte("n")
	for _, c := range []byte(text[:min(len(text), 30)]) {
		if !strings.Contains(letters, string(c)) {
			c = letters[int(c)%len(letters)]
		}
		name = append(name, c)
	}
	return string(name)
}

// fuzzed is an application in which the text stands wherever one of a user's
// can, and the names of two functions and what feeds them.
func fuzzed(text, first, second, infrastructure string) (model.App, aws.Target) {
	handler := model.Handler{PkgPath: "example.com/app", PkgName: "app", Name: "Handle"}
	function := func(name string, trigger model.Trigger) model.Function {
		return model.Function{Name: name, Handler: handler, Trigger: trigger, Operation: model.Operation{Env: []model.Variable{
			{Name: "SECRET", Value: "db", IsSecret: true}, {Name: "TEXT", Value: text},
		}}}
	}
	settings, _ := output.EncodeYAML("", output.Mapping{{Key: "targets", Value: output.Mapping{{Key: "aws", Value: output.Mapping{{Key: "infrastructure", Value: infrastructure}}}}}, {Key: "resources", Value: output.Mapping{
		{Key: first, Value: output.Mapping{{Key: "aws", Value: output.Mapping{{Key: "keys", Value: []output.Text{output.Text(cmp.Or(text, "id"))}}}}}},
		{Key: "existing", Value: output.Mapping{{Key: "aws", Value: output.Mapping{{Key: "name", Value: "acme"}}}}},
	}}})
	config := config.Parse(settings, []string{"aws"})
	target := aws.New(config.Sections("aws"))
	return model.App{Path: "example.com/app", Functions: []model.Function{
		function(first, model.Document{Collection: first, Created: true, Updated: true, Deleted: true}),
		function(first+"-own", model.Object{Bucket: "own", Created: true, Prefix: "p" + text, Suffix: "s" + text}),
		function(first+"-prefix", model.Object{Bucket: "existing", Created: true, Prefix: "p" + text}),
		function(first+"-suffix", model.Object{Bucket: "existing", Created: true, Suffix: "s" + text}),
		function(first+"-schedule", model.Queue{Name: first, FIFO: true}),
		function(second, model.Schedule{Cron: "0 9 * * *"}),
		function(second+"-queue", model.Queue{Name: second}),
	}}, target
}

// expected is what found finds in the template of the application.
func expected(text, first, second string) map[string]string {
	out := map[string]string{"key": cmp.Or(text, "id"), "prefix of a rule": "p" + text, "suffix of a rule": "s" + text,
		"prefix of a bucket": "p" + text, "suffix of a bucket": "s" + text, "schedule": second}
	for _, name := range []string{first, first + "-own", first + "-prefix", first + "-suffix", first + "-schedule", second, second + "-queue"} {
		out["text of ./"+name+".zip"] = text
		out["secret of ./"+name+".zip"] = "{{resolve:secretsmanager:db}}"
	}
	return out
}

// found returns the texts in the template, evaluated, by what they are.
func found(t *testing.T, template cfn.Template) map[string]string {
	t.Helper()
	out := map[string]string{}
	add := func(at string, value any) {
		t.Helper()
		if _, twice := out[at]; twice {
			t.Errorf("%s is there twice", at)
		}
		out[at], _ = value.(string)
	}
	for _, id := range template.IDs("") {
		resolved, err := cfn.Resolve(template.Resources[id].Properties, func(cfn.Reference) (string, error) { return "0-0/0-0/0-0-0-0-0-0", nil })
		if err != nil {
			t.Fatalf("%s: %v", id, err)
		}
		properties := resolved.(map[string]any)
		switch template.Resources[id].Type {
		case "AWS::Lambda::Function":
			variables := at(properties, "Environment", "Variables")
			add(fmt.Sprintf("text of %v", properties["Code"]), at(variables, "TEXT"))
			add(fmt.Sprintf("secret of %v", properties["Code"]), at(variables, "SECRET"))
		case "AWS::DynamoDB::Table":
			add("key", at(properties, "KeySchema", 0, "AttributeName"))
		case "AWS::Events::Rule":
			for how, text := range at(properties, "EventPattern", "detail", "object", "key", 0).(map[string]any) {
				add(how+" of a rule", text)
			}
		case "AWS::S3::Bucket":
			rules, _ := at(properties, "NotificationConfiguration", "LambdaConfigurations", 0, "Filter", "S3Key", "Rules").([]any)
			for _, rule := range rules {
				value, err := url.QueryUnescape(fmt.Sprint(at(rule, "Value")))
				if err != nil {
					t.Errorf("%s: %v", id, err)
				}
				add(fmt.Sprintf("%v of a bucket", at(rule, "Name")), value)
			}
		case "AWS::Scheduler::Schedule":
			var input struct{ Name string }
			if err := json.Unmarshal([]byte(fmt.Sprint(at(properties, "Target", "Input"))), &input); err != nil {
				t.Errorf("%s: %v", id, err)
			}
			add("schedule", input.Name)
		}
	}
	return out
}

// at returns what is found in the value by the keys and indices; nil if nothing
// is.
func at(value any, way ...any) any {
	for _, step := range way {
		switch step := step.(type) {
		case string:
			members, _ := value.(map[string]any)
			value = members[step]
		case int:
			elements, _ := value.([]any)
			if step >= len(elements) {
				return nil
			}
			value = elements[step]
		}
	}
	return value
}
