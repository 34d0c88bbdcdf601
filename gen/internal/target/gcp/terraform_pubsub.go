package gcp

import (
	"time"

	"github.com/fngen/fngen/gen/internal/hcl"
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
func (w *terraform) topicID(t topic) hcl.Expr {
	if name := w.existing(t); name != "" {
		return hcl.Text("projects/", hcl.Ref("var", "project"), "/topics/"+name)
	}
	return hcl.Ref("google_pubsub_topic", t.label(), "id")
}

// topicName returns the same without its project.
func (w *terraform) topicName(t topic) hcl.Expr {
	if name := w.existing(t); name != "" {
		return hcl.Value(name)
	}
	return hcl.Ref("google_pubsub_topic", t.label(), "name")
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
		hcl.Pair{Name: "name", Value: w.physical(name)},
		hcl.Pair{Name: "topic", Value: w.topicID(of)},
		hcl.Pair{Name: "ack_deadline_seconds", Value: int(ackDeadline(f.Function) / time.Second)},
		hcl.Pair{Name: "message_retention_duration", Value: seconds(kept)})
	if ordered(f.Trigger) || w.orderedLetters[of] {
		b.Set(hcl.Pair{Name: "enable_message_ordering", Value: true})
	}
	w.pushes(b, f)
	if f.hasDeadLetterPolicy() {
		b.Block("dead_letter_policy",
			hcl.Pair{Name: "dead_letter_topic", Value: w.topicID(w.deadLetterTopic(f.Function))},
			hcl.Pair{Name: "max_delivery_attempts", Value: deliveries(f.Function)})
	}
	neverExpire(b)
	b.Keep()
	if f.hasDeadLetterPolicy() {
		w.mayTake(push)
	}
}

// pushes has the subscription push to the function, again later what fails.
func (w *terraform) pushes(b hcl.Body, f function) {
	audience := w.uri(f)
	if w.audience != "" {
		audience = hcl.Value(w.audience)
	}
	b.Block("push_config", hcl.Pair{Name: "push_endpoint", Value: w.uri(f)}).
		Block("oidc_token", hcl.Pair{Name: "service_account_email", Value: w.invoker.email()}, hcl.Pair{Name: "audience", Value: audience})
	b.Block("retry_policy", hcl.Pair{Name: "minimum_backoff", Value: seconds(firstBackoff)}, hcl.Pair{Name: "maximum_backoff", Value: seconds(longestBackoff)})
}

// neverExpire keeps a subscription that nobody uses for a while.
func neverExpire(b hcl.Body) { b.Block("expiration_policy", hcl.Pair{Name: "ttl", Value: ""}) }

// mayTake lets Pub/Sub take dead letters off the subscription.
func (w *terraform) mayTake(push string) {
	w.resource("google_pubsub_subscription_iam_member", push,
		hcl.Pair{Name: "subscription", Value: hcl.Ref("google_pubsub_subscription", push, "name")},
		hcl.Pair{Name: "role", Value: "roles/pubsub.subscriber"},
		hcl.Pair{Name: "member", Value: hcl.Ref("local", "pubsub_agent")})
}

// topic writes a topic. What is published to it lies in the region alone, which
// Google otherwise chooses:
// https://cloud.google.com/pubsub/docs/resource-location-restriction.
func (w *terraform) topic(t topic) {
	b := w.resource("google_pubsub_topic", t.label(),
		hcl.Pair{Name: "name", Value: w.physical(t.physical())})
	w.encrypt(b, "kms_key_name")
	b.Block("message_storage_policy", hcl.Pair{Name: "allowed_persistence_regions", Value: []any{hcl.Ref("var", "region")}})
}

// retain writes the subscription without which the topic's messages vanish.
func (w *terraform) retain(t topic, kept time.Duration) {
	b := w.resource("google_pubsub_subscription", t.label(),
		hcl.Pair{Name: "name", Value: w.physical(t.physical())},
		hcl.Pair{Name: "topic", Value: w.topicID(t)},
		hcl.Pair{Name: "message_retention_duration", Value: seconds(kept)})
	if w.orderedLetters[t] {
		b.Set(hcl.Pair{Name: "enable_message_ordering", Value: true})
	}
	neverExpire(b)
	b.Keep()
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
		hcl.Pair{Name: "topic", Value: w.topicName(t)},
		hcl.Pair{Name: "role", Value: "roles/pubsub.publisher"},
		hcl.Pair{Name: "member", Value: hcl.Ref("local", "pubsub_agent")})
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
