package model

import (
	"go/token"
	"slices"
	"strings"
)

// A Router is a [Target] on which names alone do not say what is sent where. What
// it returns are addresses in words, the topic news for instance, by which messages
// name them.
type Router interface {
	// Arrives returns where what the function sends to the sink arrives. The kind of
	// the sink of its dead letters is [Letters].
	Arrives(f Function, s Sink) []string
	// Fed returns what feeds the function, as far as a sink may reach it.
	Fed(f Function) []string
}

// Named is where what is sent to the sink arrives if its name alone decides.
func Named(s Sink) []string {
	switch s.Kind {
	case "queue", LettersKind:
		return []string{"the queue " + s.Name}
	case "topic":
		return []string{"the topic " + s.Name}
	}
	return nil
}

// FedByName is what feeds the function if its trigger's name alone decides.
func FedByName(f Function) []string {
	switch f.Trigger.(type) {
	case Queue, Topic:
		return Named(Sink{Kind: f.Trigger.Kind(), Name: f.Trigger.Resource()})
	}
	return nil
}

// A step leads from a function to one that it feeds.
type step struct {
	to      int
	verb    string // of the directive, for [Report.ErrorAt]
	what    string // topic:news for instance; "" for dead letters
	address string // at which they meet without their names being the same; "" if they are
	written bool   // what the function uses
	meant   bool   // with loop=ok
}

// checkLoops refuses functions that feed themselves, and dead letters that go round.
// It warns of functions that feed each other in a round.
func checkLoops(t Target, functions []Function) []Diagnostic {
	steps := stepsOf(t, functions)
	var diagnostics []Diagnostic
	lettersOnly, others := make([][]step, len(functions)), make([][]step, len(functions))
	refused := make([]bool, len(functions))
	for i, f := range functions {
		for _, s := range steps[i] {
			switch {
			case s.meant:
				continue
			case s.to == i:
				diagnostics = append(diagnostics, itself(t, f, s))
				refused[i] = true
			case s.what == "":
				lettersOnly[i] = append(lettersOnly[i], s)
			}
			if s.to != i {
				others[i] = append(others[i], s)
			}
		}
	}
	for _, round := range rounds(lettersOnly) {
		report := NewReport("", functions[round[0].from])
		report.ErrorAt("feeds-itself", "deadletter", "dead letters would go round for ever, from %s and back to it; name others with //fn:deadletter at one of them", strings.Join(namesOf(functions, round), " to "))
		diagnostics = append(diagnostics, report.Diagnostics...)
	}
	for _, round := range rounds(others) {
		isMore := slices.ContainsFunc(round, func(l link) bool { return !refused[l.from] }) // than is said already
		if isMore && slices.ContainsFunc(round, func(l link) bool { return l.what != "" }) {
			diagnostics = append(diagnostics, cycle(functions, round))
		}
	}
	return diagnostics
}

// LoopsMeant returns where loop=ok stands, and whether something comes back there
// on the target to the function that writes it.
func LoopsMeant(t Target, functions []Function) map[token.Position]bool {
	steps := stepsOf(t, functions)
	group := groups(steps)
	meant := map[token.Position]bool{}
	for i, f := range functions {
		for _, u := range f.Uses {
			if u.LoopOK {
				meant[u.Pos] = meant[u.Pos] || slices.ContainsFunc(steps[i], func(s step) bool { return s.verb == u.Key() && group[s.to] == group[i] })
			}
		}
	}
	return meant
}

// itself is the finding about a function that feeds itself.
func itself(t Target, f Function, s step) Diagnostic {
	target, there := "", ""
	if s.address != "" {
		target, there = t.Name(), " by way of "+s.address
	}
	report := NewReport(target, f)
	switch {
	case s.written:
		report.ErrorAt("feeds-itself", s.verb, "%s is triggered by %s, which it may write too, and could feed itself for ever; take write from the use, give the function a type of its own with another setup, keep the prefixes of objects apart, or write loop=ok if it ends", f.Name, s.what)
	case s.what != "":
		report.ErrorAt("feeds-itself", s.verb, "what %s sends to %s comes back to it%s, which would feed it for ever; choose another sink", f.Name, s.what, there)
	default:
		report.ErrorAt("feeds-itself", s.verb, "the dead letters of %s are what it is fed with%s, which would feed it for ever; name others with //fn:deadletter", f.Name, there)
	}
	return report.Diagnostics[0]
}

// cycle is the finding about functions that feed each other.
func cycle(functions []Function, round []link) Diagnostic {
	var way strings.Builder
	for _, l := range round {
		what := l.what
		if what == "" {
			what = "its dead letters"
		}
		way.WriteString(functions[l.from].Name + " → " + what + " → ")
	}
	first := functions[round[0].from]
	report := NewReport("", first)
	report.WarnAt("function-cycle", round[0].verb, "what %s sends can come back to it, and go round for ever: %s; see that it ends, and allow the warning, or break the round", first.Name, way.String()+first.Name)
	return report.Diagnostics[0]
}

