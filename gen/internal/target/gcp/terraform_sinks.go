package gcp

import (
	"fmt"
	"slices"
	"time"

	"github.com/fngen/fngen/gen/internal/model"
)

// eventRetention is how long an event is tried again, as Eventarc does.
const eventRetention = 24 * time.Hour

// hasDeadLetters reports whether the function has dead letters, which it writes
// itself.
func hasDeadLetters(f model.Function) bool {
	_, http := f.Trigger.(model.HTTP)
	return !http && f.DeadLetterSink() != ""
}

// hasDeadLetterPolicy reports whether the function's subscription has dead
// letters too.
func (f function) hasDeadLetterPolicy() bool {
	return subscribes(f.Trigger) && hasDeadLetters(f.Function)
}

// deadLetterTopic returns the topic of a function's dead letters: the queue that
// the directive names, or one for the queue that feeds it, whatever the function is
// called, or one for the function alone. Whether somebody names the queue, it is the
// same topic.
func (t target) deadLetterTopic(f model.Function) topic {
	if f.LettersOf != nil && t.named(f.DeadLetter).name == "" {
		f = *f.LettersOf
	}
	if f.DeadLetter != "" {
		return topic{"queue", f.DeadLetter}
	}
	if q, ok := f.Trigger.(model.Queue); ok {
		return topic{"dlq", q.Name}
	}
	return topic{"deadletter", f.Identity()}
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

// publishes returns the topics that the function publishes to: its sinks, and
// the one of its dead letters.
func (w *terraform) publishes(f function) []topic {
	topics := sinkTopics(f.Function)
	if to := w.deadLetterTopic(f.Function); hasDeadLetters(f.Function) && !slices.Contains(topics, to) {
		topics = append(topics, to)
	}
	return topics
}

// addresses returns the variables by which the program finds its sinks.
func (w *terraform) addresses(f function) []pair {
	var out []pair
	for _, s := range f.Sinks {
		url := w.named(s.Name).url
		if s.Kind == "http" && url.IsSecret {
			continue // which is among the function's variables
		}
		var address any = url.Value
		if s.Kind != "http" {
			address = w.topicID(topic{s.Kind, s.Name})
		}
		out = append(out, pair{model.SinkVariable(s.Name), address})
	}
	variable := model.SinkVariable(f.DeadLetterSink())
	if hasDeadLetters(f.Function) && !slices.ContainsFunc(out, func(p pair) bool { return p.name == variable }) {
		out = append(out, pair{variable, w.topicID(w.deadLetterTopic(f.Function))})
	}
	return out
}

// secretAddresses returns the variables with the addresses of the function's
// sinks that are secrets.
func (t target) secretAddresses(f model.Function) []model.Variable {
	var out []model.Variable
	for _, s := range f.Sinks {
		if url := t.named(s.Name).url; s.Kind == "http" && url.IsSecret {
			url.Name = model.SinkVariable(s.Name)
			out = append(out, url)
		}
	}
	return out
}

// maySend lets the function publish to its topics and to no others.
func (w *terraform) maySend(f function) {
	var topics []pair
	for _, t := range w.publishes(f) {
		topics = append(topics, pair{t.physical(), w.topicName(t)})
	}
	if len(topics) == 0 {
		return
	}
	w.top("resource", []string{"google_pubsub_topic_iam_member", label(f.Identity(), "sends")},
		pair{"for_each", topics},
		pair{"project", ref("var", "project")},
		pair{"topic", ref("each", "value")},
		pair{"role", "roles/pubsub.publisher"},
		pair{"member", ref("google_service_account", f.label, "member")})
}

// ownDeadLetters writes the topic of dead letters that no directive names.
func (w *terraform) ownDeadLetters(f function) {
	if !hasDeadLetters(f.Function) || f.DeadLetter != "" {
		return
	}
	to := w.deadLetterTopic(f.Function)
	w.topic(to)
	w.retain(to, deadLetterRetention)
	if f.hasDeadLetterPolicy() {
		w.mayPublish(to)
	}
}

// eventSubscriptions subscribes the function to the events of its type that
// the application sends. What fails is tried again as by Eventarc, from which
// the others come.
//
// https://cloud.google.com/pubsub/docs/subscription-message-filter
func (w *terraform) eventSubscriptions(f function, t model.Event) {
	if len(w.events) == 0 || googles(t.Type) {
		return
	}
	w.comment("The application's own sinks send events to these topics.")
	b := w.top("resource", []string{"google_pubsub_subscription", label(f.Identity(), "events")},
		pair{"for_each", w.topicIDs(w.events)},
		pair{"project", ref("var", "project")},
		pair{"name", text(ref("var", "name"), "-"+f.Identity()+".", ref("each", "key"))},
		pair{"topic", ref("each", "value")},
		pair{"filter", fmt.Sprintf("attributes.\"ce-type\" = %q", t.Type)},
		pair{"ack_deadline_seconds", int(ackDeadline(f.Function) / time.Second)},
		pair{"message_retention_duration", seconds(eventRetention)})
	w.pushes(b, f)
	neverExpire(b)
}

// sent returns the topics of all sinks.
func (w *terraform) sent() []topic {
	var out []topic
	for _, f := range w.functions {
		out = append(out, sinkTopics(f.Function)...)
	}
	return unique(out)
}
