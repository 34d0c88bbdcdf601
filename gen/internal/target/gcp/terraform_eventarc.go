package gcp

import (
	"strings"

	"github.com/fngen/fngen/gen/internal/hcl"
	"github.com/fngen/fngen/gen/internal/model"
)

// published is the type of the events that a Pub/Sub topic of Eventarc's own
// carries; all other types of Google's have filters that a directive does not
// tell: https://cloud.google.com/eventarc/docs/reference/supported-events.
const published = "google.cloud.pubsub.topic.v1.messagePublished"

// googles reports whether events of the type are those of Google's services,
// which no channel carries.
func googles(eventType string) bool { return strings.HasPrefix(eventType, "google.") }

// A filter is what Eventarc compares of an event.
type filter struct {
	attribute string
	value     any
	pattern   bool
}

// An eventarcSource is what Eventarc has to know of a trigger.
type eventarcSource struct {
	eventType string
	location  hcl.Expr // of the trigger, which is where the events are from
	filters   []filter
	protobuf  bool     // the data is
	channel   hcl.Expr // nil for the one of Google's own services
}

// eventarcSource returns it for a trigger of Eventarc's.
func (w *terraform) eventarcSource(t model.Trigger) eventarcSource {
	s := eventarcSource{location: hcl.Ref("var", "region")}
	if of := w.named(t.Resource()).location; of != "" && inFunction(t) {
		s.location = hcl.Value(of)
	}
	switch t := t.(type) {
	case model.Object:
		s.eventType = "google.cloud.storage.object.v1.finalized"
		if t.Deleted {
			s.eventType = "google.cloud.storage.object.v1.deleted"
		}
		s.filters = []filter{{attribute: "bucket", value: w.bucketName(t.Bucket)}}
	case model.Document:
		at := w.named(t.Collection)
		collection := t.Collection
		if at.name != "" {
			collection = at.name
		}
		s.eventType = "google.cloud.firestore.document.v1." + change(t)
		s.filters = []filter{
			{attribute: "database", value: at.database},
			{attribute: "document", value: collection + "/{id}", pattern: true},
		}
		s.protobuf = true
	case model.Event:
		s.eventType = t.Type
		if !googles(t.Type) {
			s.channel = w.channelID()
		}
	}
	return s
}

// change returns the last word of the type of a document's events.
func change(t model.Document) string {
	switch {
	case t.Created && !t.Updated && !t.Deleted:
		return "created"
	case t.Updated && !t.Created && !t.Deleted:
		return "updated"
	case t.Deleted && !t.Created && !t.Updated:
		return "deleted"
	}
	return "written"
}

// routed reports whether Eventarc feeds the function.
func routed(t model.Trigger) bool {
	switch t.(type) {
	case model.Object, model.Document, model.Event:
		return true
	}
	return false
}

func isObject(t model.Trigger) bool { _, ok := t.(model.Object); return ok }

// eventarc writes what Eventarc may do, and the channel of the application's
// own events.
func (w *terraform) eventarc() {
	if !w.has(routed) {
		return
	}
	if w.caller == "" { // or another application may give the same, and take it away: see the head
		w.resource("google_project_iam_member", "eventarc",
			hcl.Pair{Name: "role", Value: "roles/eventarc.eventReceiver"},
			hcl.Pair{Name: "member", Value: w.invoker.member()})
	}
	if w.channeled() && w.channel == "" {
		w.Comment("The application's own events are published to this channel.")
		w.encrypt(w.resource("google_eventarc_channel", "events",
			hcl.Pair{Name: "location", Value: hcl.Ref("var", "region")},
			hcl.Pair{Name: "name", Value: w.physical("events")}), "crypto_key_name")
	}
}

// channeled reports whether a function takes events from the channel.
func (w *terraform) channeled() bool {
	return w.has(isOwnEvent)
}

// isOwnEvent reports whether the trigger's events are none of Google's services.
func isOwnEvent(t model.Trigger) bool { e, ok := t.(model.Event); return ok && !googles(e.Type) }

// channelID returns the channel's name in full.
func (w *terraform) channelID() hcl.Expr {
	if w.channel != "" {
		return hcl.Text("projects/", hcl.Ref("var", "project"), "/locations/", hcl.Ref("var", "region"), "/channels/"+w.channel)
	}
	return hcl.Ref("google_eventarc_channel", "events", "id")
}

