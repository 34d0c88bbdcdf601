package openwhisk

import (
	"cmp"
	"slices"
	"strings"

	"github.com/fngen/fngen/gen/internal/model"
)

// deadLetterSink returns the sink of the function's dead letters: the trigger
// with the name in the directive. Without a name there is none, since nothing
// would keep what it is fired with.
func deadLetterSink(f model.Function) (model.Sink, bool) {
	if _, ok := f.Trigger.(model.HTTP); ok || f.DeadLetter == "" || f.DeadLetter == "none" {
		return model.Sink{}, false
	}
	return model.Sink{Kind: "topic", Name: f.DeadLetter}, true
}

// letters reports whether the function is fed with dead letters: the trigger that
// carries them stands for its queue.
func letters(f model.Function) bool {
	q, ok := f.Trigger.(model.Queue)
	return ok && q.Letters
}

// sinks returns the function's sinks in the order of its directives, and after
// them that of its dead letters.
func sinks(f model.Function) []model.Sink {
	if s, ok := deadLetterSink(f); ok {
		return append(slices.Clone(f.Sinks), s)
	}
	return f.Sinks
}

// fires returns the trigger that the sink fires, which is the one that fires the
// functions of the topic, or of events of the directive's type; "" for a sink
// that is no trigger.
func (t Target) fires(f model.Function, s model.Sink) string {
	switch s.Kind {
	case "event":
		return cmp.Or(t.resources[s.Name].name, t.event(f, cmp.Or(s.Type, s.Name)))
	case "topic":
		return t.topic(f, s.Name)
	}
	return ""
}

var _ model.Placer = Target{}

// Existing is of topics of Kafka, databases, and triggers that are there already.
// An event's sink may fire the trigger of another one.
func (t Target) Existing(kind, name string) string {
	physical := t.resources[name].name
	switch kind {
	case "queue", "stream":
		return "kafka " + cmp.Or(physical, name)
	case "document":
		return "database " + t.resources[name].url.Value + " " + cmp.Or(physical, name)
	case "topic", "letters":
		if physical != "" {
			return "trigger " + physical
		}
	}
	return ""
}

var _ model.Router = Target{}

// Arrives is the trigger that the sink fires, besides what the sink is called.
func (t Target) Arrives(f model.Function, s model.Sink) []string {
	at := model.Named(s)
	if letters, ok := deadLetterSink(f); ok && s.Kind == model.LettersKind {
		s = letters
	}
	if name := t.fires(f, s); name != "" {
		at = append(at, "the trigger "+name)
	}
	return at
}

// Fed is the trigger that fires the function, besides what it is called.
func (t Target) Fed(f model.Function) []string {
	at := model.FedByName(f)
	if by, ok := t.trigger(f); ok {
		at = append(at, "the trigger "+by.name)
	}
	return at
}

// needsKey reports whether the function calls the platform.
func (t Target) needsKey(f model.Function) bool {
	return slices.ContainsFunc(sinks(f), func(s model.Sink) bool { return t.fires(f, s) != "" })
}

// The variables that say how the sink verifies the API host, as package trigger
// has them.
const (
	caVariable       = "FNGEN_OPENWHISK_CA"
	insecureVariable = "FNGEN_OPENWHISK_INSECURE"
)

// triggerVariable says which trigger fires the action, as package openwhisk reads
// it: what the trigger is fired with does not tell.
const triggerVariable = "FNGEN_TRIGGER"

// environment returns the variables of the action: those of fngen.yaml, the
// trigger that its events are said to be of, the addresses of its sinks, the places
// of what it uses, and how it verifies whom it sends to.
func (t Target) environment(f model.Function) []model.Variable {
	env := slices.Clone(f.Operation.Env)
	for _, s := range sinks(f) {
		env = append(env, model.Variable{Name: model.SinkVariable(s.Name), Value: cmp.Or(t.fires(f, s), t.resources[s.Name].url.Value)})
	}
	env = append(env, t.places(f)...)
	if by, ok := t.trigger(f); ok && by.source {
		env = append(env, model.Variable{Name: triggerVariable, Value: by.name})
	}
	if t.ca != "" && t.needsKey(f) {
		env = append(env, model.Variable{Name: caVariable, Value: t.ca})
	}
	if t.insecure && t.needsKey(f) {
		env = append(env, model.Variable{Name: insecureVariable, Value: "true"})
	}
	slices.SortFunc(env, func(a, b model.Variable) int { return strings.Compare(a.Name, b.Name) })
	return env
}
