package aws

import (
	"cmp"

	"github.com/fngen/fngen/gen/internal/model"
)

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

var _ model.Router = Target{}

// Arrives is what has the sink's name, and of an event's sink the type on its bus.
func (t Target) Arrives(f model.Function, s model.Sink) []string {
	if s.Kind == "event" && s.Type != "" {
		return []string{onBus(s.Type, t.busOf(s.Name))}
	}
	return model.Named(s)
}

// Fed is what has the trigger's name, or the type on the bus.
func (t Target) Fed(f model.Function) []string {
	if e, ok := f.Trigger.(model.Event); ok {
		return []string{onBus(e.Type, cmp.Or(t.bus, defaultBus))}
	}
	return model.FedByName(f)
}

const defaultBus = "default"

// busOf returns the bus that an event's sink sends to.
func (t Target) busOf(sink string) string { return cmp.Or(t.names[sink], t.bus, defaultBus) }

func onBus(eventType, bus string) string {
	return "events of the type " + eventType + " on the bus " + bus
}
