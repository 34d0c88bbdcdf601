package gcp_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/testkit/tfschema"
)

// found returns the codes of what is wrong with the finished infrastructure.
func found(t *testing.T, settings string, functions ...model.Function) []string {
	t.Helper()
	_, diagnostics, err := target(t, settings).Infrastructure(model.App{Path: "example.com/shop", Functions: functions})
	if err != nil {
		t.Fatal(err)
	}
	var codes []string
	for _, d := range diagnostics {
		codes = append(codes, string(d.Code))
	}
	return codes
}

// A function's environment is counted with what the adapter needs, the addresses of
// sinks among it, as long as they may become.
func TestEnvironmentLimit(t *testing.T) {
	with := func(size int, sinks ...model.Sink) model.Function {
		f := model.Function{Name: "api", Trigger: model.HTTP{Path: "/"}, Sinks: sinks}
		for i := 0; size > 0; i++ {
			n := min(size, 4096)
			f.Operation.Env = append(f.Operation.Env, model.Variable{Name: fmt.Sprintf("V%02d", i), Value: strings.Repeat("x", n-3)})
			size -= n
		}
		return f
	}
	own := len("GOOGLE_CLOUD_PROJECT") + 30 + len("GOOGLE_CLOUD_REGION") + 25
	most := 32<<10 - own
	address := len("FNGEN_SINK_NEWS") + len("projects/") + 30 + len("/topics/") + 10 + len("-news-topic")
	for _, tc := range []struct {
		settings string
		f        model.Function
		refused  bool
	}{
		{"{}", with(most), false},
		{"{}", with(most + 1), true},
		{"{}", with(most, model.Sink{Kind: "topic", Name: "news"}), true},
		{"{}", with(most-address, model.Sink{Kind: "topic", Name: "news"}), false},
		{"{}", with(most-address+1, model.Sink{Kind: "topic", Name: "news"}), true},
		{"{package: binary}", with(most + 1), false},
	} {
		if got := found(t, tc.settings, tc.f); slices.Contains(got, "env-size") != tc.refused {
			t.Errorf("%s with %d variables: %v, want it refused: %t", tc.settings, len(tc.f.Operation.Env), got, tc.refused)
		}
	}
	for count, refused := range map[int]bool{998: false, 999: true} { // and two of the adapter's
		f := model.Function{Name: "api", Trigger: model.HTTP{Path: "/"}}
		for i := range count {
			f.Operation.Env = append(f.Operation.Env, model.Variable{Name: fmt.Sprintf("V%d", i), Value: "x", IsSecret: i%2 == 0})
		}
		for _, settings := range []string{"{}", "{package: binary}"} {
			if got := found(t, settings, f); slices.Contains(got, "env-size") != refused {
				t.Errorf("%s: %d variables: %v", settings, count, got)
			}
		}
	}
}

// A bucket tells ten functions of one kind of event, in either package, and ten more
// of another kind.
func TestNotificationLimit(t *testing.T) {
	var functions []model.Function
	for i := range 10 {
		functions = append(functions, model.Function{Name: fmt.Sprintf("made-%d", i), Trigger: model.Object{Bucket: "uploads", Created: true}},
			model.Function{Name: fmt.Sprintf("gone-%d", i), Trigger: model.Object{Bucket: "uploads", Deleted: true}})
	}
	more := append(slices.Clone(functions), model.Function{Name: "made-x", Trigger: model.Object{Bucket: "uploads", Created: true}})
	for _, settings := range []string{"{}", "{package: binary}"} {
		if got := found(t, settings, functions...); got != nil {
			t.Errorf("%s: %v", settings, got)
		}
		if got := found(t, settings, more...); !slices.Equal(got, []string{"trigger-limit"}) {
			t.Errorf("%s: %v", settings, got)
		}
	}
}

// What Google's front end keeps for itself is warned of, and what is only like it is
// not.
func TestReservedPaths(t *testing.T) {
	for path, warned := range map[string]bool{
		"/healthz": true, "/quiz": true, "/a/readyz": true, "shop.example/healthz": true, "/eventlog": true, "/_ah/": true, "/_ah/x": true,
		"/health": false, "/z/": false, "/{z}": false, "/{z...}": false, "/eventlog/x": false, "/eventlogs": false, "/_a": false, "/": false, "/z/x": false,
	} {
		diagnostics := target(t, "{}").Check(model.Function{Name: "api", Handler: model.Handler{PkgPath: "example.com/shop"}, Trigger: model.HTTP{Path: path, Public: true}})
		if got := len(diagnostics) == 1 && diagnostics[0].Code == "http-path-reserved"; got != warned {
			t.Errorf("%s: %v", path, diagnostics)
		}
	}
}

