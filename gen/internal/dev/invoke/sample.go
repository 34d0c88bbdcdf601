package invoke

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/internal/native"
)

// Sample returns something that happens to what feeds the function, which its
// trigger takes.
func Sample(f model.Function, now time.Time) native.Occurrence {
	data := []byte(`{"id":"sample-1"}`)
	switch t := f.Trigger.(type) {
	case model.HTTP:
		r := requestTo(t)
		if slices.Contains([]string{http.MethodPost, http.MethodPut, http.MethodPatch}, r.Method) {
			r.Body, r.Header = data, http.Header{"Content-Type": {event.ApplicationJSON}}
		}
		return r
	case model.Schedule:
		return native.Tick{Name: f.Name, Scheduled: now.UTC().Truncate(time.Minute).Format(time.RFC3339)}
	case model.Stream:
		return native.Record{Data: data, Key: "sample"}
	case model.Object:
		return native.Object{Key: t.Prefix + "sample" + t.Suffix, Size: 1024, Deleted: !t.Created}
	case model.Document:
		c := native.Change{Key: []string{"sample-1"}}
		image := native.Map{"name": "sample"}
		switch {
		case t.Created:
			c.Kind, c.After = native.Created, image
		case t.Updated:
			c.Kind, c.Before, c.After = native.Updated, native.Map{"name": "before"}, image
		default:
			c.Kind, c.Before = native.Deleted, image
		}
		return c
	case model.Event:
		source := t.Source
		if source == "" {
			source = "/sample"
		}
		return native.Event{Data: data, Attributes: map[string]string{
			"specversion": "1.0", "id": "sample-1", "source": source, "type": t.Type, "datacontenttype": event.ApplicationJSON,
		}}
	}
	return native.Message{Body: data}
}

// requestTo returns a request to the route, a POST if it takes one.
func requestTo(t model.HTTP) native.Request {
	r := native.Request{Method: http.MethodPost, Target: sampleTarget(t.Path)}
	if len(t.Methods) > 0 && !slices.Contains(t.Methods, r.Method) {
		r.Method = t.Methods[0]
	}
	return r
}

var wildcard = regexp.MustCompile(`\{([^}]*)\}`)

// sampleTarget returns a path that the pattern matches: each wildcard's name
// stands for it.
func sampleTarget(pattern string) string {
	return wildcard.ReplaceAllStringFunc(pattern, func(w string) string {
		name := strings.TrimSuffix(strings.Trim(w, "{}"), "...")
		if name == "$" {
			return ""
		}
		return name
	})
}
