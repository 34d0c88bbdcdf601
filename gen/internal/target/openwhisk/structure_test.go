package openwhisk_test

import (
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/fngen/fngen/gen/internal/model"
)

// entity is what the platform takes as a name.
var entity = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_@ .&-]{0,254}[A-Za-z0-9_@.&-])?$`)

// All that an action and its trigger need is in the manifest: what the adapters
// expect, and nothing that is open to more than it must be.
func TestStructure(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/everything.txtar")
	if err != nil {
		t.Fatal(err)
	}
	dir, _ := extracted(t, archive)
	o, app := scanned(t, dir)
	files, _, err := o.Infrastructure(app)
	if err != nil {
		t.Fatal(err)
	}
	images := map[string]string{} // of the archives, by path
	for _, f := range app.Functions {
		archives, err := o.PackageBinary(f, []byte("binary"))
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range archives {
			for _, file := range a.Files {
				if file.Path == "exec.env" {
					images[a.Path] = string(file.Data)
				}
			}
		}
	}
	if len(files) != 2 || len(images) != 2*len(app.Functions) {
		t.Fatalf("%d manifests and %d archives with an image for two kinds", len(files), len(images))
	}
	for _, file := range files {
		name, pkg := parse(t, file.Data)
		if !entity.MatchString(name) {
			t.Errorf("the package %q", name)
		}
		environment := asked(t, file.Data)
		fired := map[string]string{} // trigger by function
		for rule, r := range pkg.Rules {
			if _, ok := pkg.Triggers[r.Trigger]; !ok {
				t.Errorf("rule %s: no trigger %s", rule, r.Trigger)
			}
			if _, ok := pkg.Actions[r.Action]; !ok {
				t.Errorf("rule %s: no action %s", rule, r.Action)
			}
			if rule != name+"."+r.Action || !entity.MatchString(rule) {
				t.Errorf("rule %s of action %s", rule, r.Action)
			}
			fired[r.Action] = r.Trigger
		}
		if len(pkg.Actions) != len(app.Functions) {
			t.Errorf("%d actions of %d functions", len(pkg.Actions), len(app.Functions))
		}
		used := map[string]bool{}
		for _, f := range app.Functions {
			a := pkg.Actions[f.Name]
			checkAction(t, f, a)
			if image := images[path.Join(path.Dir(file.Path), a.Function)]; image == "" || image != "openwhisk/action-golang-v"+strings.TrimPrefix(a.Runtime, "go:") {
				t.Errorf("%s: the archive %s is for %q, and the runtime is %q", f.Name, a.Function, image, a.Runtime)
			}
			checkFeed(t, f, fired[f.Name], pkg.Triggers[fired[f.Name]], environment)
			used[fired[f.Name]] = true
		}
		for trigger := range pkg.Triggers {
			if !used[trigger] || !entity.MatchString(trigger) {
				t.Errorf("the trigger %q, which a rule uses: %t", trigger, used[trigger])
			}
		}
	}
}

func checkAction(t *testing.T, f model.Function, a wskAction) {
	t.Helper()
	if a.Function != f.Name+".zip" || a.Runtime == "" {
		t.Errorf("%s: function %q, runtime %q", f.Name, a.Function, a.Runtime)
	}
	if ms := int(f.Timeout.Milliseconds()); ms > 0 && a.Limits.Timeout != ms || ms == 0 && a.Limits.Timeout != 60000 {
		t.Errorf("%s: the timeout is %d", f.Name, a.Limits.Timeout)
	}
	if m := f.Operation.Memory; m > 0 && a.Limits.MemorySize != m || m == 0 && a.Limits.MemorySize != 256 {
		t.Errorf("%s: the memory is %d", f.Name, a.Limits.MemorySize)
	}
	want := map[string]any{"provide-api-key": false}
	web := ""
	if trigger, ok := f.Trigger.(model.HTTP); ok {
		web = "raw"
		if trigger.Public {
			want["web-custom-options"] = true
		} else {
			want["require-whisk-auth"] = "$REQUIRE_WHISK_AUTH" // never true, with which every namespace would pass
		}
	}
	if a.Web != web {
		t.Errorf("%s: web is %q", f.Name, a.Web)
	}
	if diff := cmp.Diff(want, a.Annotations); diff != "" {
		t.Errorf("%s: annotations differ (-want +got):\n%s", f.Name, diff)
	}
	inputs := map[string]any{}
	if f.Trigger.Kind() == "document" {
		inputs["dbname"] = databases[f.Trigger.Resource()]
	}
	if diff := cmp.Diff(inputs, arrived(t, a.Inputs, nil)); diff != "" {
		t.Errorf("%s: inputs, which stand among the members of every event, differ (-want +got):\n%s", f.Name, diff)
	}
}

var databases = map[string]string{"users": "us$ers/a", "carts": "carts", "big-docs": "big-docs"}

// checkFeed knows the trigger of each function by hand.
func checkFeed(t *testing.T, f model.Function, name string, trigger wskTrigger, environment map[string]string) {
	t.Helper()
	type feed struct {
		name, feed string
		inputs     map[string]any
	}
	payload := map[string]any{"name": f.Name}
	kafka := func(brokers any, topic string) map[string]any {
		m := map[string]any{"topic": topic, "isJSONData": false, "isBinaryKey": true, "isBinaryValue": true}
		if brokers != nil {
			m["brokers"] = brokers
		}
		return m
	}
	carts := feed{"shop.document.carts", "/acme/carts-db/changes", map[string]any{"dbname": "carts", "protocol": "http", "host": "db.example"}}
	want := map[string]feed{
		"nightly": {"shop.schedule.nightly", "my-alarms/alarm", map[string]any{
			"cron": "30 4 1 JAN,JUL MON,TUE,WED,THU,FRI", "timezone": "Europe/Berlin", "strict": true, "trigger_payload": payload}},
		"weekly":  {"shop.schedule.weekly", "my-alarms/alarm", map[string]any{"cron": "0 0 * * SUN", "timezone": "UTC", "strict": true, "trigger_payload": payload}},
		"often":   {"shop.schedule.often", "my-alarms/interval", map[string]any{"minutes": 120, "trigger_payload": payload}},
		"print":   {name: "shop.topic.news"},
		"send":    {name: "shop.topic.news"},
		"audit":   {name: "shop.event.com.example.order.placed"},
		"yes":     {name: "shop.event.Order-Placed--v1-a"},
		"reserve": {"shop.queue.orders", "/whisk.system/messaging/kafkaFeed", kafka([]any{"kafka-1.example:9092", "kafka-2.example:9092"}, "json")},
		"payment": {"shop.queue.payments", "/whisk.system/messaging/kafkaFeed", kafka("value of PAYMENTS_BROKERS", "payments")},
		"view":    {"shop.stream.big-views", "/whisk.system/messaging/kafkaFeed", kafka("value of BIG_VIEWS_BROKERS", "big-views")},
		"track":   {"shop.stream.clicks", "acme-hub/messageHubFeed", kafka(nil, "shop.clicks")},
		"count":   carts,
		"remind":  carts,
		"greet": {"shop.document.users", "/whisk.system/cloudant/changes", map[string]any{"dbname": "us$ers/a", "protocol": "https", "host": "db.example", "port": 6984,
			"username": "value of USERS_USERNAME", "password": "value of USERS_PASSWORD"}},
		"index": {"shop.document.big-docs", "/whisk.system/cloudant/changes", map[string]any{"dbname": "big-docs",
			"host": "value of BIG_DOCS_HOST", "username": "value of BIG_DOCS_USERNAME", "password": "value of BIG_DOCS_PASSWORD"}},
	}[f.Name]
	if want.inputs == nil {
		want.inputs = map[string]any{}
	}
	got := feed{name, trigger.Feed, arrived(t, trigger.Inputs, environment)}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(feed{})); diff != "" {
		t.Errorf("%s: the trigger differs (-want +got):\n%s", f.Name, diff)
	}
}

// Where fngen.yaml names no package, it is called after the application.
func TestPackage(t *testing.T) {
	for path, want := range map[string]string{
		"example.com/shop": "shop", "example.com/shop/v2": "shop", "example.com/acme/functions/orders": "orders",
		"example.com/~ada": "functions", "gopkg.in/shop.v2": "shop.v2", "example.com/v2/v2": "v2", "shop": "shop", "v2": "v2",
	} {
		o, _ := target(t, "")
		files, _, err := o.Infrastructure(model.App{Path: path, Functions: []model.Function{{Name: "news", App: path, Trigger: model.Topic{Name: "news"}}}})
		if err != nil {
			t.Fatal(err)
		}
		if name, _ := parse(t, files[0].Data); name != want || !entity.MatchString(name) {
			t.Errorf("%s: the package is %q, want %q", path, name, want)
		}
	}
	o, _ := target(t, "targets: {openwhisk: {package: my.shop}}")
	files, _, err := o.Infrastructure(model.App{Path: "example.com/shop", Functions: []model.Function{{Name: "orders", App: "example.com/shop", Trigger: model.Queue{Name: "orders"}}}})
	if err != nil {
		t.Fatal(err)
	}
	name, pkg := parse(t, files[0].Data)
	if _, ok := pkg.Triggers["my.shop.queue.orders"]; name != "my.shop" || !ok || pkg.Rules["my.shop.orders"].Trigger != "my.shop.queue.orders" {
		t.Errorf("the package %s has the triggers %v and the rules %v", name, pkg.Triggers, pkg.Rules)
	}
}
