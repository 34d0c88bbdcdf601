package gcp

import (
	"slices"
	"strings"

	"github.com/fngen/fngen/gen/internal/model"
)

// identity is the name by which what is deployed for the function is called.
func identity(f model.Function) string { return f.Identity() }

func (f function) identity() string { return identity(f.Function) }

// moves writes that the function's resources are those of its former names: of the
// addresses from the first on those that begin with its own, and not what is called
// after its queue. Their names in the project stay that of its identity, so that
// nothing is replaced.
func (w *terraform) moves(f function, first int) {
	names := append(f.FormerNames(), f.Name)
	for _, a := range w.written[first:] {
		rest, own := strings.CutPrefix(a.label, f.label)
		if !own || rest != "" && rest[0] != '_' || w.outlives(f, a) {
			continue
		}
		for i, name := range names[1:] {
			w.top("moved", nil, pair{"from", ref(a.kind, label(names[i])+rest)}, pair{"to", ref(a.kind, label(name)+rest)})
		}
	}
}

// outlives reports whether the resource is called after a queue, or after the
// function's identity.
func (w *terraform) outlives(f function, a address) bool {
	return strings.HasPrefix(a.kind, "google_pubsub_") &&
		slices.Contains([]string{topicOf(f.Trigger).label(), deadLetterTopic(f.Function).label()}, a.label)
}
