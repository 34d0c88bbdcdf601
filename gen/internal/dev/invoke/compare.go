package invoke

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/fngen/fngen/fn"
)

// Differences says where the results of the targets, in their order, do not mean
// the same: a line for each of event, result, fate, emissions and writes.
func Differences(targets []string, results []Result) []string {
	var out []string
	for _, aspect := range []struct {
		name string
		of   func(Result) string
	}{
		{"event differs", Result.eventMeaning},
		{"result differs", Result.resultMeaning},
		{"fate differs", func(r Result) string { return string(r.Fate) }},
		{"emissions differ", Result.emissionMeaning},
		{"writes differ", Result.writeMeaning},
	} {
		var values []string // in the order of targets
		of := map[string][]string{}
		for i, r := range results {
			value := aspect.of(r)
			if of[value] == nil {
				values = append(values, value)
			}
			of[value] = append(of[value], targets[i])
		}
		if len(values) < 2 {
			continue
		}
		var parts []string
		for _, value := range values {
			parts = append(parts, strings.Join(of[value], ", ")+": "+value)
		}
		out = append(out, aspect.name+": "+strings.Join(parts, "; "))
	}
	return out
}

// eventMeaning is what of the events is the same on every platform.
func (r Result) eventMeaning() string {
	var out []string
	for _, e := range r.Events {
		var attributes map[string]json.RawMessage
		if json.Unmarshal(e, &attributes) != nil {
			out = append(out, string(e))
			continue
		}
		keep := []string{"type", "subject", "datacontenttype", "dataschema", "data", "data_base64"}
		if attributes["specversion"] == nil { // a request
			keep = []string{"method", "url", "body"}
		}
		var kind string
		_ = json.Unmarshal(attributes["type"], &kind) // of a request there is none
		if members := shared[kind]; members != nil {
			var data map[string]json.RawMessage
			if json.Unmarshal(attributes["data"], &data) == nil {
				attributes["data"] = json.RawMessage(kept(data, members))
			}
		}
		out = append(out, kept(attributes, keep))
	}
	return listed(out)
}

// shared are the members that the data of portable payloads has on every platform
// alike: fn.Object, fn.Change and fn.Tick say which others a platform lacks.
var shared = map[string][]string{
	fn.TypeObjectCreated: {"bucket", "key", "size"}, fn.TypeObjectDeleted: {"bucket", "key", "size"},
	fn.TypeDocumentCreated: {"collection", "key"}, fn.TypeDocumentUpdated: {"collection", "key"}, fn.TypeDocumentDeleted: {"collection", "key"},
	fn.TypeScheduleFired: {"name"},
}

// kept formats the members that are kept, in their order.
func kept(members map[string]json.RawMessage, keep []string) string {
	var b strings.Builder
	for _, name := range keep {
		if value, ok := members[name]; ok {
			fmt.Fprintf(&b, ",%q:%s", name, value)
		}
	}
	return "{" + strings.TrimPrefix(b.String(), ",") + "}"
}

// resultMeaning is the response of an HTTP function; of others the fate says it.
func (r Result) resultMeaning() string {
	if r.Response == nil {
		return "none"
	}
	return fmt.Sprintf("%d %s %s", r.Response.Status, r.Response.ContentType, r.Response.Body)
}

// emissionMeaning is what was sent, without dead letters, which the fate tells.
func (r Result) emissionMeaning() string {
	var out []string
	for _, e := range r.Emissions {
		if e.IsLetter {
			continue
		}
		var attributes map[string]json.RawMessage
		_ = json.Unmarshal(e.Event, &attributes) // it was encoded here
		out = append(out, fmt.Sprintf("%s %s %s", e.Kind, e.Name, kept(attributes, []string{"type", "subject", "datacontenttype", "data", "data_base64"})))
	}
	slices.Sort(out)
	return listed(out)
}

// listed has commas between the texts.
func listed(texts []string) string { return cmp.Or(strings.Join(texts, ", "), "none") }

// writeMeaning is what was written, in its order.
func (r Result) writeMeaning() string {
	var out []string
	for _, w := range r.Writes {
		out = append(out, w.String())
	}
	return listed(out)
}

// String returns the write as people read it.
func (w Write) String() string {
	text := fmt.Sprintf("%s %s/%s %s", w.Kind, w.Name, w.Key, w.Change)
	switch {
	case w.Document != nil:
		return text + " " + string(w.Document)
	case w.Kind == "object" && w.Change == "created":
		return fmt.Sprintf("%s, %d bytes", text, w.Size)
	}
	return text
}
