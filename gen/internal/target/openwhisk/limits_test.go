package openwhisk_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/gen/internal/model"
)

func manifestOf(t *testing.T, settings string, functions ...model.Function) ([]byte, []model.Diagnostic) {
	t.Helper()
	o, _ := target(t, settings)
	for i := range functions {
		functions[i].App = "example.com/shop"
	}
	files, diagnostics, err := o.Infrastructure(model.App{Path: "example.com/shop", Functions: functions})
	if err != nil {
		t.Fatal(err)
	}
	return files[0].Data, diagnostics
}

// A function that says what it was called stays what is deployed, with its rule, its
// alarm and its URL: of the manifest nothing changes but its archive, and what the
// alarm tells it.
func TestRenamed(t *testing.T) {
	functions := func() []model.Function {
		return []model.Function{
			{Name: "confirm", Trigger: model.Queue{Name: "orders"}},
			{Name: "home", Trigger: model.HTTP{Path: "/"}},
			{Name: "nightly", Trigger: model.Schedule{Cron: "0 0 * * *"}},
		}
	}
	before, _ := manifestOf(t, "", functions()...)
	for i, f := range functions() {
		renamed := functions()
		renamed[i].Name, renamed[i].Was, renamed[i].Since = "renamed", f.Name, []string{"between"}
		after, _ := manifestOf(t, "", renamed...)
		want := strings.NewReplacer(f.Name+".zip", "renamed.zip", `name: "`+f.Name+`"`, `name: "renamed"`).Replace(string(before))
		if diff := cmp.Diff(want, string(after)); diff != "" {
			t.Errorf("%s renamed (-want +got):\n%s", f.Name, diff)
		}
	}
}

// Two applications in one namespace share no trigger, unless both name it.
func TestTwoPackages(t *testing.T) {
	functions := []model.Function{
		{Name: "confirm", Trigger: model.Queue{Name: "orders"}}, {Name: "nightly", Trigger: model.Schedule{Cron: "0 0 * * *"}}, {Name: "often", Trigger: model.Schedule{Every: 60e9}},
		{Name: "users", Trigger: model.Document{Collection: "users"}}, {Name: "views", Trigger: model.Stream{Name: "views"}},
		{Name: "print", Trigger: model.Topic{Name: "news"}, Sinks: []model.Sink{{Kind: "event", Name: "bus"}, {Kind: "topic", Name: "prices"}}},
		{Name: "audit", Trigger: model.Event{Type: "com.example.placed"}, DeadLetter: "lost"},
		{Name: "failed", Trigger: model.Queue{Name: "failures", Letters: true}},
	}
	of := func(pkg string) map[string]wskTrigger {
		data, _ := manifestOf(t, "targets: {openwhisk: {package: "+pkg+"}}", functions...)
		_, group := parse(t, data)
		return group.Triggers
	}
	shop, other := of("shop"), of("other")
	if len(shop) != len(functions)+3 {
		t.Errorf("%d triggers of %d functions, which send to two and have dead letters", len(shop), len(functions))
	}
	for name := range shop {
		if _, both := other[name]; both {
			t.Errorf("both have the trigger %s", name)
		}
	}
}

// An alarm tells the events' source, the trigger, and a rename that says so keeps it.
func TestTriggerOfAlarm(t *testing.T) {
	o, _ := target(t, "")
	for _, f := range []model.Function{
		{Name: "nightly", Trigger: model.Schedule{Cron: "0 0 * * *"}},
		{Name: "daily", Was: "nightly", Trigger: model.Schedule{Every: 60e9}},
	} {
		f.App = "example.com/shop"
		if got := launch(t, o, f); !slices.Contains(got, "FNGEN_TRIGGER=shop.schedule.nightly") {
			t.Errorf("%s: %q", f.Name, got)
		}
	}
	audit := model.Function{Name: "audit", App: "example.com/shop", Trigger: model.Event{Type: "com.example.placed"}}
	if archives, err := o.PackageBinary(audit, nil); err != nil || len(archives[0].Files) != 2 { // no launcher: events say their source
		t.Errorf("%v, %v", archives, err)
	}
}

