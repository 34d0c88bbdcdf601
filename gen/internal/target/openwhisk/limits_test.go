package openwhisk_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/gen/internal/model"
)

func manifestOf(t *testing.T, settings string, functions ...model.Function) ([]byte, []model.Diagnostic) {
	t.Helper()
	o, _ := target(t, settings)
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

// Two applications in one namespace share no trigger of a feed.
func TestTwoPackages(t *testing.T) {
	functions := []model.Function{
		{Name: "confirm", Trigger: model.Queue{Name: "orders"}}, {Name: "nightly", Trigger: model.Schedule{Cron: "0 0 * * *"}}, {Name: "often", Trigger: model.Schedule{Every: 60e9}},
		{Name: "users", Trigger: model.Document{Collection: "users"}}, {Name: "views", Trigger: model.Stream{Name: "views"}},
	}
	of := func(pkg string) map[string]wskTrigger {
		data, _ := manifestOf(t, "targets: {openwhisk: {package: "+pkg+"}}", functions...)
		_, group := parse(t, data)
		return group.Triggers
	}
	shop, other := of("shop"), of("other")
	if len(shop) != len(functions) {
		t.Errorf("%d triggers of %d functions", len(shop), len(functions))
	}
	for name := range shop {
		if _, both := other[name]; both {
			t.Errorf("both have the trigger %s", name)
		}
	}
}

// A trigger that an event and a feed would share is refused.
func TestSharedWithFeed(t *testing.T) {
	nightly := model.Function{Name: "nightly", Trigger: model.Schedule{Cron: "0 0 * * *"}}
	for eventType, code := range map[string]model.Code{
		"com.example.order.placed": "", "_a": "", "9": "", strings.Repeat("t", 128): "", "shop.schedule.nightl": "",
		"shop.schedule.nightly": "trigger-shared",
	} {
		for _, f := range []model.Function{
			{Name: "audit", Trigger: model.Event{Type: eventType}},
			{Name: "send", Trigger: model.HTTP{Path: "/"}, Sinks: []model.Sink{{Kind: "event", Name: "bus", Type: eventType}}},
		} {
			_, diagnostics := manifestOf(t, "", f, nightly)
			var got model.Code
			for _, d := range diagnostics {
				got = d.Code
			}
			if got != code || len(diagnostics) > 1 {
				t.Errorf("%s of type %q: %v, want %q", f.Name, eventType, diagnostics, code)
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
