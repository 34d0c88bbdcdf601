package openwhisk_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/internal/sinks"
)

// sending returns the application of testdata/sinks.txtar by function, what its
// actions have as addresses, and its manifest.
func sending(t *testing.T) (functions map[string]model.Function, addresses map[string][]string, pkg wskGroup) {
	t.Helper()
	archive, err := txtar.ParseFile("testdata/sinks.txtar")
	if err != nil {
		t.Fatal(err)
	}
	dir, _ := extracted(t, archive)
	o, app := scanned(t, dir)
	files, _, err := o.Infrastructure(app)
	if err != nil {
		t.Fatal(err)
	}
	functions, addresses = map[string]model.Function{}, map[string][]string{}
	for _, f := range app.Functions {
		functions[f.Name] = f
		archives, err := o.PackageBinary(f, []byte("binary"))
		if err != nil {
			t.Fatal(err)
		}
		if len(archives[0].Files) == 2 { // no launcher
			continue
		}
		for _, v := range launch(t, o, f) {
			if strings.HasPrefix(v, "FNGEN_SINK_") {
				addresses[f.Name] = append(addresses[f.Name], v)
			}
		}
		slices.Sort(addresses[f.Name])
	}
	_, pkg = parse(t, files[0].Data)
	return functions, addresses, pkg
}

// Each sink has its address under the name that the adapter reads, and nothing
// else has one.
func TestAddresses(t *testing.T) {
	_, got, _ := sending(t)
	address := func(sink, value string) string { return sinks.Variable(sink) + "=" + value }
	want := map[string][]string{
		"order": {address("orders", "shop.topic.orders")},
		"confirm": {
			address("anything", "shop.event.anything"), address("bus", "shop.event.com.example.order.confirmed"), address("crm", "https://crm.example/events"),
			address("ledger", "acmeLedger"), address("lost", "shop.topic.lost"),
		},
		"ship":   {address("crm", "https://crm.example/events")},
		"return": {address("lost", "shop.topic.lost")},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("addresses differ (-want +got):\n%s", diff)
	}
}

// What is fired is created, with a rule for the functions that it is for, unless
// it is there already; and who fires has the key, and nobody else.
func TestFired(t *testing.T) {
	functions, _, pkg := sending(t)
	for name, key := range map[string]bool{"order": true, "confirm": true, "ship": false, "return": true, "lost": false, "nightly": false} {
		if got := pkg.Actions[name].Annotations["provide-api-key"]; got != key {
			t.Errorf("%s: provide-api-key is %v, want %v", name, got, key)
		}
	}
	for name, listener := range map[string]string{"shop.topic.orders": "confirm", "shop.event.com.example.order.confirmed": "ship", "shop.event.anything": "", "shop.topic.lost": "lost"} {
		trigger, ok := pkg.Triggers[name]
		if !ok || trigger.Feed != "" {
			t.Errorf("the trigger %s: %v, %v", name, trigger, ok)
		}
		var got string
		for _, rule := range pkg.Rules {
			if rule.Trigger == name {
				got += rule.Action
			}
		}
		if got != listener {
			t.Errorf("the trigger %s fires %q, want %q", name, got, listener)
		}
	}
	if len(pkg.Triggers) != 6 { // the four, an alarm's and a queue's
		t.Errorf("%d triggers", len(pkg.Triggers))
	}
	if len(functions) != len(pkg.Actions) {
		t.Errorf("%d actions for %d functions", len(pkg.Actions), len(functions))
	}
}

// What list says of dead letters and of sinks is what the action does.
func TestFactsOfSinks(t *testing.T) {
	functions, _, _ := sending(t)
	o, _ := target(t, "")
	for name, want := range map[string]string{
		"order": "none", "confirm": "the trigger shop.topic.lost; logged whole if that fails", "ship": "none: logged whole", "nightly": "none: logged whole",
	} {
		if got := o.Facts(functions[name]).DeadLetter; got != want {
			t.Errorf("%s: dead letter: %q, want %q", name, got, want)
		}
	}
	differs := o.Facts(functions["confirm"]).Differs
	for _, want := range []string{
		"what is sent to event:bus fires the trigger shop.event.com.example.order.confirmed, whatever its type",
		"what is sent to event:anything fires the trigger shop.event.anything, whatever its type",
	} {
		if !slices.Contains(differs, want) {
			t.Errorf("confirm differs in %q, without %q", differs, want)
		}
	}
}
