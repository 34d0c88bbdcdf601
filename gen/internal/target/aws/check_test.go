package aws

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/gen/internal/config"
	"github.com/fngen/fngen/gen/internal/model"
)

// What functions say of each other is what comparing each with every other says.
func TestCheckApp(t *testing.T) {
	c := config.Parse([]byte("targets: {aws: {http: api}}\nresources: {a: {aws: {name: b}}}"), []string{"aws"})
	target := New(c.Sections("aws"))
	r := rand.New(rand.NewPCG(1, 2))
	name := func() string { return string(rune('a' + r.IntN(3))) }
	found := map[model.Code]int{}
	for range 2000 {
		var functions []model.Function
		for i := range 1 + r.IntN(7) {
			f := model.Function{Name: name(), Trigger: []model.Trigger{model.Queue{Name: name(), FIFO: r.IntN(2) == 0},
				model.Object{Bucket: name(), Created: true, Prefix: name()}, model.HTTP{Path: "/" + name()}, model.HTTP{Path: "/"}, model.Topic{Name: name()}}[r.IntN(5)]}
			f.Pos.Line = i + 1
			if r.IntN(2) == 0 {
				f.DeadLetter = name()
			}
			functions = append(functions, f)
		}
		var want []model.Diagnostic
		for i, f := range functions {
			for _, other := range functions[:i] {
				report := model.NewReport(target.Name(), f)
				target.together(report, f, other)
				want = append(want, report.Diagnostics...)
			}
		}
		for _, d := range want {
			found[d.Code]++
		}
		if diff := cmp.Diff(want, target.CheckApp(functions)); diff != "" {
			t.Fatalf("%+v (-want +got):\n%s", functions, diff)
		}
	}
	for _, code := range []model.Code{"fifo-mismatch", "object-overlap", "queue-shared", "route-taken"} {
		if found[code] == 0 {
			t.Errorf("%s was not found at all", code)
		}
	}
}
