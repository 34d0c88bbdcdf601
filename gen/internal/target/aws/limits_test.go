package aws_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/fngen/fngen/gen/internal/config"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/target/aws"
)

// The policy of a queue has a statement for each service, whoever may send, and so
// never more than the 20 that SQS takes; of its bytes all count, as many as names
// may have.
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html
func TestQueuePolicyLimits(t *testing.T) {
	for _, c := range []struct {
		topics, rules int
		want          string
	}{{21, 0, ""}, {0, 21, ""}, {11, 10, ""}, {37, 0, ""}, {38, 0, "policy-size"}, {0, 60, ""}, {0, 66, "policy-size"}} {
		var functions []model.Function
		for i := range c.topics {
			functions = append(functions, model.Function{Name: fmt.Sprintf("news%02d", i), Trigger: model.Topic{Name: fmt.Sprintf("news%02d", i)}, DeadLetter: "letters"})
		}
		for i := range c.rules {
			functions = append(functions, model.Function{Name: fmt.Sprintf("placed%02d", i), Trigger: model.Event{Type: fmt.Sprintf("type.%d", i)}, DeadLetter: "letters"})
		}
		app := model.App{Path: "example.com/shop", Functions: functions}
		if _, diagnostics, err := aws.New(config.Sections{Target: &config.Settings{}}).Infrastructure(app); err != nil || codes(diagnostics) != c.want {
			t.Errorf("%+v: %v, %v", c, diagnostics, err)
		}
		p := template(t, "", app).Resources["LettersQueuePolicy"].Properties
		if n := len(at(p, "PolicyDocument", "Statement").([]any)); n > 3 {
			t.Errorf("%+v: %d statements", c, n)
		}
		if got := len(texts(at(p, "PolicyDocument", "Statement", 0, "Condition", "ArnEquals", "aws:SourceArn"))); got < max(c.topics, 1) {
			t.Errorf("%+v: %d sources may send", c, got)
		}
	}
}

// Two functions on one topic are one source.
func TestQueuePolicyNamesSourcesOnce(t *testing.T) {
	app := model.App{Path: "example.com/shop", Functions: []model.Function{
		{Name: "a", Trigger: model.Topic{Name: "news"}, DeadLetter: "letters"},
		{Name: "b", Trigger: model.Topic{Name: "news"}, DeadLetter: "letters"},
	}}
	p := template(t, "", app).Resources["LettersQueuePolicy"].Properties
	if got, _ := at(p, "PolicyDocument", "Statement", 0, "Condition", "ArnEquals", "aws:SourceArn").([]any); len(got) != 1 {
		t.Errorf("the sources are %v, want one", got)
	}
}

// The environment counts with the addresses of sinks, as long as they may be, and
// a region that is given is no longer than it is.
//
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
func TestEnvironmentLimit(t *testing.T) {
	for region, over := range map[string]int{"": 3912, "targets: {aws: {region: eu-west-1}}": 3917} {
		for n, want := range map[int]string{over - 1: "", over: "env-size"} {
			c := config.Parse([]byte(region), []string{"aws"})
			target := aws.New(c.Sections("aws"))
			f := model.Function{Name: "confirm", Trigger: model.Queue{Name: "orders"}, Operation: model.Operation{Env: []model.Variable{{Name: "LONG", Value: fmt.Sprintf("%0*d", n, 0)}}}}
			if _, diagnostics, err := target.Infrastructure(model.App{Functions: []model.Function{f}}); err != nil || codes(diagnostics) != want {
				t.Errorf("%q: a variable of %d bytes: %v, %v", region, n, diagnostics, err)
			}
		}
	}
}

// The bus of fngen.yaml is that of triggers and of sinks, unless the sink has one
// of its own.
func TestBus(t *testing.T) {
	app := model.App{Path: "example.com/shop", Functions: []model.Function{{
		Name: "placed", Trigger: model.Event{Type: "com.example.placed"}, DeadLetter: "none",
		Sinks: []model.Sink{{Kind: "event", Name: "bus"}, {Kind: "event", Name: "other"}},
	}}}
	for yaml, want := range map[string][3]any{
		"":                            {nil, "default", "default"},
		"targets: {aws: {bus: acme}}": {"acme", "acme", "acme"},
		"targets: {aws: {bus: acme}}\nresources: {other: {aws: {name: own}}}": {"acme", "acme", "own"},
	} {
		found := template(t, yaml, app).Resources
		variables := at(found["PlacedFunction"].Properties, "Environment", "Variables")
		if got := [3]any{found["PlacedRule"].Properties["EventBusName"], at(variables, "FNGEN_SINK_BUS"), at(variables, "FNGEN_SINK_OTHER")}; got != want {
			t.Errorf("%q: the buses are %v, want %v", yaml, got, want)
		}
	}
}

