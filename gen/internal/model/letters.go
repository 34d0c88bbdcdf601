package model

import "slices"

// CheckOn returns the functions as the target has them, all of which are meant
// for it, and what is wrong with each there and with all taken together.
func CheckOn(t Target, functions []Function) ([]Function, []Diagnostic) {
	functions = withLetters(functions)
	diagnostics := slices.Concat(checkLetters(t.Name(), functions), onePlace(t, functions), checkLoops(t, functions))
	for _, f := range functions {
		diagnostics = append(diagnostics, t.Check(f)...)
	}
	if checker, ok := t.(AppChecker); ok {
		diagnostics = append(diagnostics, checker.CheckApp(functions)...)
	}
	return functions, diagnostics
}

// withLetters returns the functions, in which those have named dead letters too
// that only go by the name which they have without a directive, if that is the
// name of a queue or of other dead letters: a name is one queue, and stays the one
// that it is where nobody else names it.
func withLetters(functions []Function) []Function {
	said := map[string]bool{}
	own := map[string]*Function{} // by the name that their dead letters have without a directive
	for _, f := range functions {
		said[f.DeadLetter] = true
		if f.DeadLetter == f.Name+deadLetters {
			f.DeadLetter = ""
		}
		if name := f.DeadLetterSink(); f.DeadLetter == "" && name != "" && name != queueOf(f) {
			own[name] = &f
		}
		if q, ok := f.Trigger.(Queue); ok {
			said[q.Name] = true
		}
	}
	out := slices.Clone(functions)
	for i, f := range out {
		if name := f.DeadLetterSink(); f.DeadLetter == "" && name != "" && said[name] && name != queueOf(f) {
			out[i].DeadLetter = name
		}
		out[i].LettersOf = own[out[i].DeadLetter]
		if q, ok := f.Trigger.(Queue); ok {
			q.Of = own[q.Name]
			out[i].Trigger = q
		}
	}
	return out
}

// queueOf returns the name of the queue that feeds the function, "" if none does.
func queueOf(f Function) string {
	q, _ := f.Trigger.(Queue)
	return q.Name
}

// checkLetters returns what is wrong with the names of dead letters. Whatever is
// the same on every target names none.
func checkLetters(target string, functions []Function) []Diagnostic {
	losing := map[string][]Function{} // by the name of their dead letters
	for _, f := range functions {
		if name := f.DeadLetterSink(); name != "" {
			losing[name] = append(losing[name], f)
		}
	}
	var diagnostics []Diagnostic
	for _, f := range functions {
		report := NewReport("", f)
		for _, s := range f.Sinks {
			if losers := losing[s.Name]; losers != nil {
				loser := losers[0]
				if f.DeadLetterSink() == s.Name {
					loser = f
				}
				report.ErrorAt("sink-name", "sink", "the sink %s:%s of %s and the dead letters of %s at %s have one name, which is one address; choose another for the sink, or for the dead letters with //fn:deadletter",
					s.Kind, s.Name, f.Name, loser.Name, Position(loser.Pos))
			}
		}
		q, _ := f.Trigger.(Queue)
		losers := slices.DeleteFunc(slices.Clone(losing[q.Name]), func(other Function) bool { return other.Name == f.Name })
		switch {
		case q.Letters && losing[q.Name] == nil:
			here := NewReport(target, f)
			here.Warnf("letters-none", "no function has %s as its dead letters; correct the name, or write //fn:deadletter %s at the function whose dead letters they are", q.Name, q.Name)
			diagnostics = append(diagnostics, here.Diagnostics...)
		case !q.Letters && len(losers) > 0:
			report.Warnf("letters-stripped", "the queue %s has the dead letters of %s at %s, and %s gets them without the reason, and those of types under dev.fngen. not at all; add letters",
				q.Name, losers[0].Name, Position(losers[0].Pos), f.Name)
		}
		diagnostics = append(diagnostics, report.Diagnostics...)
	}
	return diagnostics
}
