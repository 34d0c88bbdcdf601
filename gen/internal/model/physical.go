package model

// A Placer is a [Target] on which operators name what exists already.
type Placer interface {
	// Existing returns what the resource of the logical name is called there, after
	// the service that has it; "" for one that gets a name of its own, and for what
	// may be one for several names. kind is a trigger's, a sink's or a use's, or letters for a queue that
	// has dead letters.
	Existing(kind, name string) string
}

// LettersKind is the kind of a queue of dead letters.
const LettersKind = "letters"

// onePlace refuses two logical names of one resource, which would hide that it is
// fed and feeds, or that two functions share it.
func onePlace(t Target, functions []Function) []Diagnostic {
	placer, ok := t.(Placer)
	if !ok {
		return nil
	}
	var diagnostics []Diagnostic
	first := map[string]string{} // the logical name by the physical one
	for _, f := range functions {
		report := NewReport(t.Name(), f)
		place := func(verb, kind, name string) {
			at := placer.Existing(kind, name)
			if at == "" {
				return
			}
			if other, known := first[at]; known && other != name {
				report.ErrorAt("resource-setting", verb, "%s and %s are one there, by resources.%s.%s.name, and one resource has one name here; write %s in the directives of both", other, name, name, t.Name(), other)
				return
			}
			first[at] = name
		}
		kind := f.Trigger.Kind()
		if q, ok := f.Trigger.(Queue); ok && q.Letters {
			kind = LettersKind
		}
		place("", kind, f.Trigger.Resource())
		for _, s := range f.Sinks {
			place("sink", s.Kind, s.Name)
		}
		for _, u := range f.Uses {
			if u.Kind != UseSecret {
				place(u.Key(), string(u.Kind), u.Name)
			}
		}
		if f.DeadLetter != "" && f.DeadLetterSink() != "" {
			place("deadletter", LettersKind, f.DeadLetter)
		}
		diagnostics = append(diagnostics, report.Diagnostics...)
	}
	return diagnostics
}
