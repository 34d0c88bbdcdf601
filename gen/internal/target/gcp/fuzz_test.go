package gcp_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"golang.org/x/text/unicode/norm"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/testkit/tfschema"
)

// The grammars of gen, and what a value of the environment can be.
var (
	nameGrammar     = regexp.MustCompile(`^[a-z][a-z0-9-]{0,47}$`)
	variableGrammar = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,127}$`)
)

func possible(value string) bool {
	return utf8.ValidString(value) && norm.NFC.IsNormalString(value) && !strings.ContainsRune(value, 0)
}

// Whatever users write, main.tf is HCL from which it comes back unchanged, and
// holds nothing else because of it.
func FuzzInfrastructure(f *testing.F) {
	f.Add("confirm", "LEVEL", "info", "stripe", "com.example.order.placed", "/orders/{id}", "30 4 * * *", "Europe/Berlin")
	f.Add("for", "for", "${var.name}", "a-b", "$${x}%{if true}", "/\n}\nresource \"x\" \"y\" {", "* * * * *", "\"")
	f.Add("a-", "null", "\x01\u2028\\\"\r\n", "k", "%{", "#", "0 0 1 1 1", "\\")
	f.Fuzz(func(t *testing.T, name, variable, val, secret, eventType, path, cron, zone string) {
		if !nameGrammar.MatchString(name) || !variableGrammar.MatchString(variable) || len(name) > 40 {
			t.Skip()
		}
		for _, s := range []string{val, secret, eventType, path, zone} {
			if !possible(s) {
				t.Skip()
			}
		}
		if _, err := model.ParseCron(cron); err != nil || zone == "" {
			t.Skip()
		}
		env := []model.Variable{{Name: variable, Value: val}, {Name: variable + "_S", Value: secret, IsSecret: true}}
		app := model.App{Path: "example.com/shop", Functions: []model.Function{
			{Name: name, Trigger: model.HTTP{Path: path}, Operation: model.Operation{Env: env},
				Sinks: []model.Sink{{Kind: "event", Name: name}, {Kind: "topic", Name: name + "-t"}}},
			{Name: name + "-event", Trigger: model.Event{Type: "x" + eventType}},
			{Name: name + "-queue", Trigger: model.Queue{Name: name}},
			{Name: name + "-tick", Trigger: model.Schedule{Cron: cron, TimeZone: zone}},
		}}
		for _, pkg := range []string{"source", "binary"} {
			file := tfschema.Parse(t, "main.tf", mainTF(t, "targets: {gcp: {package: "+pkg+"}}\n", app))
			if want := map[string]int{"source": 57, "binary": 50}[pkg]; len(file.Blocks) != want {
				t.Errorf("%s has %d blocks, want %d", pkg, len(file.Blocks), want)
			}
			id := strings.ReplaceAll(name, "-", "_")
			same(t, pkg+": event", find(t, file, "google_eventarc_trigger", id+"_event", "matching_criteria").Attributes["value"], "x"+eventType)
			same(t, pkg+": filter", find(t, file, "google_pubsub_subscription", id+"_event_events").Attributes["filter"], "attributes.\"ce-type\" = "+strconv.Quote("x"+eventType))
			job := find(t, file, "google_cloud_scheduler_job", id+"_tick")
			same(t, pkg+": zone", job.Attributes["time_zone"], zone)
			if pkg == "source" {
				service := find(t, file, "google_cloudfunctions2_function", id, "service_config")
				same(t, "variable", &hclsyntax.Attribute{Expr: item(t, service.Attributes["environment_variables"], variable)}, val)
				same(t, "secret", find(t, file, "google_cloudfunctions2_function", id, "service_config", "secret_environment_variables").Attributes["secret"], secret)
				continue
			}
			container := find(t, file, "google_cloud_run_v2_service", id, "template", "containers")
			for _, block := range container.Blocks {
				if block.Type != "env" {
					continue
				}
				switch literal(t, block.Body.Attributes["name"]) {
				case variable:
					same(t, "variable", block.Body.Attributes["value"], val)
				case variable + "_S":
					same(t, "secret", block.Body.Blocks[0].Body.Blocks[0].Body.Attributes["secret"], secret)
				}
			}
		}
	})
}

func same(t *testing.T, what string, a *hclsyntax.Attribute, want string) {
	t.Helper()
	if got := literal(t, a); got != want {
		t.Errorf("%s is %q, want %q", what, got, want)
	}
}

// item returns the value under the key of an object that is written out.
func item(t *testing.T, a *hclsyntax.Attribute, key string) hclsyntax.Expression {
	t.Helper()
	var found []hclsyntax.Expression
	for _, pair := range a.Expr.(*hclsyntax.ObjectConsExpr).Items {
		name, diags := pair.KeyExpr.Value(nil)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		if name.AsString() == key {
			found = append(found, pair.ValueExpr)
		}
	}
	if len(found) == 0 {
		t.Fatalf("there is no %s", key)
	}
	return found[len(found)-1]
}