// eventTrigger writes the trigger of a Cloud Function, which has none for
// channels.
func (w *terraform) eventTrigger(b hcl.Body, f function) {
	if !inFunction(f.Trigger) {
		return
	}
	s := w.eventarcSource(f.Trigger)
	t := b.Block("event_trigger",
		hcl.Pair{Name: "event_type", Value: s.eventType},
		hcl.Pair{Name: "trigger_region", Value: s.location},
		hcl.Pair{Name: "service_account_email", Value: w.invoker.email()},
		hcl.Pair{Name: "retry_policy", Value: "RETRY_POLICY_RETRY"})
	for _, filter := range s.filters {
		filter.write(t, "event_filters")
	}
}

// inFunction reports whether the trigger is a part of a Cloud Function.
func inFunction(t model.Trigger) bool {
	_, event := t.(model.Event)
	return routed(t) && !event
}

func (f filter) write(b hcl.Body, block string) {
	inner := b.Block(block, hcl.Pair{Name: "attribute", Value: f.attribute}, hcl.Pair{Name: "value", Value: f.value})
	if f.pattern {
		inner.Set(hcl.Pair{Name: "operator", Value: "match-path-pattern"})
	}
}

// archived is the type of the events of objects that are archived.
const archived = "google.cloud.storage.object.v1.archived"

// archives reports whether the function has to listen to what is archived too. A
// bucket that is there already may keep versions: an object that is removed from it
// is archived, and a trigger holds one type.
//
// https://cloud.google.com/storage/docs/pubsub-notifications#events
func (t target) archives(trigger model.Trigger) bool {
	o, ok := trigger.(model.Object)
	return ok && o.Deleted && t.named(o.Bucket).name != ""
}

// triggers writes the function's triggers that are not a part of it.
func (w *terraform) triggers(f function) {
	s := w.eventarcSource(f.Trigger)
	if w.binary || !inFunction(f.Trigger) {
		// https://cloud.google.com/eventarc/docs/retry-events
		w.Comment("Eventarc delivers again for 24 hours, which only a retry_policy turns off.")
		w.trigger(f, f.Identity(), s)
	}
	if w.archives(f.Trigger) {
		var names []string
		for _, other := range w.functions {
			names = append(names, other.Identity())
		}
		s.eventType = archived
		w.Comment("In a bucket that keeps versions what is removed is archived.")
		w.trigger(f, free(f.Identity()+"-archived", names), s)
	}
}

// trigger writes a trigger of that name.
func (w *terraform) trigger(f function, name string, s eventarcSource) {
	b := w.resource("google_eventarc_trigger", label(name),
		hcl.Pair{Name: "location", Value: s.location},
		hcl.Pair{Name: "name", Value: w.physical(short(name, maxService))},
		hcl.Pair{Name: "service_account", Value: w.invoker.email()})
	if s.channel != nil {
		b.Set(hcl.Pair{Name: "channel", Value: s.channel})
	}
	if s.protobuf {
		b.Set(hcl.Pair{Name: "event_data_content_type", Value: "application/protobuf"})
	}
	filter{attribute: "type", value: s.eventType}.write(b, "matching_criteria")
	for _, filter := range s.filters {
		filter.write(b, "matching_criteria")
	}
	b.Block("destination").Block("cloud_run_service",
		hcl.Pair{Name: "service", Value: hcl.Ref(f.resource, f.label, "name")},
		hcl.Pair{Name: "region", Value: hcl.Ref("var", "region")})
	b.DependsOn(append(w.eventarcDepends(f), w.invokes(f)...))
}

// eventarcDepends returns what Eventarc must be allowed before it can be told
// of the trigger, if that is written.
func (w *terraform) eventarcDepends(f function) []any {
	if w.caller != "" || !routed(f.Trigger) {
		return nil
	}
	return []any{hcl.Ref("google_project_iam_member", "eventarc")}
}

// invokes returns what lets Google's services call the function, if that is
// written.
func (w *terraform) invokes(f function) []any {
	if w.verifies(f) {
		return nil
	}
	return []any{hcl.Ref("google_cloud_run_v2_service_iam_member", label(f.Identity(), "events"))}
}
