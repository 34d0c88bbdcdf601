package replay

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"text/tabwriter"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/native"
)

// A Fate is what became of something that was delivered.
type Fate uint8

// The fates.
const (
	Acknowledged Fate = iota // the handler is done with it
	Ignored                  // acknowledged, but the directive does not ask for it: no handler saw it
	Redelivered              // the platform delivers it again
	DeadLettered             // it is given up, and kept with the dead letters; where a function on OpenWhisk has none, whole in its log
	Dropped                  // it is given up, and whole in the log alone, as NoDeadLetter wants it
)

// String returns the fate in lower case.
func (f Fate) String() string {
	return [...]string{"acknowledged", "ignored", "redelivered", "dead-lettered", "dropped"}[f]
}

// An Outcome is what the platforms made of one call of Deliver, Do or Recorded.
type Outcome struct {
	Results []Result // of each platform: aws, gcp, openwhisk

	function *Function
	what     []native.Occurrence
}

// A Result is what one platform made of it.
type Result struct {
	Platform string

	// Never says why the platform never delivers such a thing. The rest is
	// empty then.
	Never string

	Deliveries []Delivery     // of what was delivered, in its order
	Emitted    []Emitted      // what was sent to the sinks
	Response   *http.Response // to a request; nil for all else

	body []byte // of the response
}

// A Delivery is what became of one thing that was delivered.
type Delivery struct {
	Event  fn.Event  // as the handler got it; zero if it was not called
	Calls  int       // of the handler
	Err    error     // of the last call; a panic is one too
	Reply  *fn.Event // of the last call
	Fate   Fate
	Letter *fn.Event // among the dead letters; nil if the platform keeps what it sent itself
}

// Emitted is an event that was sent to a sink.
type Emitted struct {
	Sink  string
	Event fn.Event
}

// On returns the platform's result, and the zero Result if it is none of the
// function's.
func (o *Outcome) On(platform string) Result {
	for _, r := range o.Results {
		if r.Platform == platform {
			return r
		}
	}
	return Result{}
}

// Want reports a fate that is another than the one wanted: one for each thing
// that was delivered, or one for all. Where Redelivered is wanted, OpenWhisk's
// may be DeadLettered or Dropped, and what was not begun elsewhere may be anything.
// Platforms that never deliver such a thing, and those in Function.Differs, are
// left out.
func (o *Outcome) Want(t testing.TB, fates ...Fate) {
	t.Helper()
	if len(fates) != 1 && len(fates) != len(o.what) {
		t.Fatalf("replay: %d fates for %d deliveries", len(fates), len(o.what))
	}
	for i := range o.what {
		want := fates[min(i, len(fates)-1)]
		held := false // on another platform, where it was not begun
		for _, r := range o.Results {
			held = held || r.Never == "" && r.Deliveries[i].Fate == Redelivered && r.Deliveries[i].Calls == 0
		}
		for _, r := range o.Results {
			if r.Never != "" || o.function.Differs[r.Platform] != "" || agrees(r.Platform, r.Deliveries[i].Fate, want, held) {
				continue
			}
			t.Errorf("replay: %s %d is %s on %s, want %s\n%s", noun(o.function.trigger.Kind), i+1, r.Deliveries[i].Fate, r.Platform, want, o)
			return
		}
	}
}

// agrees reports whether the platform's fate means the one that is wanted.
func agrees(platform string, got, want Fate, held bool) bool {
	if got == want || held && want == Redelivered {
		return true
	}
	return platform == "openwhisk" && want == Redelivered && (got == DeadLettered || got == Dropped)
}

// String returns a table of the platforms.
func (o *Outcome) String() string {
	rows := newTable(o.Results)
	if o.function.trigger.Kind == "http" {
		rows.add("status", func(r Result) string { return r.Response.Status })
	}
	for i := range o.what {
		name := ""
		if len(o.what) > 1 {
			name = fmt.Sprintf(" %d", i+1)
		}
		if o.function.trigger.Kind == "http" {
			continue
		}
		rows.add(noun(o.function.trigger.Kind)+name, func(r Result) string { return r.Deliveries[i].short() })
	}
	for i := range o.most(func(r Result) int { return len(r.Emitted) }) {
		rows.add("emitted", func(r Result) string {
			if i >= len(r.Emitted) {
				return ""
			}
			return r.Emitted[i].short()
		})
	}
	return rows.String()
}

func (o *Outcome) most(of func(Result) int) int {
	n := 0
	for _, r := range o.Results {
		n = max(n, of(r))
	}
	return n
}

// short returns the fate, and how it came to that.
func (d Delivery) short() string {
	s := d.Fate.String()
	if d.Calls > 1 {
		s += fmt.Sprintf(" after %d calls", d.Calls)
	}
	if d.Err != nil {
		s += ": " + d.Err.Error()
	} else if d.Calls == 0 && d.Fate != Ignored {
		s += ", not called"
	}
	return s
}

func (e Emitted) short() string { return strings.TrimSpace(e.Event.Type() + " to " + e.Sink) }

// A table has a column for each platform that delivers.
type table struct {
	results []Result
	b       bytes.Buffer
	w       *tabwriter.Writer
}

func newTable(results []Result) *table {
	t := &table{results: results}
	t.w = tabwriter.NewWriter(&t.b, 0, 0, 2, ' ', 0)
	t.add("", func(r Result) string { return r.Platform })
	return t
}

// add adds a row.
func (t *table) add(name string, of func(Result) string) {
	fmt.Fprint(t.w, name)
	for _, r := range t.results {
		cell := ""
		switch {
		case r.Never == "" || name == "":
			cell = of(r)
		default:
			cell = "never: " + r.Never
		}
		fmt.Fprintf(t.w, "\t%s", oneLine.Replace(cell))
	}
	fmt.Fprintln(t.w)
}

// String returns the rows.
func (t *table) String() string {
	_ = t.w.Flush() // a buffer takes all
	return trimmed(t.b.String())
}

// trimmed returns the lines without the spaces at their ends.
func trimmed(text string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		out.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	return out.String()
}

var oneLine = strings.NewReplacer("\n", `\n`, "\t", `\t`)