func namesOf(functions []Function, round []link) []string {
	var names []string
	for _, l := range round {
		names = append(names, functions[l.from].Name)
	}
	return names
}

// stepsOf returns the steps from each function: over its sinks, its dead letters
// and what it writes.
func stepsOf(t Target, functions []Function) [][]step {
	arrives, fed := func(_ Function, s Sink) []string { return Named(s) }, FedByName
	if r, ok := t.(Router); ok {
		arrives, fed = r.Arrives, r.Fed
	}
	feeds := map[string][]int{} // the functions by what feeds them
	for i, f := range functions {
		for _, address := range fed(f) {
			feeds[address] = append(feeds[address], i)
		}
		switch f.Trigger.(type) {
		case Object, Document:
			use := f.Trigger.Kind() + ":" + f.Trigger.Resource()
			feeds[use] = append(feeds[use], i)
		}
	}
	steps := make([][]step, len(functions))
	for i, f := range functions {
		send := func(verb, what string, s Sink) {
			for _, address := range arrives(f, s) {
				for _, to := range feeds[address] {
					if !takes(functions[to], f) {
						continue
					}
					met := address
					if slices.ContainsFunc(FedByName(functions[to]), func(name string) bool { return slices.Contains(Named(s), name) }) {
						met = ""
					}
					if one := (step{to: to, verb: verb, what: what, address: met}); !slices.Contains(steps[i], one) {
						steps[i] = append(steps[i], one)
					}
				}
			}
		}
		for _, s := range f.Sinks {
			send("sink", s.Kind+":"+s.Name, s)
		}
		for _, u := range f.Uses {
			for _, to := range feeds[u.Resource()] {
				if u.Write && u.reaches(functions[to].Trigger) {
					steps[i] = append(steps[i], step{to: to, verb: u.Key(), what: u.Resource(), written: true, meant: u.LoopOK})
				}
			}
		}
		if name := f.DeadLetterSink(); name != "" {
			send("deadletter", "", Sink{Kind: LettersKind, Name: name})
		}
	}
	return steps
}

// takes reports whether the function may take events that the other makes.
func takes(f, from Function) bool {
	event, ok := f.Trigger.(Event)
	return !ok || event.Source == "" || event.Source == from.FullName()
}

// reaches reports whether what is written may be among what triggers.
func (u Use) reaches(t Trigger) bool {
	o, ok := t.(Object)
	return !ok || strings.HasPrefix(o.Prefix, u.Prefix) || strings.HasPrefix(u.Prefix, o.Prefix)
}

// A link is a step of a round, with the function that it leads from.
type link struct {
	from int
	step
}

// rounds returns ways that lead back to where they begin, their first functions in
// order: one for each function that there is one for, unless it is on another's
// already, and of several a shortest.
func rounds(steps [][]step) [][]link {
	var found [][]link
	group := groups(steps)
	said := make([]bool, len(steps))
	for first := range steps {
		if said[first] {
			continue
		}
		round := roundFrom(first, steps, group)
		for _, l := range round {
			said[l.from] = true
		}
		if round != nil {
			found = append(found, round)
		}
	}
	return found
}

// roundFrom returns a shortest way from the function back to it, nil for none.
func roundFrom(first int, steps [][]step, group []int) []link {
	came := map[int]link{} // the link that reached the function
	for queue := []int{first}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		for _, s := range steps[at] {
			if _, known := came[s.to]; known || group[s.to] != group[first] {
				continue
			}
			came[s.to] = link{at, s}
			queue = append(queue, s.to)
		}
		back, ok := came[first]
		if !ok {
			continue
		}
		round := []link{back}
		for round[0].from != first {
			round = slices.Insert(round, 0, came[round[0].from])
		}
		return round
	}
	return nil
}

// groups numbers the functions so that those have one number that lead to each
// other: Tarjan's strongly connected components.
func groups(steps [][]step) []int {
	const unseen = 0
	group, low, order := make([]int, len(steps)), make([]int, len(steps)), make([]int, len(steps))
	var path []int
	seen, count := 0, 0
	var visit func(i int)
	visit = func(i int) {
		seen++
		order[i], low[i] = seen, seen
		path = append(path, i)
		for _, s := range steps[i] {
			if order[s.to] == unseen {
				visit(s.to)
				low[i] = min(low[i], low[s.to])
			} else if group[s.to] == 0 { // still on the path
				low[i] = min(low[i], order[s.to])
			}
		}
		if low[i] == order[i] {
			count++
			at := slices.Index(path, i)
			for _, member := range path[at:] {
				group[member] = count
			}
			path = path[:at]
		}
	}
	for i := range steps {
		if order[i] == unseen {
			visit(i)
		}
	}
	return group
}
