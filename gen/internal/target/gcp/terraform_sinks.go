package gcp

import (
	"fmt"
	"slices"
	"time"

	"github.com/fngen/fngen/gen/internal/hcl"
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
func (t target) publishes(f model.Function) []topic {
	topics := sinkTopics(f)
	if to := t.deadLetterTopic(f); hasDeadLetters(f) && !slices.Contains(topics, to) {
		topics = append(topics, to)
	}
	return topics
}

// addresses returns the variables by which the program finds its sinks.
func (w *terraform) addresses(f function) []hcl.Pair {
	var out []hcl.Pair
	for _, s := range f.Sinks {
		url := w.named(s.Name).url
		if s.Kind == "http" && url.IsSecret {
			continue // which is among the function's variables
		}
		var address any = url.Value
		if s.Kind != "http" {
			address = w.topicID(topic{s.Kind, s.Name})
		}
		out = append(out, hcl.Pair{Name: model.SinkVariable(s.Name), Value: address})
	}
	variable := model.SinkVariable(f.DeadLetterSink())
	if hasDeadLetters(f.Function) && !slices.ContainsFunc(out, func(p hcl.Pair) bool { return p.Name == variable }) {
		out = append(out, hcl.Pair{Name: variable, Value: w.topicID(w.deadLetterTopic(f.Function))})
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
	var topics []hcl.Pair
	for _, t := range f.publishes {
		topics = append(topics, hcl.Pair{Name: t.physical(), Value: w.topicName(t)})
	}
	if len(topics) == 0 {
		return
	}
	w.permit(f, "google_pubsub_topic_iam_member", f.label+"_sends",
		hcl.Pair{Name: "for_each", Value: topics},
		hcl.Pair{Name: "project", Value: hcl.Ref("var", "project")},
		hcl.Pair{Name: "topic", Value: hcl.Ref("each", "value")},
		hcl.Pair{Name: "role", Value: "roles/pubsub.publisher"})
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
	w.Comment("The application's own sinks send events to these topics.")
	b := w.Top("resource", []string{"google_pubsub_subscription", label(f.Identity(), "events")},
		hcl.Pair{Name: "for_each", Value: w.topicIDs(w.events)},
		hcl.Pair{Name: "project", Value: hcl.Ref("var", "project")},
		hcl.Pair{Name: "name", Value: hcl.Text(hcl.Ref("var", "name"), "-"+f.Identity()+".", hcl.Ref("each", "key"))},
		hcl.Pair{Name: "topic", Value: hcl.Ref("each", "value")},
		hcl.Pair{Name: "filter", Value: fmt.Sprintf("attributes.\"ce-type\" = %q", t.Type)},
		hcl.Pair{Name: "ack_deadline_seconds", Value: int(ackDeadline(f.Function) / time.Second)},
		hcl.Pair{Name: "message_retention_duration", Value: seconds(eventRetention)})
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
