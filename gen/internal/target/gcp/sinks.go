package gcp

import (
	"github.com/dave/jennifer/jen"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/output"
)

const (
	pubsubPath   = gcpPath + "/sink/pubsub"
	httpsinkPath = "github.com/fngen/fngen/fn/emit/httpsink"
)

// imports are the names of the packages that entrypoints import.
var imports = map[string]string{
	gcpPath: "gcp", pubsubPath: "pubsub", httpsinkPath: "httpsink", frameworkPath + "/functions": "functions",
}

// sinkLiteral is the literal of a sink.
func sinkLiteral(s model.Sink) jen.Code {
	path, name := pubsubPath, "Topic"
	if s.Kind == "http" {
		path, name = httpsinkPath, "HTTP"
	}
	return output.Literal(path, name, output.Field{Name: "Name", Value: s.Name}, output.Field{Name: "Type", Value: s.Type})
}

// sinkTopics returns the topics that the function's handler sends to, in the
// order of its directives.
func sinkTopics(f model.Function) []topic {
	var out []topic
	for _, s := range f.Sinks {
		if s.Kind != "http" {
			out = append(out, topic{s.Kind, s.Name})
		}
	}
	return out
}

// sinks refuses sinks that cannot be reached, that would feed the function
// itself, or whose addresses would take one variable.
func (t target) sinks(report *model.Report, f model.Function) {
	own, eventType := "", ""
	if subscribes(f.Trigger) {
		own = t.called(topicOf(f.Trigger))
	}
	if trigger, ok := f.Trigger.(model.Event); ok && (trigger.Source == "" || trigger.Source == f.FullName()) {
		eventType = trigger.Type
	}
	for _, s := range f.Sinks {
		to := topic{s.Kind, s.Name}
		switch {
		case s.Kind == "http":
			if t.named(s.Name).url == "" {
				report.ErrorAt("sink", "the URL of the sink %s is not known; set resources.%s.gcp.url", s.Name, s.Name)
			}
		case t.called(to) == own:
			report.ErrorAt("sink", "what is sent would come back as messages of the topic %s; name another", own)
		case s.Kind == "event" && s.Type != "" && s.Type == eventType:
			report.ErrorAt("sink", "what is sent would come back as events of the type %s; give another type", eventType)
		case s.Kind == "event":
			report.WarnAt("sink", "the sink %s is the Pub/Sub topic %s, to which the event triggers of this application subscribe; subscribe others to it", s.Name, t.called(to))
		}
		if hasDeadLetters(f) && s.Name == f.DeadLetterSink() && to != deadLetterTopic(f) {
			report.ErrorAt("sink", "the sink %s:%s and the dead letters have one name, by which their addresses are told apart; name another", s.Kind, s.Name)
		}
	}
}

// deadLetter refuses dead letters that would feed the function itself, and
// those of a function that has none.
func (t target) deadLetter(report *model.Report, f model.Function) {
	_, http := f.Trigger.(model.HTTP)
	switch {
	case http && f.DeadLetter != "" && f.DeadLetter != "none":
		report.ErrorAt("deadletter", "an HTTP function answers for what fails; remove the directive")
	case hasDeadLetters(f) && subscribes(f.Trigger) && t.called(deadLetterTopic(f)) == t.called(topicOf(f.Trigger)):
		report.ErrorAt("deadletter", "the dead letters would come back as messages of the topic %s; name another", t.called(deadLetterTopic(f)))
	}
}
