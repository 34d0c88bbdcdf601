package aws_test

import (
	"fmt"
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
