package openwhisk_test

import (
	"reflect"
	"regexp"
	"testing"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/fngen/fngen/gen/internal/config"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/target/openwhisk"
)

// eventTypes are the types that //fn:event takes.
var eventTypes = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9 ._:/+@-]{0,127}$`)

// What directives and fngen.yaml say is refused, or it reaches the platform
// through YAML and wskdeploy as it is: names as what they name, and the names of
// resources as the inputs of feeds and of actions.
func FuzzManifest(f *testing.F) {
	for _, s := range [][6]string{
		{"shop", "orders", "com.example.placed", "Europe/Berlin", "acme-orders", "kafka.example:9092"},
		{"null", "null", "Null", "UTC", "null", "null:1"}, {"yes", "yes", "yes", "yes", "yes", "yes:1"}, {"1.5", "on", "1.5", "", "json", "1:1"},
		{"2024-01-01", "e1", "2024-01-01", "", "$HOME", "-:1"}, {"a", "y", "Order Placed: v1", "", "us$ers/a(b)", "a.b:65535"},
		{"default", "string", "a:/+@b", "", "$", "x:0"}, {"_", "a", "1_000", "", "a$b", "."}, {"a.b", "true", "0x1", "", "..", "\"'"},
		{"é", "a\nb", "a: b", "Etc/GMT+1", "{a: b}", "${X}:1"}, {"a#b", "a #b", "- a", "", "~", "%:1"},
	} {
		f.Add(s[0], s[1], s[2], s[3], s[4], s[5])
	}
	f.Fuzz(func(t *testing.T, pkg, name, eventType, zone, physical, broker string) {
		for _, s := range []string{pkg, name, eventType, zone, physical, broker} {
			if !utf8.ValidString(s) {
				t.Skip("no text of a file")
			}
		}
		if _, err := time.LoadLocation(zone); err != nil || zone == "Local" || !eventTypes.MatchString(eventType) {
			t.Skip("refused in a directive")
		}
		settings, err := yaml.Marshal(map[string]any{
			"targets":   map[string]any{"openwhisk": map[string]any{"package": pkg}},
			"resources": map[string]any{name: map[string]any{"openwhisk": map[string]any{"name": physical, "brokers": []string{broker}}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		c := config.Parse(settings, []string{"openwhisk"})
		o := openwhisk.New(c.Sections("openwhisk"))
		if len(c.Diagnostics()) > 0 {
			t.Skip("refused in fngen.yaml")
		}
		functions := []model.Function{
			{Name: name, Trigger: model.Schedule{Cron: "0 0 * * *", TimeZone: zone}},
			{Name: "a" + name, Trigger: model.Queue{Name: name}},
			{Name: "b" + name, Trigger: model.Document{Collection: name}},
			{Name: "c" + name, Trigger: model.Event{Type: eventType}},
			{Name: "d" + name, Trigger: model.Topic{Name: "d" + name}},
			{Name: "e" + name, Trigger: model.HTTP{}, Sinks: []model.Sink{{Kind: "topic", Name: "s" + name}, {Kind: "event", Name: "t" + name, Type: eventType}}},
			{Name: "f" + name, Trigger: model.Topic{Name: "d" + name}, DeadLetter: "l" + name},
		}
		for i := range functions {
			functions[i].App = "example.com/shop"
		}
		if model.Failed(o.CheckApp(functions)) {
			t.Skip("refused together")
		}
		files, diagnostics, err := o.Infrastructure(model.App{Path: "example.com/shop", Functions: functions})
		if err != nil {
			t.Fatal(err)
		}
		if model.Failed(diagnostics) {
			t.Skip("refused as it is finished")
		}
		got, group := parse(t, files[0].Data)
		if got != pkg || len(group.Actions) != 7 || len(group.Rules) != 6 {
			t.Fatalf("the package %q instead of %q, %d actions, %d rules", got, pkg, len(group.Actions), len(group.Rules))
		}
		for _, trigger := range []string{pkg + ".schedule." + name, pkg + ".queue." + name, pkg + ".document." + name, pkg + ".topic.d" + name, pkg + ".topic.s" + name, pkg + ".topic.l" + name} {
			if _, ok := group.Triggers[trigger]; !ok {
				t.Errorf("no trigger %q in %v", trigger, group.Triggers)
			}
		}
		for action, a := range group.Actions {
			if a.Function != action+".zip" {
				t.Errorf("the action %q is %q", action, a.Function)
			}
			if trigger := group.Rules[pkg+"."+action].Trigger; !entity.MatchString(trigger) && action != "e"+name {
				t.Errorf("the trigger %q of %q", trigger, action)
			}
		}
		environment := asked(t, files[0].Data)
		inputs := func(trigger string) map[string]any { return arrived(t, group.Triggers[trigger].Inputs, environment) }
		queue, document, alarm := inputs(pkg+".queue."+name), inputs(pkg+".document."+name), inputs(pkg+".schedule."+name)
		if queue["topic"] != physical || !reflect.DeepEqual(queue["brokers"], []any{broker}) {
			t.Errorf("the queue %q of %q is fed by %v", physical, broker, queue)
		}
		if document["dbname"] != physical || arrived(t, group.Actions["b"+name].Inputs, nil)["dbname"] != physical {
			t.Errorf("the collection %q is %v", physical, document)
		}
		if zone == "" {
			zone = "UTC"
		}
		if !reflect.DeepEqual(alarm["trigger_payload"], map[string]any{"name": name}) || alarm["timezone"] != zone {
			t.Errorf("the schedule of %q in %q is %v", name, zone, alarm)
		}
	})
}
