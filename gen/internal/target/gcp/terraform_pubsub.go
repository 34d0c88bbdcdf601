package gcp

import (
	"time"

	"github.com/fngen/fngen/gen/internal/model"
)

const (
	messageRetention    = 7 * 24 * time.Hour  // what no function has taken yet
	deadLetterRetention = 14 * 24 * time.Hour // what one has given up
	minAck              = 10 * time.Second    // https://cloud.google.com/pubsub/docs/lease-management
	maxAck              = 600 * time.Second
	fewAttempts         = 5   // of a subscription's dead letter policy, at least and by default
	manyAttempts        = 100 // at most
)

// subscribes reports whether the trigger is a Pub/Sub topic's.
func subscribes(t model.Trigger) bool {
	switch t.(type) {
	case model.Queue, model.Topic, model.Stream:
		return true
	}
	return false
}

// A topic is what a directive names: queues, topics and streams, and where
// events are sent, are all topics of Pub/Sub, and those of one name and different
// kinds are not the same. A dlq has the dead letters of the queue of its name, and
// a deadletter those of the function that was first called so.
type topic struct{ kind, name string }

// topicOf returns the topic that feeds a function: for a queue of dead letters that
// are a function's own, that one's.
func (t target) topicOf(trigger model.Trigger) topic {
	if q, ok := trigger.(model.Queue); ok && q.Of != nil && t.named(q.Name).name == "" {
		return t.deadLetterTopic(*q.Of)
	}
	return topic{trigger.Kind(), trigger.Resource()}
}

func (t topic) label() string    { return label(t.name, t.kind) }
func (t topic) physical() string { return t.name + "-" + t.kind }

// existing returns the topic's own name, or "" if it is created.
func (t target) existing(of topic) string {
	if of.kind == "deadletter" || of.kind == "dlq" {
		return ""
	}
	return t.named(of.name).name
}

// topicID returns the topic's name in full.
func (w *terraform) topicID(t topic) expr {
	if name := w.existing(t); name != "" {
		return text("projects/", ref("var", "project"), "/topics/"+name)
	}
	return ref("google_pubsub_topic", t.label(), "id")
}

// topicName returns the same without its project.
func (w *terraform) topicName(t topic) expr {
	if name := w.existing(t); name != "" {
		return value(name)
	}
	return ref("google_pubsub_topic", t.label(), "name")
}

// subscription writes the subscription that pushes to the function. That of a
// queue is the queue's, so that what it holds outlives the function's name, and
// the function.
func (w *terraform) subscription(f function) {
	of := w.topicOf(f.Trigger)
	push, name, kept := label(f.Identity(), "push"), f.Identity()+"-push", messageRetention
	if _, ok := f.Trigger.(model.Queue); ok {
		push, name = of.label(), of.physical()
	}
	if contains(w.letterQueues, of) && push == of.label() {
		kept = deadLetterRetention
	}
	b := w.resource("google_pubsub_subscription", push,
		pair{"name", w.physical(name)},
		pair{"topic", w.topicID(of)},
		pair{"ack_deadline_seconds", int(ackDeadline(f.Function) / time.Second)},
		pair{"message_retention_duration", seconds(kept)})
	if ordered(f.Trigger) || w.orderedLetters[of] {
		b.set(pair{"enable_message_ordering", true})
	}
	w.pushes(b, f)
	if f.hasDeadLetterPolicy() {
		b.block("dead_letter_policy",
			pair{"dead_letter_topic", w.topicID(w.deadLetterTopic(f.Function))},
			pair{"max_delivery_attempts", deliveries(f.Function)})
	}
	neverExpire(b)
	b.keep()
	if f.hasDeadLetterPolicy() {
		w.mayTake(push)
	}
}

// pushes has the subscription push to the function, again later what fails.
func (w *terraform) pushes(b body, f function) {
	audience := w.uri(f)
	if w.audience != "" {
		audience = value(w.audience)
	}
	b.block("push_config", pair{"push_endpoint", w.uri(f)}).
		block("oidc_token", pair{"service_account_email", w.as()}, pair{"audience", audience})
	b.block("retry_policy", pair{"minimum_backoff", seconds(firstBackoff)}, pair{"maximum_backoff", seconds(longestBackoff)})
}

// neverExpire keeps a subscription that nobody uses for a while.
func neverExpire(b body) { b.block("expiration_policy", pair{"ttl", ""}) }

// mayTake lets Pub/Sub take dead letters off the subscription.
func (w *terraform) mayTake(push string) {
	w.resource("google_pubsub_subscription_iam_member", push,
		pair{"subscription", ref("google_pubsub_subscription", push, "name")},
		pair{"role", "roles/pubsub.subscriber"},
		pair{"member", ref("local", "pubsub_agent")})
}

// topic writes a topic. What is published to it lies in the region alone, which
// Google otherwise chooses:
// https://cloud.google.com/pubsub/docs/resource-location-restriction.
func (w *terraform) topic(t topic) {
	w.resource("google_pubsub_topic", t.label(),
		pair{"name", w.physical(t.physical())}).
		block("message_storage_policy", pair{"allowed_persistence_regions", []any{ref("var", "region")}})
}

// retain writes the subscription without which the topic's messages vanish.
func (w *terraform) retain(t topic, kept time.Duration) {
	b := w.resource("google_pubsub_subscription", t.label(),
		pair{"name", w.physical(t.physical())},
		pair{"topic", w.topicID(t)},
		pair{"message_retention_duration", seconds(kept)})
	if w.orderedLetters[t] {
		b.set(pair{"enable_message_ordering", true})
	}
	neverExpire(b)
	b.keep()
}

// fifoLetters returns the topics that have the dead letters of a FIFO queue,
// whose subscriptions cannot begin to keep an order when a function handles them.
func (w *terraform) fifoLetters() map[topic]bool {
	out := map[topic]bool{}
	for _, f := range w.functions {
		if q, ok := f.Trigger.(model.Queue); ok && q.FIFO && hasDeadLetters(f.Function) {
			out[w.deadLetterTopic(f.Function)] = true
		}
	}
	return out
}

// mayPublish lets Pub/Sub move dead letters to the topic.
func (w *terraform) mayPublish(t topic) {
	w.resource("google_pubsub_topic_iam_member", t.label(),
		pair{"topic", w.topicName(t)},
		pair{"role", "roles/pubsub.publisher"},
		pair{"member", ref("local", "pubsub_agent")})
}

// ackDeadline returns how long a message is the function's: visibility=, or 10
// seconds more than its timeout.
func ackDeadline(f model.Function) time.Duration {
	if q, ok := f.Trigger.(model.Queue); ok && q.Visibility > 0 {
		return q.Visibility
	}
	return min(timeoutOf(f)+10*time.Second, maxAck)
}

// deliveries returns how often a message is delivered before it is a dead
// letter.
func deliveries(f model.Function) int { return f.RetriesOr(fewAttempts-1) + 1 }

// ordered reports whether messages of one ordering key come one after another.
func ordered(t model.Trigger) bool {
	q, queue := t.(model.Queue)
	_, stream := t.(model.Stream)
	return stream || queue && q.FIFO
}