// Dead letters that end where nobody gives up go round in no circle.
func TestCircles(t *testing.T) {
	queue := func(name, letters string) model.Function {
		return model.Function{Name: "of-" + name, Trigger: model.Queue{Name: name}, DeadLetter: letters}
	}
	for name, tc := range map[string]struct {
		functions []model.Function
		refused   int
	}{
		"two":      {[]model.Function{queue("a", "b"), queue("b", "a")}, 1},
		"three":    {[]model.Function{queue("a", "b"), queue("b", "c"), queue("c", "a")}, 1},
		"into one": {[]model.Function{queue("a", "b"), queue("b", "c"), queue("c", "b")}, 1},
		"none":     {[]model.Function{queue("a", "b"), queue("b", "none")}, 0},
		"own":      {[]model.Function{queue("a", "b"), queue("b", "")}, 0},
		"schedule": {[]model.Function{queue("a", "b"), {Name: "b", Trigger: model.Schedule{Every: time.Hour}, DeadLetter: "a"}}, 0},
		"topic":    {[]model.Function{queue("a", "b"), {Name: "b", Trigger: model.Topic{Name: "b"}, DeadLetter: "a"}}, 0}, // another b
	} {
		_, got := model.CheckOn(target(t, "{}"), tc.functions)
		got = slices.DeleteFunc(got, func(d model.Diagnostic) bool { return d.Code != "feeds-itself" })
		if len(got) != tc.refused {
			t.Errorf("%s: %v, want %d", name, got, tc.refused)
		}
	}
}

// What Google takes as names, with the longest and the shortest variables.
var grammars = map[string]*regexp.Regexp{
	"google_cloud_run_v2_service":     regexp.MustCompile(`^[a-z]([a-z0-9-]{0,47}[a-z0-9])?$`), // https://cloud.google.com/run/quotas
	"google_cloud_scheduler_job":      regexp.MustCompile(`^[A-Za-z0-9_-]{1,500}$`),
	"google_cloudfunctions2_function": regexp.MustCompile(`^[a-z]([a-z0-9-]{0,47}[a-z0-9])?$`),
	"google_eventarc_channel":         regexp.MustCompile(`^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`),
	"google_eventarc_trigger":         regexp.MustCompile(`^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`),
	"google_pubsub_subscription":      regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._~%+-]{2,254}$`), // https://cloud.google.com/pubsub/docs/pubsub-basics
	"google_pubsub_topic":             regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._~%+-]{2,254}$`),
	"google_service_account":          regexp.MustCompile(`^[a-z][a-z0-9-]{4,28}[a-z0-9]$`),
	"google_storage_bucket":           regexp.MustCompile(`^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$`),
}

// Every name in main.tf is one that Google takes, with the shortest and the longest
// name of the application and of the project, no two are the same, and every filter
// is short enough.
func TestNames(t *testing.T) {
	long := strings.Repeat("n", 47)
	app := everything()
	app.Functions = append(app.Functions,
		model.Function{Name: long + "a", Trigger: model.Queue{Name: long + "b"}, Sinks: []model.Sink{{Kind: "event", Name: long + "c"}}},
		model.Function{Name: long + "d", Trigger: model.Event{Type: strings.Repeat("t", 128)}},
		model.Function{Name: long + "e", Trigger: model.Object{Bucket: long + "f", Created: true}},
		model.Function{Name: long + "g", Trigger: model.Schedule{Every: 60e9}},
		model.Function{Name: long + "h", Trigger: model.Stream{Name: "a"}},
		model.Function{Name: "a", Trigger: model.Topic{Name: "a"}},
		model.Function{Name: "a-b", Trigger: model.Queue{Name: "a"}},
		model.Function{Name: "a-queue", Trigger: model.Topic{Name: "a-queue"}},
	)
	for _, pkg := range []string{"source", "binary"} {
		file := tfschema.Parse(t, "main.tf", mainTF(t, replaced(everySetting, pkg), app))
		for name, project := range map[string]string{"ab": "acme-1", "nnnnnnnnnn": strings.Repeat("p", 30)} {
			scope := &hcl.EvalContext{Variables: map[string]cty.Value{
				"var":  cty.ObjectVal(map[string]cty.Value{"name": cty.StringVal(name), "project": cty.StringVal(project)}),
				"each": cty.ObjectVal(map[string]cty.Value{"key": cty.StringVal(long + "c-event"), "value": cty.StringVal("")}),
			}}
			taken := map[string]string{}
			for _, b := range file.Blocks {
				if b.Type != "resource" || grammars[b.Labels[0]] == nil {
					continue
				}
				kind, address := b.Labels[0], strings.Join(b.Labels, ".")
				a := b.Body.Attributes["name"]
				if kind == "google_service_account" {
					a = b.Body.Attributes["account_id"]
				}
				v, diags := a.Expr.Value(scope)
				if diags.HasErrors() {
					t.Fatal(diags)
				}
				if !grammars[kind].MatchString(v.AsString()) || strings.HasPrefix(v.AsString(), "goog") {
					t.Errorf("%s: %s would be called %s", pkg, address, v.AsString())
				}
				if other := taken[kind+v.AsString()]; other != "" {
					t.Errorf("%s: %s and %s would both be called %s", pkg, address, other, v.AsString())
				}
				taken[kind+v.AsString()] = address
				if filter := b.Body.Attributes["filter"]; filter != nil && len(literal(t, filter)) > 256 { // https://cloud.google.com/pubsub/docs/subscription-message-filter
					t.Errorf("%s: the filter of %s has %d bytes", pkg, address, len(literal(t, filter)))
				}
			}
		}
	}
}
