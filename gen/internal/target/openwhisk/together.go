package openwhisk

import (
	"github.com/fngen/fngen/gen/internal/model"
)

// CheckApp refuses functions that would share what the platform cannot share as
// it is meant: a trigger, which belongs to the namespace, or a queue. It warns
// of triggers that would be fired in vain.
func (t Target) CheckApp(functions []model.Function) []model.Diagnostic {
	var diagnostics []model.Diagnostic
	for i, f := range functions {
		for _, other := range functions[:i] {
			if report := t.together(f, other); len(report.Diagnostics) > 0 {
				diagnostics = append(diagnostics, report.Diagnostics...)
				break
			}
		}
		for _, s := range sinks(f) {
			report := model.NewReport(t.Name(), f)
			t.reaches(report, f, s, functions)
			diagnostics = append(diagnostics, report.Diagnostics...)
		}
	}
	return diagnostics
}

// reaches says what is wrong with the trigger that the function's sink fires.
func (t Target) reaches(report *model.Report, f model.Function, s model.Sink, functions []model.Function) {
	name, verb := t.fires(s), directive(f, s)
	if name == "" {
		return
	}
	exists := t.resources[s.Name].name != ""
	heard := exists
	for _, other := range functions {
		kind, resource, at := other.Trigger.Kind(), other.Trigger.Resource(), model.Position(other.Pos)
		fed, ok := t.trigger("", other)
		fired := ok && fed.name == name
		switch {
		case fired && other.Name == f.Name:
			report.ErrorAt(verb, "the trigger %s is the function's own, and would feed it for ever; choose another", name)
			return
		case fired && kind != s.Kind:
			report.ErrorAt(verb, "the trigger %s is that of the %s %s of %s at %s; choose another", name, kind, resource, other.Name, at)
			return
		case resource == s.Name && kind == "queue" && verb == "deadletter":
			report.ErrorAt(verb, "the queue %s of %s at %s is a topic of Kafka, to which no action publishes; choose another name, or write //fn:topic there", resource, other.Name, at)
			return
		case resource == s.Name && fed.feed != "" && exists:
			report.ErrorAt(verb, "resources.%s.openwhisk.name is what the %s of %s at %s is called, and no trigger; choose another name", resource, kind, other.Name, at)
			return
		}
		heard = heard || fired
	}
	if !heard {
		report.WarnAt(verb, "the trigger %s fires no function of the application, and to send to one without a rule is an error; create a rule", name)
	}
}

func (t Target) together(f, other model.Function) *model.Report {
	if _, ok := other.Trigger.(model.Schedule); ok {
		f, other = other, f // it is a schedule's function that is easily renamed
	}
	report := model.NewReport(t.Name(), f)
	kind, resource := other.Trigger.Kind(), other.Trigger.Resource()
	if f.Trigger.Kind() == kind && f.Trigger.Resource() == resource {
		if _, ok := f.Trigger.(model.Queue); ok {
			report.Errorf("the queue %s feeds %s at %s too, and the Kafka feed gives each of them every message; handle both in one function, or write //fn:topic",
				resource, other.Name, model.Position(other.Pos))
		}
		return report
	}
	mine, fired := t.trigger("", f)
	others, otherFired := t.trigger("", other)
	if !fired || !otherFired || mine.name != others.name {
		return report
	}
	way := "give one of them another name"
	if _, ok := f.Trigger.(model.Schedule); ok {
		way = "give the function another name with //fn:name"
	}
	report.Errorf("its %s and the %s %s of %s at %s would be one trigger; %s", f.Trigger.Kind(), kind, resource, other.Name, model.Position(other.Pos), way)
	return report
}
