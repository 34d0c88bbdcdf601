package replay

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/fngen/fngen/fn"
)

// An aspect is something on which platforms have to agree.
type aspect struct {
	name   string
	show   func(Result) string
	differ func(reference, other Result) bool
	always bool // it is shown with any difference
}

// disagreement returns what the platforms do not agree on, as a table; "" if
// they agree.
func (o *Outcome) disagreement() string {
	var compared []Result
	for _, r := range o.Results {
		if r.Never == "" && o.function.Differs[r.Platform] == "" {
			compared = append(compared, r)
		}
	}
	if len(compared) == 0 {
		return ""
	}
	var out strings.Builder
	for i := range o.what {
		aspects := o.aspects(i)
		if o.function.trigger.Kind == "http" {
			aspects = responses(o.function.Stream)
		}
		o.compare(&out, fmt.Sprintf("%s %d", noun(o.function.trigger.Kind), i+1), compared, aspects)
	}
	if o.allDone(compared) {
		o.compare(&out, "what was emitted", compared, o.emissions())
	}
	if r := compared[0]; len(o.function.Sinks) == 0 && o.function.trigger.Kind != "http" {
		for _, d := range r.Deliveries {
			if d.Reply != nil {
				out.WriteString("the handler replies, and the function has no sink; set Sinks as its directive //fn:sink does\n")
				break
			}
		}
	}
	return strings.TrimSuffix(out.String(), "\n")
}

// compare writes the aspects in which a result differs from the first.
func (o *Outcome) compare(out *strings.Builder, what string, compared []Result, aspects []aspect) {
	different := map[string]bool{}
	for _, a := range aspects {
		for _, r := range compared[1:] {
			different[a.name] = different[a.name] || a.differ(compared[0], r)
		}
	}
	if !slices.Contains(slices.Collect(maps.Values(different)), true) {
		return
	}
	var shown []aspect
	for _, a := range aspects {
		if different[a.name] || a.always {
			shown = append(shown, a)
		}
	}
	fmt.Fprintf(out, "the platforms do not agree on %s of the %s:\n%s", what, o.function, byPlatform(o.Results, shown))
}

// byPlatform returns a table with a line for each platform. The last aspect is
// the longest.
func byPlatform(results []Result, aspects []aspect) string {
	var b bytes.Buffer
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, a := range aspects {
		fmt.Fprintf(w, "\t%s", a.name)
	}
	fmt.Fprintln(w)
	for _, r := range results {
		fmt.Fprint(w, r.Platform)
		if r.Never != "" {
			fmt.Fprintf(w, "\tnever: %s", r.Never)
			fmt.Fprintln(w)
			continue
		}
		for _, a := range aspects {
			fmt.Fprintf(w, "\t%s", oneLine.Replace(a.show(r)))
		}
		fmt.Fprintln(w)
	}
	_ = w.Flush() // a buffer takes all
	return trimmed(b.String())
}

// String names the function, the queue orders for instance.
func (f *Function) String() string {
	name := map[string]string{"object": "bucket", "document": "collection", "http": "HTTP function", "event": "event"}[f.trigger.Kind]
	if name == "" {
		name = f.trigger.Kind
	}
	return strings.TrimSpace(name + " " + f.trigger.Name)
}

// allDone reports whether each platform has come to the end of everything in
// the same way, without which what was emitted cannot be the same.
func (o *Outcome) allDone(compared []Result) bool {
	for _, r := range compared {
		for _, d := range r.Deliveries {
			if d.Fate == Redelivered || d.Err != nil {
				return false
			}
		}
	}
	return true
}

