package aws_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	gocmp "github.com/google/go-cmp/cmp"
	"golang.org/x/text/unicode/norm"

	"github.com/fngen/fngen/gen/internal/config"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/target/aws"
	"github.com/fngen/fngen/gen/internal/testkit/estate"
)

// A deployment is an application in both forms: its template and its main.tf.
type deployment struct{ template, module []byte }

// deployments are those of the golden files' applications, and of one with a function
// of each trigger under several settings of its operator.
func deployments(t *testing.T) map[string]deployment {
	t.Helper()
	out := map[string]deployment{}
	for name, yaml := range map[string]string{
		"everything": "targets: {aws: {region: eu-west-1, artifacts: acme-archives}}",
		"behind api": "targets: {aws: {http: api}}",
		"their api":  "targets: {aws: {http: api, api-id: abc123}}",
	} {
		out[name] = inBoth(t, yaml, model.App{Path: "example.com/shop", Functions: everything(same)})
	}
	out["golden uses"] = inBoth(t, usingYAML, using())
	for g, module := range goldenModules(t) {
		out["golden "+g.name] = deployment{g.text(), module}
	}
	return out
}

// What one form has, and the other has not, is seen on either side.
func TestFormsDiffer(t *testing.T) {
	same := inBoth(t, "", model.App{Path: "example.com/shop", Functions: everything(same)})
	for _, c := range []struct{ old, other, in string }{
		{"MemorySize: 256", "MemorySize: 512", "template"},
		{"Timeout: 30\n", "", "template"}, // where the platform has another one
		{"- logs:PutLogEvents", "- logs:*", "template"},
		{"DeletionPolicy: Retain\n    UpdateReplacePolicy: Retain\n", "", "template"},
		{"DependsOn:\n      - PicturePermission\n", "", "template"},
		{"  PicturePermission:\n", "  OtherPermission:\n", "template"},
		{"MaximumRetryAttempts: 2\n", "MaximumRetryAttempts: 2\n      TumblingWindowInSeconds: 5\n", "template"},
		{"Type: AWS::SNS::Topic\n", "Type: AWS::MSK::Cluster\n", "template"},
		{"memory_size      = 256", "memory_size      = 512", "module"},
		{"timeout          = 30\n", "", "module"},
		{`"logs:PutLogEvents"`, `"logs:*"`, "module"},
		{"prevent_destroy = true", "prevent_destroy = false", "module"},
		{"depends_on = [aws_lambda_permission.picture_permission]", "", "module"},
		{"depends_on = [aws_iam_role_policy.picture_role]", "", "module"},
		{"message_retention_seconds", "message_retention", "module"},
		{`resource "aws_sns_topic" "`, `resource "aws_msk_cluster" "`, "module"},
		{`filesha256("${path.module}/picture.zip")`, `filesha256("${path.module}/user.zip")`, "module"},
		{"${var.name}-orders-queue", "orders-queue", "module"},
		{`"${var.name}-orders-queue"`, `"${var.name}-orders-queue-letters"`, "module"},
	} {
		d := same
		of := &d.template
		if c.in == "module" {
			of = &d.module
		}
		text := strings.Replace(string(*of), c.old, c.other, 1)
		if text == string(*of) {
			t.Errorf("there is no %q in the %s", c.old, c.in)
		}
		*of = []byte(text)
		if len(d.differences()) == 0 {
			t.Errorf("%q in the place of %q in the %s makes no difference", c.other, c.old, c.in)
		}
	}
}

// inBoth returns the application in both forms, as fngen.yaml has it.
func inBoth(t *testing.T, yaml string, app model.App) deployment {
	t.Helper()
	form := func(over string) []byte {
		c := config.ParseOverlaid([]byte(yaml), "", []byte(over), []string{"aws"})
		files, diagnostics, err := aws.New(c.Sections("aws")).Infrastructure(app)
		if err != nil || model.Failed(diagnostics) || model.Failed(c.Diagnostics()) {
			t.Fatal(err, diagnostics, c.Diagnostics())
		}
		return files[0].Data
	}
	return deployment{form("{}"), form(ofTerraform)}
}

