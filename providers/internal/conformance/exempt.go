package conformance

import (
	"fmt"
	"slices"
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
	for _, name := range Names(a.Extensions) {
		if !(d.Trigger == "stream" && name == "sequence" || d.Trigger == "document" && name == "partitionkey") {
			return fmt.Errorf("the extension %s is not the platform's own", name)
		}
	}
	if a.Partial != (d.Trigger == "document" && knowsNoImages(platform)) {
		return fmt.Errorf("partial is %t", a.Partial)
	}
	if a.Approximate != (d.Trigger == "schedule" && (knowsNoTime(platform) || r.Tick.Scheduled == "")) {
		return fmt.Errorf("approximate is %t", a.Approximate)
	}
	return nil
}

// A Reason says why a platform never delivers an occurrence.
type Reason string

// The reasons that there are.
const (
	NoObjects     Reason = "the platform has no object store"
	NoAttributes  Reason = "the envelope has no attributes beside the body"
	NoBinaryMode  Reason = "the envelope has no binary mode of CloudEvents"
	TextOnly      Reason = "the envelope's bodies are text"
	ObjectsOnly   Reason = "a trigger is fired with a JSON object"
	GroupAlphabet Reason = "the name of a group is of ASCII letters, digits and punctuation"
	EveryKey      Reason = "every record has a key"
	TimeKnown     Reason = "the scheduler always says the time"
	TimeUnknown   Reason = "the scheduler never says a time"
	OneKey        Reason = "a document has one key"
	KeyAlphabet   Reason = "a document's key has no slash"
	NoImages      Reason = "the feed tells of no documents"
	NoSuchValue   Reason = "documents have no values of the kind"
	NoNativeEvent Reason = "the platform publishes CloudEvents only"
)

// A gap is what a platform does not have.
type gap struct {
	platform    string
	reason      Reason
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
		{"aws", TextOnly, []string{"queue/binary"}},
		{"aws", GroupAlphabet, []string{"queue/fifo/group with special characters"}},
		{"aws", NoBinaryMode, []string{"queue/CloudEvent/binary", "queue/CloudEvent/binary with a forged type", "queue/letters/binary"}},
		{"aws", TimeKnown, []string{"schedule/without a time"}},
		{"aws", EveryKey, []string{"stream/without a key"}},
		{"aws", NoSuchValue, []string{
			"document/value/integral double", "document/value/NaN", "document/value/infinity", "document/value/minus infinity",
			"document/value/timestamp", "document/value/reference", "document/value/point",
		}},

		{"gcp", NoNativeEvent, []string{"event/native"}},
		{"gcp", OneKey, []string{"document/composite key"}},
		{"gcp", KeyAlphabet, []string{"document/key with a slash"}},
		{"gcp", NoSuchValue, []string{
			"document/value/number of 38 digits", "document/value/set of strings", "document/value/set of numbers", "document/value/set of bytes",
		}},

		{"openwhisk", NoObjects, objects},
		{"openwhisk", NoAttributes, []string{
			"queue/content type of the sender", "queue/content type of the sender wins", "queue/traceparent", "queue/CloudEvent/structured",
			"topic/text", "topic/traceparent",
		}},
		{"openwhisk", TextOnly, []string{"queue/binary", "stream/binary"}},
		{"openwhisk", NoBinaryMode, []string{"queue/CloudEvent/binary", "queue/CloudEvent/binary with a forged type", "queue/letters/binary"}},
		{"openwhisk", ObjectsOnly, []string{"topic/no object"}},
		{"openwhisk", TimeUnknown, []string{"schedule/in another time zone", "schedule/with a fraction of a second"}},
		{"openwhisk", OneKey, []string{"document/composite key"}},
		{"openwhisk", NoImages, []string{
			"document/value of an unknown kind", "document/value/set of strings", "document/value/set of numbers", "document/value/set of bytes",
			"document/value/integral double", "document/value/NaN", "document/value/infinity", "document/value/minus infinity",
			"document/value/timestamp", "document/value/reference", "document/value/point", "document/value/number of 38 digits",
		}},
		{"openwhisk", NoNativeEvent, []string{"event/native"}},
	}
}

// Unsupported returns why the platform never delivers the occurrence, or "".
func Unsupported(occurrence, platform string) Reason {
	for _, g := range gaps() {
		if g.platform == platform && slices.Contains(g.occurrences, occurrence) {
			return g.reason
		}
	}
	return ""
}