// aspects are those of the delivery with the index.
func (o *Outcome) aspects(i int) []aspect {
	held := func(r Result) bool { return r.Deliveries[i].Fate == Redelivered && r.Deliveries[i].Calls == 0 }
	called := func(a, b Result) bool { return a.Deliveries[i].Calls > 0 && b.Deliveries[i].Calls > 0 }
	event := func(name string, of func(fn.Event) string) aspect {
		return aspect{name,
			func(r Result) string {
				if r.Deliveries[i].Calls == 0 {
					return ""
				}
				return of(r.Deliveries[i].Event)
			},
			func(a, b Result) bool { return called(a, b) && of(a.Deliveries[i].Event) != of(b.Deliveries[i].Event) }, false}
	}
	data := event("data", func(e fn.Event) string { return string(e.Data()) })
	data.always = true
	data.differ = func(a, b Result) bool {
		return called(a, b) && !o.sameData(a.Deliveries[i].Event.Data(), b.Deliveries[i].Event.Data())
	}
	return []aspect{
		{"fate", func(r Result) string { return r.Deliveries[i].Fate.String() }, func(a, b Result) bool {
			return !agrees(b.Platform, b.Deliveries[i].Fate, a.Deliveries[i].Fate, held(a)) && !held(b)
		}, true},
		{"error", func(r Result) string { return errorText(r.Deliveries[i].Err) }, func(a, b Result) bool {
			return called(a, b) && errorText(a.Deliveries[i].Err) != errorText(b.Deliveries[i].Err)
		}, true},
		event("type", fn.Event.Type),
		event("subject", fn.Event.Subject),
		event("datacontenttype", fn.Event.DataContentType),
		event("extensions", extensions),
		data,
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// extensions returns the names and values, but for the place in a stream, which
// is the platform's own.
func extensions(e fn.Event) string {
	var out []string
	all := e.Extensions()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if name != "sequence" {
			out = append(out, fmt.Sprintf("%s=%v", name, all[name]))
		}
	}
	return strings.Join(out, " ")
}

// sameData reports whether the data is the same, but for what the model leaves
// to the platform.
func (o *Outcome) sameData(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	var x, y map[string]json.RawMessage
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil || x == nil || y == nil {
		return false
	}
	either := func(name string) bool { return string(x[name]) == "true" || string(y[name]) == "true" }
	var exempt []string
	switch kind := o.function.trigger.Kind; {
	case kind == "object":
		exempt = []string{"etag", "contenttype", "version", "sequencer"}
	case kind == "document" && either("partial"):
		exempt = []string{"before", "after", "partial"}
	case kind == "schedule" && either("approximate"):
		exempt = []string{"scheduled", "approximate"}
	}
	for _, name := range exempt {
		delete(x, name)
		delete(y, name)
	}
	return len(exempt) > 0 && maps.EqualFunc(x, y, func(a, b json.RawMessage) bool { return bytes.Equal(a, b) })
}

// emissions compares what was sent to sinks: ids, sources and times follow from
// the event that was delivered.
func (o *Outcome) emissions() []aspect {
	text := func(r Result) string {
		var out []string
		for _, e := range r.Emitted {
			out = append(out, fmt.Sprintf("%s: %s %s %s", e.Sink, e.Event.Type(), e.Event.Subject(), e.Event.Data()))
		}
		return strings.Join(out, "\n")
	}
	return []aspect{{"emitted", text, func(a, b Result) bool { return text(a) != text(b) }, false}}
}

// responses compares the responses to a request. A stream on AWS that is empty
// is a line feed.
func responses(isStream bool) []aspect {
	equal := func(of func(Result) string) func(a, b Result) bool {
		return func(a, b Result) bool { return of(a) != of(b) }
	}
	// What the platforms themselves answer for a handler that failed differs.
	answered := func(of func(Result) string) func(a, b Result) bool {
		return func(a, b Result) bool {
			return (a.Deliveries[0].Err == nil || b.Deliveries[0].Err == nil) && of(a) != of(b)
		}
	}
	status := func(r Result) string { return r.Response.Status }
	body := func(r Result) string {
		if isStream && string(r.body) == "\n" {
			return ""
		}
		return string(r.body)
	}
	header := func(r Result) string { return headerText(r.Response.Header, body(r) == "") }
	return []aspect{
		{"status", status, equal(status), true},
		{"error", func(r Result) string { return errorText(r.Deliveries[0].Err) }, func(_, _ Result) bool { return false }, true},
		{"header", header, answered(header), false},
		{"body", body, answered(body), false},
	}
}

// headerText returns the headers in one spelling, without those that frame the
// message, and without the content type of nothing.
func headerText(h http.Header, empty bool) string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(h)) {
		canonical := http.CanonicalHeaderKey(name)
		switch canonical {
		case "Content-Length", "Date", "Connection", "Transfer-Encoding":
			continue
		}
		for _, value := range h[name] {
			if canonical == "Content-Type" {
				if empty {
					continue
				}
				if m, params, err := mime.ParseMediaType(value); err == nil {
					if c, ok := params["charset"]; ok {
						params["charset"] = strings.ToLower(c)
					}
					value = mime.FormatMediaType(m, params)
				}
			}
			out = append(out, canonical+": "+value)
		}
	}
	return strings.Join(out, ", ")
}