// differences returns how the two forms differ, and what in them is not understood. A
// resource that the template gives a name has it in the module as well; CloudFormation
// names the others itself, so that the module's names are its own.
func (d deployment) differences() []string {
	template, module := estate.Template(d.template), estate.Module(d.module)
	var out []string
	for _, p := range template.Problems {
		out = append(out, "template.yaml: "+p)
	}
	for _, p := range module.Problems {
		out = append(out, "main.tf: "+p)
	}
	out = append(out, unlike(template, module)...)
	taken := map[string]string{}
	for _, what := range slices.Sorted(maps.Keys(module.Names)) {
		name, given := module.Names[what], template.Names[what]
		kind, _, _ := strings.Cut(what, " ")
		switch {
		case given != "" && given != name:
			out = append(out, fmt.Sprintf("%s is %s in template.yaml and %s in main.tf", what, given, name))
		case given == "" && !strings.Contains(name, "‹deployment›") && !strings.Contains(name, "‹unique›"):
			out = append(out, fmt.Sprintf("%s is %s in every deployment", what, name))
		case taken[kind+name] != "":
			out = append(out, fmt.Sprintf("%s and %s are both %s", what, taken[kind+name], name))
		}
		taken[kind+name] = what
	}
	for _, what := range slices.Sorted(maps.Keys(template.Names)) {
		if module.Names[what] == "" {
			out = append(out, fmt.Sprintf("%s is %s in template.yaml alone", what, template.Names[what]))
		}
	}
	a, b := shown(template), shown(module)
	if diff := gocmp.Diff(a, b); diff != "" {
		out = append(out, "outputs, template.yaml -, main.tf +\n"+diff)
	}
	return out
}

// shown are the outputs. A function's name and its ARN say the same.
func shown(e estate.Estate) map[string]bool {
	out := map[string]bool{}
	for _, value := range e.Outputs {
		if strings.HasPrefix(value, "‹function ") {
			value = strings.TrimSuffix(strings.TrimSuffix(value, " name›"), " arn›")
		}
		out[value] = true
	}
	return out
}

// unlike returns how the estates differ, each resource that does for itself.
func unlike(template, module estate.Estate) []string {
	var out []string
	a, b := reflect.ValueOf(template), reflect.ValueOf(module)
	for i := range a.NumField() {
		field, a, b := a.Type().Field(i).Name, a.Field(i), b.Field(i)
		switch {
		case slices.Contains([]string{"Names", "Outputs", "Problems"}, field):
		case a.Kind() != reflect.Map:
			if diff := gocmp.Diff(a.Interface(), b.Interface()); diff != "" {
				out = append(out, field+", template.yaml -, main.tf +\n"+diff)
			}
		default:
			ids := map[string]reflect.Value{}
			for _, key := range append(a.MapKeys(), b.MapKeys()...) {
				ids[key.String()] = key
			}
			for _, id := range slices.Sorted(maps.Keys(ids)) {
				one := func(m reflect.Value) any {
					if v := m.MapIndex(ids[id]); v.IsValid() {
						return v.Interface()
					}
					return nil
				}
				if diff := gocmp.Diff(one(a), one(b)); diff != "" {
					out = append(out, field+" "+id+", template.yaml -, main.tf +\n"+diff)
				}
			}
		}
	}
	return out
}

// Both forms deploy the same: resource by resource, with all that the platform takes
// for what they do not say.
func TestForms(t *testing.T) {
	for name, d := range deployments(t) {
		for _, difference := range d.differences() {
			t.Errorf("%s: %s", name, difference)
		}
	}
}

// So they do whatever users write.
func FuzzForms(f *testing.F) {
	f.Add("info", "for", "null-1")
	for _, text := range []string{"${AWS::Region}$${x}%{if true}${var.name}", "\"\\\n}\nresource \"x\" \"y\" {\r\n\u2028\x01", "ü☃😀 {{", "012", "$", "%"} {
		f.Add(text, "orders", "orders-fifo")
	}
	f.Fuzz(func(t *testing.T, text, first, second string) {
		if !utf8.ValidString(text) || len(text) > 255 || strings.ContainsAny(text, "\x00‹›") || strings.Contains(text, "{{resolve:") || !norm.NFC.IsNormalString(text) {
			return // what one of them refuses, or package estate writes itself
		}
		first, second = named(first), named(second)
		if first == second {
			second += "x"
		}
		form := func(infrastructure string) []byte {
			app, target := fuzzed(text, first, second, infrastructure)
			files, _, err := target.Infrastructure(app)
			if err != nil {
				t.Fatal(err)
			}
			return files[0].Data
		}
		for _, difference := range (deployment{form("cloudformation"), form("terraform")}).differences() {
			t.Error(difference)
		}
	})
}
