package gcp

import (
	"cmp"
	"slices"
	"strings"

	"github.com/fngen/fngen/gen/internal/hcl"
	"github.com/fngen/fngen/gen/internal/model"
)

// sources writes what feeds the functions, once for all that listen to it.
func (w *terraform) sources() {
	for _, t := range unique(slices.Concat(w.listened(), w.letterQueues, w.sent())) {
		if w.existing(t) == "" {
			w.topic(t)
		}
	}
	for _, t := range w.queues() {
		kept := messageRetention
		if contains(w.letterQueues, t) {
			kept = deadLetterRetention
		}
		w.retain(t, kept)
	}
	for _, t := range w.movedLetters {
		if w.existing(t) == "" { // or another application may give the same, and take it away: see the head
			w.mayPublish(t)
		}
	}
	for _, name := range w.bucketNames() {
		if w.named(name).name == "" {
			w.bucket(label(name, "bucket"), name).Keep()
		}
	}
}

// listened returns the topics of triggers.
func (w *terraform) listened() []topic {
	var out []topic
	for _, f := range w.functions {
		if subscribes(f.Trigger) {
			out = append(out, w.topicOf(f.Trigger))
		}
	}
	return unique(out)
}

// deadLetterQueues returns the queues that directives name for dead letters, and
// those of them to which subscriptions move some.
func (w *terraform) deadLetterQueues() (all, moved []topic) {
	for _, f := range w.functions {
		if f.DeadLetter == "" || !hasDeadLetters(f.Function) {
			continue
		}
		all = append(all, w.deadLetterTopic(f.Function))
		if f.hasDeadLetterPolicy() {
			moved = append(moved, w.deadLetterTopic(f.Function))
		}
	}
	return unique(all), unique(moved)
}

// queues returns the queues that are sent to and that no function listens to,
// so that a subscription has to hold what they get. What exists has
// subscriptions, or none on purpose.
func (w *terraform) queues() []topic {
	listened := w.listened()
	return slices.DeleteFunc(unique(slices.Concat(w.letterQueues, w.sent())), func(t topic) bool {
		return t.kind == "topic" || t.kind == "event" || w.existing(t) != "" || contains(listened, t)
	})
}

func unique(topics []topic) []topic {
	slices.SortFunc(topics, topic.compare)
	return slices.Compact(topics)
}

// contains reports whether the topic is among those, which are unique.
func contains(topics []topic, t topic) bool {
	_, found := slices.BinarySearchFunc(topics, t, topic.compare)
	return found
}

func (t topic) compare(other topic) int {
	return cmp.Or(strings.Compare(t.name, other.name), strings.Compare(t.kind, other.kind))
}

// bucketNames returns the logical names of the buckets, sorted.
func (w *terraform) bucketNames() []string {
	var names []string
	for _, f := range w.functions {
		if t, ok := f.Trigger.(model.Object); ok {
			names = append(names, t.Bucket)
		}
		for _, u := range f.Uses {
			if u.Kind == model.UseObject {
				names = append(names, u.Name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// bucketName returns what the bucket is called.
func (w *terraform) bucketName(name string) hcl.Expr {
	if existing := w.named(name).name; existing != "" {
		return hcl.Value(existing)
	}
	return hcl.Ref("google_storage_bucket", label(name, "bucket"), "name")
}

func (w *terraform) topicIDs(topics []topic) []hcl.Pair {
	var out []hcl.Pair
	for _, t := range topics {
		out = append(out, hcl.Pair{Name: t.physical(), Value: w.topicID(t)})
	}
	return out
}

func (w *terraform) buckets() []hcl.Pair {
	var out []hcl.Pair
	for _, name := range w.bucketNames() {
		out = append(out, hcl.Pair{Name: name, Value: w.bucketName(name)})
	}
	return out
}

// held returns the subscriptions to queues that hold messages for others, and
// those that hold dead letters, by the attribute.
func (w *terraform) held(attribute string) (messages, letters []hcl.Pair) {
	for _, f := range w.functions {
		if f.DeadLetter == "" && hasDeadLetters(f.Function) {
			letters = append(letters, hcl.Pair{Name: f.Name, Value: hcl.Ref("google_pubsub_subscription", w.deadLetterTopic(f.Function).label(), attribute)})
		}
	}
	for _, t := range w.queues() {
		p := hcl.Pair{Name: t.physical(), Value: hcl.Ref("google_pubsub_subscription", t.label(), attribute)}
		if contains(w.letterQueues, t) {
			letters = append(letters, p)
		} else {
			messages = append(messages, p)
		}
	}
	return messages, letters
}
