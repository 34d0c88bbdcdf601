package openwhisk

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/gen/internal/config"
	"github.com/fngen/fngen/gen/internal/model"
)

// What functions say of each other is what comparing each with every other says.
func TestIndex(t *testing.T) {
	c := config.Parse([]byte("resources: {a: {openwhisk: {name: b}}, c: {openwhisk: {name: c}}}"), []string{"openwhisk"})
	target := New(c.Sections("openwhisk"))
	r := rand.New(rand.NewPCG(1, 2))
	name := func() string { return string(rune('a' + r.IntN(4))) }
	found := 0
	for range 2000 {
		var functions []model.Function
		for i := range 1 + r.IntN(7) {
			n := name()
			f := model.Function{Name: n, Trigger: []model.Trigger{model.Queue{Name: n}, model.Topic{Name: n}, model.Stream{Name: n}, model.Event{Type: n},
				model.Schedule{Cron: "0 0 * * *"}, model.Document{Collection: n}, model.HTTP{Path: "/" + n}}[r.IntN(7)]}
			f.Pos.Line = i + 1
			if slices.ContainsFunc(functions, func(other model.Function) bool { return other.Name == n }) {
				f.Name = fmt.Sprint(n, i) // names are unique, and may be those of resources
			}
			if r.IntN(2) == 0 {
				f.DeadLetter = name()
			}
			for range r.IntN(3) {
				f.Sinks = append(f.Sinks, model.Sink{Kind: []string{"topic", "event", "queue", "http"}[r.IntN(4)], Name: name(), Type: name()})
			}
			functions = append(functions, f)
		}
		var want []model.Diagnostic
		all := target.index(functions).fed
		for i, f := range all {
			for _, other := range all[:i] {
				if report := target.together(f, other); len(report.Diagnostics) > 0 {
					want = append(want, report.Diagnostics...)
					break
				}
			}
			for _, s := range sinks(f.Function) {
				report := model.NewReport(target.Name(), f.Function)
				target.reaches(report, f.Function, s, all)
				want = append(want, report.Diagnostics...)
			}
		}
		if diff := cmp.Diff(want, target.CheckApp(functions)); diff != "" {
			t.Fatalf("%+v (-want +got):\n%s", functions, diff)
		}
		found += len(want)
	}
	if found == 0 {
		t.Error("nothing was found at all")
	}
}
