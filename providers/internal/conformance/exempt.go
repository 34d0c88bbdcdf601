package conformance

import (
	"fmt"
	"slices"

	"github.com/fngen/fngen/internal/native"
)

// knowsNoImages and knowsNoTime name the platforms whose feeds tell neither a
// document nor when a schedule was to fire.
func knowsNoImages(platform string) bool { return platform == "openwhisk" }
func knowsNoTime(platform string) bool   { return platform == "openwhisk" }

// numbersNothing reports whether the platform's streams have no extension
// sequence.
func numbersNothing(platform string) bool { return platform == "gcp" }

// checkExempt says what a provider claims for the record's own platform that
// is not the platform's to say.
func checkExempt(platform string, d Directive, r Record, a Arrival) error {
	last := -1
	for _, m := range a.Members {
		at := slices.Index([]string{"etag", "contenttype", "version", "sequencer"}, m.Name)
		if d.Trigger != "object" || at <= last {
			return fmt.Errorf("the member %s is not the platform's own, or not in order", m.Name)
		}
		last = at
	}
	for _, name := range native.Names(a.Extensions) {
		if !(d.Trigger == "stream" && name == "sequence" || d.Trigger == "document" && name == "partitionkey") {
			return fmt.Errorf("the extension %s is not the platform's own", name)
		}
	}
	if a.Partial != (d.Trigger == "document" && knowsNoImages(platform)) {
		return fmt.Errorf("partial is %t", a.Partial)
	}
	tick, isTick := r.What.(Tick)
	if a.Approximate != (isTick && (knowsNoTime(platform) || tick.Scheduled == "")) {
		return fmt.Errorf("approximate is %t", a.Approximate)
	}
	return nil
}

// A gap is what a platform does not have.
type gap struct {
	platform    string
	reason      native.Reason
	occurrences []string
}

// gaps returns all of them. What is not here, every platform delivers.
func gaps() []gap {
	var objects []string
	for _, o := range Occurrences() {
		if o.Directive.Trigger == "object" {
			objects = append(objects, o.Name)
		}
	}
	return []gap{
		{"aws", native.TextOnly, []string{"queue/binary"}},
		{"aws", native.GroupAlphabet, []string{"queue/fifo/group with special characters"}},
		{"aws", native.NoBinaryMode, []string{"queue/CloudEvent/binary", "queue/CloudEvent/binary with a forged type", "queue/letters/binary"}},
		{"aws", native.TimeKnown, []string{"schedule/without a time"}},
		{"aws", native.EveryKey, []string{"stream/without a key"}},
		{"aws", native.NoSuchValue, []string{
			"document/value/integral double", "document/value/NaN", "document/value/infinity", "document/value/minus infinity",
			"document/value/timestamp", "document/value/reference", "document/value/point",
		}},

		{"gcp", native.NoNativeEvent, []string{"event/native"}},
		{"gcp", native.OneKey, []string{"document/composite key"}},
		{"gcp", native.KeyAlphabet, []string{"document/key with a slash"}},
		{"gcp", native.NoSuchValue, []string{
			"document/value/number of 38 digits", "document/value/set of strings", "document/value/set of numbers", "document/value/set of bytes",
		}},

		{"openwhisk", native.NoObjects, objects},
		{"openwhisk", native.NoAttributes, []string{
			"queue/content type of the sender", "queue/content type of the sender wins", "queue/traceparent", "queue/CloudEvent/structured",
			"topic/text", "topic/traceparent",
		}},
		{"openwhisk", native.TextOnly, []string{"queue/binary", "stream/binary"}},
		{"openwhisk", native.NoBinaryMode, []string{"queue/CloudEvent/binary", "queue/CloudEvent/binary with a forged type", "queue/letters/binary"}},
		{"openwhisk", native.ObjectsOnly, []string{"topic/no object"}},
		{"openwhisk", native.OneKey, []string{"document/composite key"}},
		{"openwhisk", native.NoNativeEvent, []string{"event/native"}},
	}
}

// Unsupported returns why the platform never delivers the occurrence, or "".
func Unsupported(occurrence, platform string) native.Reason {
	for _, g := range gaps() {
		if g.platform == platform && slices.Contains(g.occurrences, occurrence) {
			return g.reason
		}
	}
	return ""
}
