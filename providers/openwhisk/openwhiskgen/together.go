package openwhiskgen

import "github.com/fngen/fngen/gen"

// CheckApp refuses functions that would share what the platform cannot share as
// it is meant: a trigger, which belongs to the namespace, or a queue.
func (t Target) CheckApp(functions []gen.Function) []gen.Problem {
	var problems []gen.Problem
	for i, f := range functions {
		for _, other := range functions[:i] {
			if g := t.together(f, other); len(g.Problems) > 0 {
				problems = append(problems, g.Problems...)
				break
			}
		}
	}
	return problems
}

func (t Target) together(f, other gen.Function) *gen.Gate {
	if _, ok := other.Trigger.(gen.Schedule); ok {
		f, other = other, f // it is a schedule's function that is easily renamed
	}
	g := gen.NewGate(t.Name(), f)
	kind, resource := other.Trigger.Kind(), other.Trigger.Resource()
	if f.Trigger.Kind() == kind && f.Trigger.Resource() == resource {
		if _, ok := f.Trigger.(gen.Queue); ok {
			g.Errorf("the queue %s feeds %s at %s too, and the Kafka feed gives each of them every message; handle both in one function, or write //fn:topic",
				resource, other.Name, gen.Position(other.Pos))
		}
		return g
	}
	mine, fired := t.trigger("", f)
	others, otherFired := t.trigger("", other)
	if !fired || !otherFired || mine.name != others.name {
		return g
	}
	way := "give one of them another name"
	if _, ok := f.Trigger.(gen.Schedule); ok {
		way = "give the function another name with //fn:name"
	}
	g.Errorf("its %s and the %s %s of %s at %s would be one trigger; %s", f.Trigger.Kind(), kind, resource, other.Name, gen.Position(other.Pos), way)
	return g
}
