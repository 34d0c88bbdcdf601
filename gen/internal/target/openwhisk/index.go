package openwhisk

import (
	"slices"

	"github.com/fngen/fngen/gen/internal/model"
)

// A fed function is one with the trigger that fires it, if any does.
type fed struct {
	model.Function
	by    trigger
	fired bool
}

// An index finds those of many functions that share a trigger or a resource. Of
// several that are fed by one resource it knows the first, which stands for them.
type index struct {
	fed      []fed
	trigger  map[string][]int // by its name
	resource map[string][]int
}

func (t Target) index(functions []model.Function) index {
	all := index{trigger: map[string][]int{}, resource: map[string][]int{}}
	known := map[[2]string]bool{}
	for i, f := range functions {
		one := fed{Function: f}
		one.by, one.fired = t.trigger(f)
		all.fed = append(all.fed, one)
		class := [2]string{f.Trigger.Kind(), f.Trigger.Resource()}
		if class[0] == "schedule" {
			class[1] = f.Name // no two share a trigger
		}
		if known[class] {
			continue
		}
		known[class] = true
		all.resource[f.Trigger.Resource()] = append(all.resource[f.Trigger.Resource()], i)
		if one.fired {
			all.trigger[one.by.name] = append(all.trigger[one.by.name], i)
		}
	}
	return all
}

// before returns those of the functions before the i-th that have its trigger.
func (all index) before(i int) []fed {
	if !all.fed[i].fired {
		return nil
	}
	var found []fed
	for _, at := range all.trigger[all.fed[i].by.name] {
		if at < i {
			found = append(found, all.fed[at])
		}
	}
	return found
}

// near returns the functions that have the trigger or the resource, and the i-th.
func (all index) near(i int, trigger, resource string) []fed {
	at := slices.Concat(all.trigger[trigger], all.resource[resource], []int{i})
	slices.Sort(at)
	var found []fed
	for _, j := range slices.Compact(at) {
		found = append(found, all.fed[j])
	}
	return found
}
