package gcpgen

import (
	"cmp"
	"slices"
	"strings"

	"github.com/fngen/fngen/gen"
)

// sources writes what feeds the functions, once for all that listen to it.
func (w *terraform) sources() {
	listened, lettered := w.allTopics()
	for _, t := range slices.Concat(listened, lettered) {
		if w.existing(t) == "" {
			w.topic(t)
		}
	}
	for _, t := range w.namedLetters() {
		// What exists has subscriptions, or none on purpose; what a function
		// listens to has that function's.
		if w.existing(t) == "" && !slices.Contains(listened, t) {
			w.holding(t)
		}
		w.mayPublish(t)
	}
	for _, name := range w.bucketNames() {
		if w.named(name).name == "" {
			w.bucket(label(name, "bucket"), name)
		}
	}
}

// allTopics returns the topics of triggers, and those that are only named for
// dead letters.
func (w *terraform) allTopics() (listened, lettered []topic) {
	for _, f := range w.functions {
		if subscribes(f.Trigger) {
			listened = append(listened, topicOf(f.Trigger))
		}
	}
	listened = unique(listened)
	for _, t := range w.namedLetters() {
		if !slices.Contains(listened, t) {
			lettered = append(lettered, t)
		}
	}
	return listened, lettered
}

// namedLetters returns the queues that directives name for dead letters.
func (w *terraform) namedLetters() []topic {
	var out []topic
	for _, f := range w.functions {
		if f.gives() && f.DeadLetter != "" {
			out = append(out, letters(f.Function))
		}
	}
	return unique(out)
}

func unique(topics []topic) []topic {
	slices.SortFunc(topics, func(a, b topic) int {
		return cmp.Or(strings.Compare(a.name, b.name), strings.Compare(a.kind, b.kind))
	})
	return slices.Compact(topics)
}

// bucketNames returns the logical names of the buckets, sorted.
func (w *terraform) bucketNames() []string {
	var names []string
	for _, f := range w.functions {
		if t, ok := f.Trigger.(gen.Object); ok {
			names = append(names, t.Bucket)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// bucketName returns what the bucket is called.
func (w *terraform) bucketName(name string) expr {
	if existing := w.named(name).name; existing != "" {
		return value(existing)
	}
	return ref("google_storage_bucket", label(name, "bucket"), "name")
}

func (w *terraform) topics() []pair {
	listened, _ := w.allTopics()
	var out []pair
	for _, t := range listened {
		out = append(out, pair{t.physical(), w.topicID(t)})
	}
	return out
}

func (w *terraform) buckets() []pair {
	var out []pair
	for _, name := range w.bucketNames() {
		out = append(out, pair{name, w.bucketName(name)})
	}
	return out
}

func (w *terraform) deadLetters() []pair {
	var out []pair
	for _, f := range w.functions {
		if f.gives() && f.DeadLetter == "" {
			out = append(out, pair{f.Name, ref("google_pubsub_subscription", letters(f.Function).label(), "id")})
		}
	}
	listened, _ := w.allTopics()
	for _, t := range w.namedLetters() {
		if w.existing(t) == "" && !slices.Contains(listened, t) {
			out = append(out, pair{t.physical(), ref("google_pubsub_subscription", t.label(), "id")})
		}
	}
	return out
}
