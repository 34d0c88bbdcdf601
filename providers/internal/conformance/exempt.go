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