// A template that lies in S3 has a megabyte at most, with what aws cloudformation
// package writes into it: the bucket and the object of each archive, of 63 and 64
// bytes, in the place of a name of four at least.
//
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
func TestTemplateSize(t *testing.T) {
	const most, packaged = 1 << 20, 200
	functions := make([]model.Function, 70)
	size := func(pad int) (int, string) { // of a template with so many bytes more than the least
		for i := range functions {
			more := pad / (len(functions) - i)
			pad -= more
			functions[i] = model.Function{Name: fmt.Sprintf("audit%02d", i), Trigger: model.HTTP{Path: "/", Public: true}, Operation: model.Operation{
				Env: []model.Variable{{Name: "ESCAPED", Value: strings.Repeat("\x01", 3200) + strings.Repeat("x", more)}}}}
		}
		files, diagnostics, err := aws.New(config.Sections{Target: &config.Settings{}}).Infrastructure(model.App{Path: "example.com/shop", Functions: functions})
		if err != nil {
			t.Fatal(err)
		}
		return len(files[0].Data) + len(functions)*packaged, codes(diagnostics)
	}
	least, _ := size(0)
	for n, refused := range map[int]bool{most: false, most + 1: true} {
		got, found := size(n - least) // which are environments too large as well
		if got != n || strings.Contains(found, "application-size") != refused {
			t.Errorf("a template of %d bytes instead of %d is refused: %t", got, n, !refused)
		}
	}
}

// What has a limit has it with a patch as well, to the byte: an empty one changes
// nothing, and one that makes more of it is refused where it does.
func TestLimitsUnderPatch(t *testing.T) {
	for _, c := range []struct {
		yaml, patch string
		want        string // findings
	}{
		{"", "{}", ""},
		{"functions: {confirm: {env: {LONG: '%03911d'}}}", "{}", ""},
		{"functions: {confirm: {env: {LONG: '%03912d'}}}", "{}", "fngen.yaml:2:35: error: confirm: aws: the environment has up to 4097 bytes"},
		{"functions: {confirm: {env: {LONG: '%03912d'}}}", "Resources: {ConfirmFunction: {Properties: {Timeout: 7}}}", "fngen.yaml:2:35: error: confirm: aws: the environment has up to 4097 bytes"},
		{"functions: {confirm: {env: {LONG: '%03912d'}}}", "Resources: {ConfirmFunction: {Properties: {Environment: null}}}", ""},
		{"", "Resources: {ConfirmFunction: {Properties: {Environment: {Variables: {LONG: '%03911d'}}}}}", ""},
		{"", "Resources: {ConfirmFunction: {Properties: {Environment: {Variables: {LONG: '%03912d'}}}}}", "patch.yaml:1:13: error: with the patch, the environment has up to 4097 bytes"},
		{"", "Resources: {ConfirmRole: {Properties: {Policies: [{PolicyDocument: '%010238d'}]}}}", ""},
		{"", "Resources: {ConfirmRole: {Properties: {Policies: [{PolicyDocument: '%010239d'}]}}}", "patch.yaml:1:13: error: with the patch, the policies of the function's role have up to 10241 characters"},
		{"", "Resources: {ConfirmRole: {Properties: {Policies: [{PolicyName: !Sub 'a-${AWS::Region}', PolicyDocument: '%010239d'}]}}}", "patch.yaml:1:13: error: with the patch, the policies of the function's role have up to 10241 characters"},
		{"", "Resources: {Other: {Type: 'AWS::IAM::Role', Properties: {Policies: [{PolicyDocument: '%010239d'}]}}}", ""},
		{"", "{Parameters: {P: {Type: String}}, Resources: {ConfirmFunction: {Properties: {Environment: {Variables: {LONG: '%03904d', P: !Ref P}}}}}}", ""},
		{"", "{Parameters: {P: {Type: String}}, Resources: {ConfirmFunction: {Properties: {Environment: {Variables: {LONG: '%03905d', P: !Ref P}}}}}}", "patch.yaml:1:47: error: with the patch, the environment has up to 4097 bytes"},
		{"", "Outputs: {" + many("O%d: {Value: a}", 197) + "}", ""},
		{"", "Outputs: {" + many("O%d: {Value: a}", 198) + "}", "patch.yaml:1:1: error: with the patch, the application's template has 8 resources and 201 outputs"},
		{"", "Resources: {" + many("T%d: {Type: 'AWS::SNS::Topic'}", 492) + "}", ""},
		{"", "Resources: {" + many("T%d: {Type: 'AWS::SNS::Topic'}", 493) + "}", "patch.yaml:1:16139: error: with the patch, the application's template has 501 resources and 3 outputs"},
	} {
		dir := t.TempDir()
		for name, text := range map[string]string{"fngen.yaml": "targets: {aws: {patch: patch.yaml}}\n" + c.yaml, "patch.yaml": c.patch} {
			text = long.ReplaceAllStringFunc(text, func(verb string) string { return fmt.Sprintf(verb, 0) })
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		root, err := os.OpenRoot(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer root.Close()
		says, err := config.Read(root, "", []string{"aws"})
		if err != nil {
			t.Fatal(err)
		}
		f := says.Operate(model.Function{Name: "confirm", Trigger: model.Queue{Name: "orders"}}, "aws")
		_, diagnostics, err := aws.New(says.Sections("aws")).Infrastructure(model.App{Functions: []model.Function{f}})
		if err != nil || len(says.Diagnostics()) > 0 {
			t.Fatal(err, says.Diagnostics())
		}
		if got := fmt.Sprint(diagnostics); !strings.HasPrefix(got, "["+c.want) || (c.want == "") != (len(diagnostics) == 0) {
			t.Errorf("%.80s, %.80s: %.200s, want %s", c.yaml, c.patch, got, c.want)
		}
	}
}

// many is the entry for each number to n.
func many(entry string, n int) string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprintf(entry, i))
	}
	return strings.Join(out, ", ")
}

// long stands for as many zeros.
var long = regexp.MustCompile(`%0[0-9]+d`)
