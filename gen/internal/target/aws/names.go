package aws

import "github.com/fngen/fngen/gen/internal/model"

var _ model.Placer = Target{}

// Existing is of all but a bus, to which several sinks may send.
func (t Target) Existing(kind, name string) string {
	switch physical := t.names[name]; {
	case physical == "" || kind == "event":
		return ""
	case kind == "letters":
		return "queue " + physical
	default:
		return kind + " " + physical
	}
}