// A topic that is said to be there already is the same trigger for all who fire it
// and are fired by it, in whatever application, and is nobody's to remove.
func TestSharedTopic(t *testing.T) {
	const settings = "resources: {news: {openwhisk: {name: acme.news}}, lost: {openwhisk: {name: acmeLost}}}"
	functions := []model.Function{
		{Name: "print", Trigger: model.Topic{Name: "news"}, DeadLetter: "lost"},
		{Name: "failed", Trigger: model.Queue{Name: "lost", Letters: true}},
		{Name: "send", Trigger: model.HTTP{Path: "/"}, Sinks: []model.Sink{{Kind: "topic", Name: "news"}}},
	}
	data, diagnostics := manifestOf(t, settings, functions...)
	_, group := parse(t, data)
	if len(group.Triggers) > 0 || group.Rules["shop.print"].Trigger != "acme.news" || group.Rules["shop.failed"].Trigger != "acmeLost" {
		t.Errorf("triggers %v, rules %v", group.Triggers, group.Rules)
	}
	o, _ := target(t, settings)
	for _, f := range functions {
		diagnostics = append(diagnostics, o.Check(f)...)
	}
	if diagnostics = append(diagnostics, o.CheckApp(functions)...); model.Failed(diagnostics) {
		t.Error(diagnostics)
	}
	for name, want := range map[string][]string{
		"print": {"FNGEN_SINK_LOST=acmeLost", "FNGEN_TRIGGER=acme.news"}, "failed": {"FNGEN_TRIGGER=acmeLost"}, "send": {"FNGEN_SINK_NEWS=acme.news"},
	} {
		i := slices.IndexFunc(functions, func(f model.Function) bool { return f.Name == name })
		got := slices.DeleteFunc(launch(t, o, functions[i]), func(v string) bool { return !strings.HasPrefix(v, "FNGEN_") })
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: the environment differs (-want +got):\n%s", name, diff)
		}
	}
}

// A trigger that an operator names is none that feeds a function.
func TestNamedAsFed(t *testing.T) {
	o, _ := target(t, "resources: {news: {openwhisk: {name: shop.queue.orders}}, other: {openwhisk: {name: shop.queue.others}}}")
	orders := model.Function{Name: "confirm", App: "example.com/shop", Trigger: model.Queue{Name: "orders"}}
	for name, refused := range map[string]bool{"news": true, "other": false} {
		for _, f := range []model.Function{
			{Name: "print", App: "example.com/shop", Trigger: model.Topic{Name: name}},
			{Name: "send", App: "example.com/shop", Trigger: model.HTTP{Path: "/"}, Sinks: []model.Sink{{Kind: "topic", Name: name}}},
			{Name: "sends", App: "example.com/shop", Trigger: model.Schedule{Every: 60e9}, DeadLetter: name},
		} {
			found := o.CheckApp([]model.Function{orders, f})
			if model.Failed(found) != refused || refused && found[0].Code != "trigger-shared" {
				t.Errorf("%s with %s: %v", f.Name, name, found)
			}
		}
	}
}

// Names of triggers have a limit, which that of the package and an event's type make
// together.
func TestTriggerNames(t *testing.T) {
	eventType := strings.Repeat("t", 128)
	for length, refused := range map[int]bool{256 - 128 - len(".event."): false, 256 - 128 - len(".event.") + 1: true} {
		for _, f := range []model.Function{
			{Name: "audit", Trigger: model.Event{Type: eventType}},
			{Name: "send", Trigger: model.HTTP{Path: "/"}, Sinks: []model.Sink{{Kind: "event", Name: "bus", Type: eventType}}},
		} {
			_, found := manifestOf(t, "targets: {openwhisk: {package: "+strings.Repeat("p", length)+"}}", f)
			if model.Failed(found) != refused || refused && (len(found) != 1 || found[0].Code != "resource-name") {
				t.Errorf("%s in a package of %d characters: %v", f.Name, length, found)
			}
		}
	}
}

// A web action takes seven methods, and no others.
func TestMethods(t *testing.T) {
	o, _ := target(t, "")
	for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND"} {
		refused := false
		for _, d := range o.Check(model.Function{Name: "home", Trigger: model.HTTP{Path: "/", Methods: []string{method}, Public: true}}) {
			refused = refused || d.Code == "http-method"
		}
		if want := method == "TRACE" || method == "CONNECT" || method == "PROPFIND"; refused != want {
			t.Errorf("%s is refused: %t", method, refused)
		}
	}
}
